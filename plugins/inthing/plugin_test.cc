#include "plugins/inthing/plugin.h"

#include "gtest/gtest.h"
#include "plugins/inthing/config.pb.h"

namespace sluice::inthing {
namespace {

TEST(InthingPluginTest, MakesASinkThatDoesNotPostTwoThingsAtOnce) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterInthing(registry).ok());
  v1::InthingSinkConfig config;
  config.set_stream("/will/test/");
  auto sink = registry.sink("inthing")->create(config);
  ASSERT_TRUE(sink.ok()) << sink.status();
  const SinkTraits traits = (*sink)->traits();
  EXPECT_EQ(traits.max_in_flight, 1);
  EXPECT_FALSE(traits.idempotent);
  EXPECT_EQ(traits.max_batch_events, 500);
  EXPECT_GT(traits.timeout, absl::Seconds(60));
}

TEST(InthingPluginTest, PassesAConfigErrorOn) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterInthing(registry).ok());
  v1::InthingSinkConfig config;
  config.set_stream("/e/x/");
  auto sink = registry.sink("inthing")->create(config);
  EXPECT_EQ(ConfigErrorField(sink.status()), "stream");
}

}  // namespace
}  // namespace sluice::inthing
