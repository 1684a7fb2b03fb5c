#include "tools/sluice/plugins_command.h"

#include <fstream>
#include <sstream>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/generate/plugin.h"
#include "plugins/null/plugin.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

TEST(PluginsCommandTest, ListsKindNameAndSummary) {
  PluginRegistry registry;
  ASSERT_TRUE(null::RegisterNull(registry).ok());
  std::ostringstream out;
  EXPECT_EQ(RunPlugins({}, registry, out, out), kExitOk);
  EXPECT_THAT(out.str(), HasSubstr("KIND  NAME  \n"));
  EXPECT_THAT(out.str(),
              HasSubstr("sink  null  " + registry.sink("null")->summary));
}

TEST(PluginsCommandTest, ListsThemAsJson) {
  PluginRegistry registry;
  ASSERT_TRUE(null::RegisterNull(registry).ok());
  std::ostringstream out;
  EXPECT_EQ(RunPlugins({.output = OutputFormat::kJson}, registry, out, out),
            kExitOk);
  const boost::json::array list = boost::json::parse(out.str()).as_array();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].at("kind").as_string(), "sink");
  EXPECT_EQ(list[0].at("name").as_string(), "null");
  EXPECT_TRUE(list[0].at("fields").as_array().empty());
}

// The path of the library that the test is given.
std::string Library() { return testing::internal::GetArgvs().at(1); }

TEST(PluginsCommandTest, ListsThoseOfALibraryWithItsPath) {
  const PluginRegistry registry;
  std::ostringstream out;
  EXPECT_EQ(RunPlugins({.libraries = {Library()}}, registry, out, out),
            kExitOk);
  EXPECT_THAT(out.str(), HasSubstr("(" + Library() + ")"));
  std::ostringstream json;
  EXPECT_EQ(
      RunPlugins({.libraries = {Library()}, .output = OutputFormat::kJson},
                 registry, json, out),
      kExitOk);
  const boost::json::array list = boost::json::parse(json.str()).as_array();
  ASSERT_FALSE(list.empty());
  EXPECT_EQ(list[0].at("library").as_string(), Library());
}

TEST(PluginsCommandTest, SaysWhatIsWrongWithALibrary) {
  PluginRegistry registry;
  ASSERT_TRUE(null::RegisterNull(registry).ok());
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunPlugins({.libraries = {Library()}}, registry, out, err),
            kExitUsage);
  EXPECT_THAT(err.str(), HasSubstr("--library: " + Library()));
  EXPECT_THAT(err.str(), HasSubstr("has a sink null, and there is one"));
  EXPECT_EQ(RunPlugins({.libraries = {"/nowhere.so"}}, registry, out, err),
            kExitUsage);
  EXPECT_THAT(err.str(), HasSubstr("/nowhere.so: No such file"));
  EXPECT_EQ(out.str(), "");
}

// Writes a configuration with the program that the test is given.
std::string ConfigWithProgram(const std::string& program) {
  const std::string path = testing::TempDir() + "/plugins.yaml";
  std::ofstream(path) << "data_dir: d\n"
                         "plugins:\n"
                         "  - process: {name: trials, command: "
                      << program
                      << "}\n"
                         "pipelines:\n"
                         "  p: {sources: {s: {generate: {count: 1}}}, sinks: "
                         "{t: {null: {}}}}\n";
  return path;
}

TEST(PluginsCommandTest, ListsThoseOfAConfigurationWithTheirProcess) {
  PluginRegistry registry;
  ASSERT_TRUE(null::RegisterNull(registry).ok());
  ASSERT_TRUE(generate::RegisterGenerate(registry).ok());
  const std::string program = testing::internal::GetArgvs().at(2);
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(
      RunPlugins({.config = ConfigWithProgram(program)}, registry, out, err),
      kExitOk)
      << err.str();
  EXPECT_THAT(out.str(), HasSubstr("trial "));
  EXPECT_THAT(out.str(), HasSubstr("(process trials)"));
  EXPECT_EQ(
      RunPlugins({.config = ConfigWithProgram("/no/such")}, registry, out, err),
      kExitUsage);
  EXPECT_THAT(err.str(), HasSubstr("plugins[0].process: plugin process trials "
                                   "cannot be started"));
}

}  // namespace
}  // namespace sluice
