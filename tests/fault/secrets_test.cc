// Secrets stay where they are, whatever goes wrong: not in what is logged, not
// on standard output, not in the data directory.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::fault {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(60);

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SecretsTest : public SandboxPipelineTest {
 protected:
  // What must not be seen of the values of `options.environment`: as they are,
  // in Base64, and tokens that were signed with them.
  static std::vector<std::string> Forbidden(const RunOptions& options) {
    std::vector<std::string> forbidden = {"eyJhbGciOi", "eyJ0eXAiOi"};
    for (const std::string& variable : options.environment) {
      const std::string value = variable.substr(variable.find('=') + 1);
      EXPECT_GE(value.size(), 8u) << "too short to be looked for";
      forbidden.push_back(value);
      forbidden.push_back(absl::Base64Escape(value));
    }
    return forbidden;
  }

  static void ExpectNone(const std::vector<std::string>& forbidden,
                         const std::string& text, const std::string& where) {
    for (const std::string& secret : forbidden) {
      EXPECT_FALSE(absl::StrContains(text, secret))
          << where << " holds \"" << secret.substr(0, 4) << "...\"";
    }
  }

  // Everything that the process wrote.
  void ExpectNoneWritten(const std::vector<std::string>& forbidden) {
    ExpectNone(forbidden, Log(), "the log");
    int files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(data_dir())) {
      if (!entry.is_regular_file()) continue;
      ++files;
      ExpectNone(forbidden, Contents(entry.path()), entry.path());
    }
    EXPECT_GT(files, 3);
    ExpectNone(forbidden, Contents(archive()), "the archive");
  }

  void Fail(std::string service, int status) {
    sandbox::Fault fault;
    fault.service = std::move(service);
    fault.status = status;
    fault.count = 2;
    sandbox().faults().Add(fault);
  }
};

TEST_F(SecretsTest, AreNowhereAfterRefusalsAndFailures) {
  const RunOptions options = Options();
  const std::vector<std::string> forbidden = Forbidden(options);
  for (const int status : {500, 502, 429}) Fail("feed", status);
  Fail("disruptive", 500);
  Control("POST", "/devices/publish", R"({"count": 50})");
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  Control("POST", "/tokens/revoke");
  Control("POST", "/streams/cut", R"({"how": "reset"})");
  ASSERT_TRUE(WaitDelivered(process, kLimit)) << process.last_line();
  ExpectNone(forbidden, process.last_line(), "the status");
  EXPECT_EQ(process.Stop(), 0);
  ExpectNone(forbidden, process.last_line(), "the ledger");
  ExpectNoneWritten(forbidden);
}

TEST_F(SecretsTest, AreNowhereWhenTheyAreWrong) {
  const RunOptions options = Options("a-wrong-device-secret");
  const std::vector<std::string> forbidden = Forbidden(options);
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  ASSERT_TRUE(WaitUntil(
      [&] { return process.progress().source_health == "paused"; }, kLimit));
  ExpectNone(forbidden, process.last_line(), "the status");
  EXPECT_EQ(process.Stop(), 0);
  ExpectNone(forbidden, Log(), "the log");
}

TEST_F(SecretsTest, AreNotInWhatValidateSays) {
  const RunOptions options = Options();
  const std::vector<std::string> forbidden = Forbidden(options);
  const CommandResult good =
      RunSluice({"validate", options.config}, options.environment, folder());
  EXPECT_EQ(good.exit_code, 0) << good.err;
  ExpectNone(forbidden, good.out + good.err, "validate");
  // A secret where its reference should be.
  const std::string written = "sk-in-the-wrong-place";
  const std::string config = Write(
      "wrong.yaml",
      absl::StrCat("data_dir: ", data_dir(),
                   "\npipelines: {p: {sources: {in: {generate: {}}}, sinks: "
                   "{out: {feed: {api_key: k, api_secret: ",
                   written, ", feed: a}}}}}\n"));
  const CommandResult wrong = RunSluice({"validate", config}, {}, folder());
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.out + wrong.err, testing::HasSubstr("api_secret"));
  ExpectNone({written}, wrong.out + wrong.err, "validate");
}

TEST_F(SecretsTest, TheDataDirectoryIsForItsOwnerOnly) {
  const RunOptions options = Options();
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  namespace fs = std::filesystem;
  constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;
  EXPECT_EQ(fs::status(data_dir()).permissions() & kOthers, fs::perms::none);
  EXPECT_EQ(process.Stop(), 0);
}

}  // namespace
}  // namespace sluice::fault
