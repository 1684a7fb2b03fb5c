#include "plugins/feed/plugin.h"

#include <cstdlib>

#include "gtest/gtest.h"
#include "plugins/feed/config.pb.h"

namespace sluice::feed {
namespace {

TEST(FeedPluginTest, MakesTheSinkUnderItsName) {
  ASSERT_EQ(setenv("FEED_PLUGIN_TEST_SECRET", "secret", 1), 0);
  PluginRegistry registry;
  ASSERT_TRUE(RegisterFeed(registry).ok());
  const PluginEntry<Sink>* entry = registry.sink("feed");
  ASSERT_NE(entry, nullptr);
  v1::FeedSinkConfig config;
  config.set_api_key("key");
  config.set_feed("room:{{ labels.room-number }}");
  config.add_to("building:1");
  EXPECT_EQ(ConfigErrorField(entry->create(config).status()), "api_secret");
  config.mutable_api_secret()->set_env("FEED_PLUGIN_TEST_SECRET");
  auto sink = entry->create(config);
  ASSERT_TRUE(sink.ok()) << sink.status();
  EXPECT_TRUE((*sink)->traits().idempotent);
  EXPECT_EQ((*sink)->traits().max_batch_events, 100u);
}

}  // namespace
}  // namespace sluice::feed
