#include "plugins/http/plugin.h"

#include "gtest/gtest.h"
#include "plugins/http/config.pb.h"

namespace sluice::http {
namespace {

TEST(HttpPluginTest, MakesTheSinkUnderItsName) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterHttp(registry).ok());
  const PluginEntry<Sink>* entry = registry.sink("http");
  ASSERT_NE(entry, nullptr);
  v1::HttpSinkConfig config;
  EXPECT_EQ(ConfigErrorField(entry->create(config).status()), "url");
  config.set_url("https://example.com/events");
  auto sink = entry->create(config);
  ASSERT_TRUE(sink.ok()) << sink.status();
  EXPECT_FALSE((*sink)->traits().idempotent);
  EXPECT_EQ((*sink)->traits().max_batch_events, 100u);
  EXPECT_EQ(RegisterHttp(registry).code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace sluice::http
