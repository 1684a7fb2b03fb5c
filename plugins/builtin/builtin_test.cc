#include "plugins/builtin/builtin.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::IsSupersetOf;

TEST(BuiltinTest, RegistersEveryPluginOnce) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterBuiltinPlugins(registry).ok());
  EXPECT_THAT(registry.source_names(),
              IsSupersetOf({"disruptive", "disruptive_webhook", "generate",
                            "lines", "replay"}));
  EXPECT_THAT(registry.transform_names(), IsSupersetOf({"filter", "template"}));
  EXPECT_THAT(registry.sink_names(),
              IsSupersetOf({"feed", "file", "http", "inthing", "null"}));
  EXPECT_EQ(RegisterBuiltinPlugins(registry).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(BuiltinTest, SaysWhatEachPluginDoes) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterBuiltinPlugins(registry).ok());
  for (const std::string& name : registry.source_names()) {
    EXPECT_NE(registry.source(name)->summary, "") << name;
  }
  for (const std::string& name : registry.transform_names()) {
    EXPECT_NE(registry.transform(name)->summary, "") << name;
  }
  for (const std::string& name : registry.sink_names()) {
    EXPECT_NE(registry.sink(name)->summary, "") << name;
  }
}

}  // namespace
}  // namespace sluice
