#include "plugins/lines/plugin.h"

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/lines/config.pb.h"

namespace sluice::lines {
namespace {

TEST(LinesPluginTest, IsRegisteredOnce) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterLines(registry).ok());
  EXPECT_NE(registry.source("lines"), nullptr);
  EXPECT_EQ(RegisterLines(registry).code(), absl::StatusCode::kAlreadyExists);
}

TEST(LinesPluginTest, MakesSourcesFromTheirConfiguration) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterLines(registry).ok());
  v1::LinesSourceConfig config;
  const absl::Status status = registry.source("lines")->create(config).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  config.mutable_http()->set_listen("0");
  config.set_format(v1::CLOUD_EVENTS);
  const auto made = registry.source("lines")->create(config);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE((*made)->traits().may_repeat);
  EXPECT_FALSE((*made)->finished());
}

}  // namespace
}  // namespace sluice::lines
