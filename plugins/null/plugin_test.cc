#include "plugins/null/plugin.h"

#include "gtest/gtest.h"
#include "plugins/null/config.pb.h"

namespace sluice::null {
namespace {

TEST(NullPluginTest, MakesTheSinkUnderItsName) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterNull(registry).ok());
  const PluginEntry<Sink> *entry = registry.sink("null");
  ASSERT_NE(entry, nullptr);
  auto sink = entry->create(v1::NullSinkConfig());
  ASSERT_TRUE(sink.ok());
  EXPECT_TRUE((*sink)->traits().idempotent);
}

TEST(NullPluginTest, RefusesToBeRegisteredTwice) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterNull(registry).ok());
  EXPECT_EQ(RegisterNull(registry).code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace sluice::null
