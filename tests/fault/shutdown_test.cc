// Processes that are asked to end, and those that must not begin.
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::fault {
namespace {

namespace json = boost::json;

using ::testing::HasSubstr;

constexpr int kExitOk = 0;
constexpr int kExitFailure = 1;
constexpr int kExitDataDir = 4;
constexpr absl::Duration kLimit = absl::Seconds(60);

class ShutdownTest : public SandboxPipelineTest {
 protected:
  void Publish(int count) {
    Control("POST", "/devices/publish",
            absl::StrCat("{\"count\":", count, "}"));
  }

  // Waits until something is in the file.
  bool WaitArrival() {
    return WaitUntil([this] { return !ReadWrittenLines(archive()).empty(); },
                     kLimit);
  }

  // From now on requests to the feed are not answered.
  void StallFeed() {
    sandbox::Fault stall;
    stall.service = "feed";
    stall.kind = sandbox::FaultKind::kStall;
    stall.delay = absl::Minutes(10);
    sandbox().faults().Add(stall);
  }
  // Waits until a request to the feed hangs.
  bool WaitStalled() {
    return WaitUntil([this] { return sandbox().faults().fired("feed") > 0; },
                     kLimit);
  }

  // Runs until everything is delivered, and ends.
  FileVerdict Finish(const RunOptions& options) {
    SluiceProcess process(options);
    EXPECT_TRUE(process.WaitReady());
    EXPECT_TRUE(WaitDelivered(process, kLimit)) << process.last_line();
    EXPECT_EQ(process.Stop(), kExitOk);
    return ExpectAllDelivered(process);
  }

  // How many lines of the log hold `text`.
  int LogLines(std::string_view text) const {
    int lines = 0;
    for (const auto& line : absl::StrSplit(Log(), '\n')) {
      lines +=
          absl::StrContains(line, absl::string_view(text.data(), text.size()));
    }
    return lines;
  }

  int64_t RefusedByCloud() {
    return json::parse(Control("GET", "/status"))
        .at("services")
        .at("disruptive")
        .at("refused")
        .as_int64();
  }

  RunOptions WithGrace(std::string grace) {
    RunOptions options = Options();
    options.arguments = {"--grace", std::move(grace)};
    return options;
  }
};

TEST_F(ShutdownTest, EndsInOrderInTheMiddleOfARun) {
  const RunOptions options = Options();
  Control("POST", "/devices/start", R"({"rate": 300})");
  {
    SluiceProcess process(options);
    ASSERT_TRUE(process.WaitReady());
    ASSERT_TRUE(WaitArrival());
    EXPECT_EQ(process.Stop(), kExitOk);
    EXPECT_TRUE(process.progress().balanced) << process.last_line();
    EXPECT_THAT(process.last_line(), HasSubstr("{\"ledger\":"));
  }
  Control("POST", "/devices/stop");
  const FileVerdict file = Finish(options);
  // Nothing was cut short, so nothing had to be repeated.
  EXPECT_EQ(file.repeated, 0u);
  EXPECT_EQ(Feed().repeated, 0);
}

TEST_F(ShutdownTest, DoesNotWaitForADeadDestinationBeyondItsGrace) {
  StallFeed();
  const RunOptions options = WithGrace("300ms");
  Publish(100);
  {
    SluiceProcess process(options);
    ASSERT_TRUE(process.WaitReady());
    ASSERT_TRUE(WaitStalled());
    const absl::Time asked = absl::Now();
    EXPECT_EQ(process.Stop(), kExitOk);
    // Two seconds for slow machines; a request may take five.
    EXPECT_LT(absl::Now() - asked, absl::Milliseconds(2300));
    EXPECT_TRUE(process.progress().balanced) << process.last_line();
    EXPECT_EQ(process.progress().sinks.at("room-feed").delivered, 0u);
  }
  sandbox().faults().Clear();
  Finish(options);
}

TEST_F(ShutdownTest, EndsAtOnceAtTheSecondSignal) {
  StallFeed();
  const RunOptions options = WithGrace("10m");
  Publish(100);
  {
    SluiceProcess process(options);
    ASSERT_TRUE(process.WaitReady());
    ASSERT_TRUE(WaitStalled());
    process.Signal(SIGTERM);
    // The first one is obeyed, which takes as long as the request may.
    EXPECT_FALSE(process.WaitEnd(absl::Milliseconds(300)));
    EXPECT_EQ(process.Stop(absl::Seconds(2)), kExitFailure);
    EXPECT_EQ(LogLines("second signal"), 1);
  }
  sandbox().faults().Clear();
  Finish(options);
}

TEST_F(ShutdownTest, RefusesADirectoryThatAnotherProcessUses) {
  const RunOptions options = Options();
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  const CommandResult second = RunSluice({"run", "--config", options.config},
                                         options.environment, folder());
  EXPECT_EQ(second.exit_code, kExitDataDir);
  EXPECT_EQ(second.err, absl::StrCat("sluice: the data directory ", data_dir(),
                                     " is used by another process\n"));
  EXPECT_EQ(second.out, "");
  // The first one does not notice.
  Publish(10);
  EXPECT_TRUE(WaitUntil([&] { return Feed().received == 10; }, kLimit));
  EXPECT_EQ(process.Stop(), kExitOk);
}

TEST_F(ShutdownTest, RefusesADirectoryThatCannotBeMade) {
  // Holds for root, too.
  const std::string data = Write("file", "") + "/data";
  const std::string config =
      Write("refused.yaml",
            absl::StrCat("data_dir: ", data,
                         "\npipelines: {p: {sources: {in: {generate: {}}}, "
                         "sinks: {out: {null: {}}}}}\n"));
  const CommandResult refused =
      RunSluice({"run", "--config", config}, {}, folder());
  EXPECT_EQ(refused.exit_code, kExitDataDir);
  EXPECT_EQ(refused.err, absl::StrCat("sluice: cannot make the data directory ",
                                      data, ": Not a directory\n"));
  EXPECT_EQ(refused.out, "");
}

TEST_F(ShutdownTest, PausesASourceWithWrongCredentials) {
  const RunOptions options = Options("not the secret");
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  // In one line of its status; the one that says ready may come behind it.
  ASSERT_TRUE(WaitUntil(
      [&] {
        return process.progress().source_health == "paused" &&
               absl::StrContains(process.last_line(), "credentials");
      },
      kLimit))
      << process.last_line();
  // It asks again after a minute at the earliest.
  EXPECT_FALSE(process.WaitEnd(absl::Seconds(3)));
  EXPECT_LT(RefusedByCloud(), 5);
  EXPECT_EQ(LogLines("credentials"), 1) << Log();
  EXPECT_EQ(process.Stop(), kExitOk);
}

}  // namespace
}  // namespace sluice::fault
