#include "tools/sluice/plugins_command.h"

#include <sstream>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/null/plugin.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

TEST(PluginsCommandTest, ListsKindNameAndSummary) {
  PluginRegistry registry;
  ASSERT_TRUE(null::RegisterNull(registry).ok());
  std::ostringstream out;
  EXPECT_EQ(RunPlugins(registry, OutputFormat::kText, out), kExitOk);
  EXPECT_THAT(out.str(), HasSubstr("KIND  NAME  \n"));
  EXPECT_THAT(out.str(),
              HasSubstr("sink  null  " + registry.sink("null")->summary));
}

TEST(PluginsCommandTest, ListsThemAsJson) {
  PluginRegistry registry;
  ASSERT_TRUE(null::RegisterNull(registry).ok());
  std::ostringstream out;
  EXPECT_EQ(RunPlugins(registry, OutputFormat::kJson, out), kExitOk);
  const boost::json::array list = boost::json::parse(out.str()).as_array();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].at("kind").as_string(), "sink");
  EXPECT_EQ(list[0].at("name").as_string(), "null");
  EXPECT_TRUE(list[0].at("fields").as_array().empty());
}

}  // namespace
}  // namespace sluice
