#include "tools/sluice/plugin_command.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "plugins/null/plugin.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

class PluginCommandTest : public testing::Test {
 protected:
  PluginCommandTest() {
    std::string path = testing::TempDir() + "command-XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    fs::create_directories(folder_ / "sluice/tools/bazel");
    std::ofstream(folder_ / "sluice/WORKSPACE");
    std::ofstream(folder_ / "sluice/tools/bazel/plugin_test.bzl");
    EXPECT_TRUE(null::RegisterNull(registry_).ok());
  }
  ~PluginCommandTest() override { fs::remove_all(folder_); }

  int Run(const std::string& kind, const std::string& name) {
    out_.str("");
    err_.str("");
    return RunNewPlugin(Options(kind, name), registry_, out_, err_);
  }
  NewPluginOptions Options(const std::string& kind, const std::string& name) {
    return {.kind = kind,
            .name = name,
            .directory = folder_ / name,
            .sluice = folder_ / "sluice"};
  }
  // A program of its own, without the source of Sluice.
  int RunProgram(const std::string& kind, const std::string& language,
                 bool out_of_process = true) {
    NewPluginOptions options = Options(kind, "acme");
    options.sluice = "/no/such/folder";
    options.language = language;
    options.out_of_process = out_of_process;
    out_.str("");
    err_.str("");
    return RunNewPlugin(options, registry_, out_, err_);
  }

  fs::path folder_;
  PluginRegistry registry_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(PluginCommandTest, WritesAWorkspaceAndSaysWhatIsNext) {
  ASSERT_EQ(Run("sink", "acme_door"), kExitOk) << err_.str();
  EXPECT_TRUE(fs::exists(folder_ / "acme_door/acme_door/plugin.cc"));
  EXPECT_NE(out_.str().find("bazel test //..."), std::string::npos);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(PluginCommandTest, ANameIsTakenWithinItsKindOnly) {
  EXPECT_EQ(Run("sink", "null"), kExitUsage);
  EXPECT_EQ(err_.str(),
            "sluice: there is a sink null in this sluice already; give another "
            "name\n");
  EXPECT_FALSE(fs::exists(folder_ / "null"));
  EXPECT_EQ(Run("source", "null"), kExitOk) << err_.str();
}

TEST_F(PluginCommandTest, DoesNotTouchAFolderThatIsThere) {
  ASSERT_EQ(Run("source", "meter"), kExitOk) << err_.str();
  EXPECT_EQ(Run("sink", "meter"), kExitUsage);
  EXPECT_NE(err_.str().find("is there already"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "meter/receiver.py"));
}

TEST_F(PluginCommandTest, SaysWhatIsWrongWithNamesAndFolders) {
  EXPECT_EQ(Run("sink", "Acme"), kExitUsage);
  EXPECT_NE(err_.str().find("\"Acme\" is no name"), std::string::npos);
  fs::remove_all(folder_ / "sluice");
  EXPECT_EQ(Run("sink", "acme"), kExitUsage);
  EXPECT_NE(err_.str().find("--sluice: "), std::string::npos) << err_.str();
  EXPECT_FALSE(fs::exists(folder_ / "acme"));
}

TEST_F(PluginCommandTest, WritesAProgramInPythonWithoutTheSource) {
  ASSERT_EQ(RunProgram("source", "python"), kExitOk) << err_.str();
  EXPECT_NE(out_.str().find("./generate.sh\n  python3 acme_plugin_test.py"),
            std::string::npos)
      << out_.str();
  EXPECT_TRUE(fs::exists(folder_ / "acme/proto/plugin/v1/plugin.proto"));
}

TEST_F(PluginCommandTest, SaysWhichWaysOfAPluginGoTogether) {
  EXPECT_EQ(RunProgram("sink", "python", false), kExitUsage);
  EXPECT_NE(err_.str().find("give --out-of-process --language python"),
            std::string::npos)
      << err_.str();
  EXPECT_EQ(RunProgram("sink", "c++"), kExitUsage);
  EXPECT_NE(err_.str().find("--out-of-process goes with --language python"),
            std::string::npos)
      << err_.str();
  for (const char* language : {"c++", "python"}) {
    EXPECT_EQ(RunProgram("transform", language), kExitUsage);
    EXPECT_NE(err_.str().find("only sources and sinks can"), std::string::npos)
        << err_.str();
  }
  EXPECT_EQ(RunProgram("sink", "rust"), kExitUsage);
  EXPECT_NE(err_.str().find("no templates for a sink in \"rust\""),
            std::string::npos)
      << err_.str();
  EXPECT_FALSE(fs::exists(folder_ / "acme"));
}

}  // namespace
}  // namespace sluice
