#include "tools/sluice/validate_command.h"

#include <fstream>
#include <sstream>
#include <string>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/builtin/builtin.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

class ValidateCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterBuiltinPlugins(registry_).ok());
    good_ = Write("good.yaml",
                  "data_dir: d\n"
                  "pipelines:\n"
                  "  p:\n"
                  "    sources: {in: {generate: {count: 5}}}\n"
                  "    sinks: {out: {null: {}}}\n");
    bad_ = Write("bad.yaml",
                 "data_dir: d\n"
                 "pipelines:\n"
                 "  p:\n"
                 "    sources: {in: {generate: {count: many}}}\n"
                 "    sinks: {out: {nul: {}}}\n");
  }

  static std::string Write(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  int Run(std::vector<std::string> configs, OutputFormat output) {
    out_.str("");
    err_.str("");
    return RunValidate({std::move(configs), output}, registry_, out_, err_);
  }

  PluginRegistry registry_;
  std::string good_;
  std::string bad_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ValidateCommandTest, AcceptsAGoodFile) {
  EXPECT_EQ(Run({good_}, OutputFormat::kText), kExitOk);
  EXPECT_EQ(out_.str(), good_ +
                            ": good: 1 pipeline, 1 source, 0 transforms, "
                            "1 sink\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ValidateCommandTest, ListsEveryMistakeOnItsLine) {
  EXPECT_EQ(Run({bad_, good_}, OutputFormat::kText), kExitUsage);
  EXPECT_THAT(err_.str(),
              HasSubstr(bad_ + ":4: pipelines.p.sources.in.generate.count: "
                               "\"many\" is not allowed; must be"));
  EXPECT_THAT(err_.str(), HasSubstr(bad_ + ":5: pipelines.p.sinks.out.nul: no "
                                           "such key; did you mean \"null\"?"));
  EXPECT_THAT(out_.str(), HasSubstr(good_ + ": good"));
}

TEST_F(ValidateCommandTest, SpeaksJson) {
  EXPECT_EQ(Run({bad_}, OutputFormat::kJson), kExitUsage);
  const boost::json::value bad = boost::json::parse(out_.str());
  EXPECT_FALSE(bad.at("valid").as_bool());
  const boost::json::array& problems = bad.at("problems").as_array();
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].at("line").as_int64(), 4);
  EXPECT_EQ(problems[0].at("path").as_string(),
            "pipelines.p.sources.in.generate.count");
  EXPECT_EQ(err_.str(), "");

  EXPECT_EQ(Run({good_}, OutputFormat::kJson), kExitOk);
  const boost::json::value good = boost::json::parse(out_.str());
  EXPECT_TRUE(good.at("valid").as_bool());
  const boost::json::value& pipeline = good.at("pipelines").at(0);
  EXPECT_EQ(pipeline.at("sinks").at(0).at("plugin").as_string(), "null");

  EXPECT_EQ(Run({good_, bad_}, OutputFormat::kJson), kExitUsage);
  EXPECT_EQ(boost::json::parse(out_.str()).as_array().size(), 2u);
}

}  // namespace
}  // namespace sluice
