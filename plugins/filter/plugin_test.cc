#include "plugins/filter/plugin.h"

#include "gtest/gtest.h"
#include "plugins/filter/config.pb.h"

namespace sluice::filter {
namespace {

TEST(FilterPluginTest, MakesTheTransformUnderItsName) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterFilter(registry).ok());
  const PluginEntry<Transform>* entry = registry.transform("filter");
  ASSERT_NE(entry, nullptr);
  v1::FilterConfig config;
  config.set_keep_if("type == 'touch'");
  EXPECT_TRUE(entry->create(config).ok());
  EXPECT_FALSE(entry->create(v1::FilterConfig()).ok());
}

}  // namespace
}  // namespace sluice::filter
