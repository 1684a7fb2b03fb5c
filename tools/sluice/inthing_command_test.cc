#include "tools/sluice/inthing_command.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/sandbox.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Against the service of a sandbox, which is there once for all tests.
class InthingCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sandbox::SandboxOptions options;
    options.disruptive.rate = 0;
    sandbox_ = sandbox::Sandbox::Start(std::move(options))->release();
  }
  static void TearDownTestSuite() { delete sandbox_; }

  void SetUp() override {
    for (const char* name :
         {"INTHING_STREAM_PASSWORD", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"}) {
      unsetenv(name);
    }
    const json::value ready = json::parse(sandbox_->ReadyJson());
    const json::value& inthing = ready.at("inthing");
    setenv("INTHING_URL", inthing.at("base_url").as_string().c_str(), 1);
    setenv("INTHING_STREAM", inthing.at("stream").as_string().c_str(), 1);
    setenv("INTHING_STREAM_PASSWORD",
           inthing.at("password").as_string().c_str(), 1);
  }

  std::string WriteFile(const std::string& name, const std::string& bytes) {
    const std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  static sandbox::Sandbox* sandbox_;
  InthingOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
};

sandbox::Sandbox* InthingCommandTest::sandbox_ = nullptr;

TEST_F(InthingCommandTest, MakesAStream) {
  EXPECT_EQ(RunInthingNew(options_, out_, err_), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("page  http://127.0.0.1:"));
  out_.str("");
  options_.output = OutputFormat::kJson;
  EXPECT_EQ(RunInthingNew(options_, out_, err_), kExitOk);
  const json::value made = json::parse(out_.str());
  EXPECT_EQ(made.at("id").as_string().size(), 36u);
  options_.id = std::string(made.at("url").as_string());
  options_.text = "x";
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitOk) << err_.str();
}

TEST_F(InthingCommandTest, SaysNothingUnlessAskedTo) {
  options_.text = "hi";
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "");
  options_.show_url = true;
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitOk);
  EXPECT_THAT(out_.str(), StartsWith("http://127.0.0.1:"));
  out_.str("");
  options_.output = OutputFormat::kJson;
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitOk);
  EXPECT_EQ(json::parse(out_.str()).as_object().size(), 2u);
}

TEST_F(InthingCommandTest, PostsFiles) {
  options_.file = WriteFile("main.c", "int main() {}\r\n");
  options_.language = "C";
  EXPECT_EQ(RunInthingCode(options_, out_, err_), kExitOk) << err_.str();
  options_.language.clear();
  options_.file = WriteFile("red.png", "\x89PNG\r\n\x1A\n...");
  EXPECT_EQ(RunInthingImage(options_, out_, err_), kExitOk) << err_.str();
  EXPECT_EQ(RunInthingScreenshot(options_, out_, err_), kExitOk) << err_.str();
}

TEST_F(InthingCommandTest, CapturesStandardInputAndCommands) {
  std::istringstream in("one\ntwo");
  EXPECT_EQ(RunInthingCapture(options_, in, out_, err_), kExitOk) << err_.str();
  EXPECT_EQ(out_.str(), "one\ntwo");
  out_.str("");
  options_.output = OutputFormat::kJson;
  std::istringstream again("four\n");
  EXPECT_EQ(RunInthingCapture(options_, again, out_, err_), kExitOk);
  EXPECT_EQ(json::parse(out_.str()).as_object().size(), 2u);
  EXPECT_EQ(err_.str(), "four\n");
  options_.output = OutputFormat::kText;
  out_.str("");
  options_.command = {"echo", "three"};
  EXPECT_EQ(RunInthingCapture(options_, in, out_, err_), kExitOk);
  EXPECT_EQ(out_.str(), "three\n");
  options_.command = {"false"};
  EXPECT_EQ(RunInthingCapture(options_, in, out_, err_), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("false ended with 1"));
}

TEST_F(InthingCommandTest, WrongArgumentsAreFoundBeforeAnythingRuns) {
  std::istringstream in("never read");
  options_.id = "no-stream";
  EXPECT_EQ(RunInthingCapture(options_, in, out_, err_), kExitUsage);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(err_.str(), HasSubstr("\"no-stream\" is not a stream"));
  options_ = {};
  options_.title = std::string(101, 'x');
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitUsage);
  options_ = {};
  options_.file = "/no/such/file";
  EXPECT_EQ(RunInthingImage(options_, out_, err_), kExitUsage);
  options_ = {};
  options_.password_file = "/no/such/file";
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitUsage);
  options_ = {};
  options_.service = "nowhere";
  EXPECT_EQ(RunInthingNew(options_, out_, err_), kExitUsage);
}

TEST_F(InthingCommandTest, SaysThatThereIsNoStream) {
  unsetenv("INTHING_STREAM");
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("stream ID or URL is required"));
}

TEST_F(InthingCommandTest, SaysThatThereIsNoDisplay) {
  EXPECT_EQ(RunInthingScreenshot(options_, out_, err_), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("there is no display"));
}

TEST_F(InthingCommandTest, TakesThePasswordFromAFile) {
  options_.password_file = WriteFile("password", "wrong\n");
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("password failed"));
  EXPECT_THAT(err_.str(), ::testing::Not(HasSubstr("wrong")));
  options_.password_file = WriteFile("password", "sandbox1\n");
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitOk) << err_.str();
}

TEST_F(InthingCommandTest, TellsOfRateLimitsAndOfNoConnection) {
  ASSERT_TRUE(sandbox_
                  ->Control("POST", "/faults",
                            R"({"service":"inthing","kind":"status",)"
                            R"("status":200,"count":1})")
                  .ok());
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("or let --wait do so"));
  options_.service = "http://127.0.0.1:1";
  EXPECT_EQ(RunInthingText(options_, out_, err_), kExitFailure);
  EXPECT_EQ(RunInthingNew(options_, out_, err_), kExitFailure);
}

TEST_F(InthingCommandTest, KnowsThePageWithoutAsking) {
  options_.service = "http://127.0.0.1:1/";
  options_.id = "will/test";
  EXPECT_EQ(RunInthingUrl(options_, out_, err_), kExitOk);
  EXPECT_EQ(out_.str(), "http://127.0.0.1:1/will/test/\n");
  out_.str("");
  options_.output = OutputFormat::kJson;
  EXPECT_EQ(RunInthingUrl(options_, out_, err_), kExitOk);
  EXPECT_EQ(json::parse(out_.str()).at("id"), "/will/test/");
  setenv("BROWSER", "true", 1);
  EXPECT_EQ(RunInthingBrowse(options_, out_, err_), kExitOk);
  setenv("BROWSER", "false", 1);
  EXPECT_EQ(RunInthingBrowse(options_, out_, err_), kExitFailure);
}

TEST(InthingOptionsTest, ReadsTheCommandLine) {
  const auto parse = [](std::vector<std::string> arguments) {
    CLI::App app;
    CommandAction action;
    AddInthingCommand(app, &action);
    std::reverse(arguments.begin(), arguments.end());
    try {
      app.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return std::string(error.what());
    }
    return std::string(action ? "good" : "nothing");
  };
  EXPECT_EQ(parse({"inthing", "text", "hi", "-u", "-b", "--id", "x", "-t", "y",
                   "--priority", "-2", "--time", "2024-05-01T12:00:00Z",
                   "--wait", "5m"}),
            "good");
  EXPECT_EQ(parse({"inthing", "capture", "-l", "C", "--", "make", "-k"}),
            "good");
  EXPECT_THAT(parse({"inthing"}), HasSubstr("subcommand is required"));
  EXPECT_THAT(parse({"inthing", "text"}), HasSubstr("text is required"));
  EXPECT_THAT(parse({"inthing", "text", "x", "--priority", "3"}),
              HasSubstr("--priority"));
  EXPECT_THAT(parse({"inthing", "text", "x", "--time", "noon"}),
              HasSubstr("seconds since 1970"));
  EXPECT_THAT(parse({"inthing", "text", "x", "--wait", "long"}),
              HasSubstr("must be a length of time"));
  EXPECT_THAT(parse({"inthing", "text", "x", "-m", "rst"}),
              HasSubstr("markdown"));
  // It would stand in the list of processes.
  EXPECT_THAT(parse({"inthing", "text", "x", "-p", "secret"}),
              HasSubstr("not expected"));
}

}  // namespace
}  // namespace sluice
