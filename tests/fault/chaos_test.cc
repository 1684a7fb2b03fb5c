// Rounds of faults at the main job, chosen by a seed, for as long as one likes.
//
// chaos_test [--rounds N] [--seed S] [--only KIND,...]; `./dev chaos` runs it
// with an optimised build.
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/kill_plan.h"
#include "tests/fault/log_damage.h"
#include "tests/fault/moved_clock.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tests/fault/small_disk.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::fault {
namespace {

struct ChaosOptions {
  // Enough that each kind comes once.
  int rounds = 19;
  std::vector<std::string> only;
};

ChaosOptions& Chaos() {
  static ChaosOptions options;
  return options;
}

// Whether this process may mount a small disk; else why not.
absl::Status& Mounts() {
  static absl::Status mounts;
  return mounts;
}

constexpr int kReadingsPerSecond = 100;
// Everything is checked after so many rounds, and at the end.
constexpr int kRoundsPerCheck = 25;
constexpr int kKillsForARepeat = 10;
constexpr absl::Duration kDrainLimit = absl::Minutes(3);
constexpr uint64_t kDiskBytes = uint64_t{192} << 20;

class ChaosTest : public SandboxPipelineTest {
 protected:
  struct Kind {
    std::string_view name;
    std::function<std::string()> run;
  };

  void SetUp() override {
    SandboxPipelineTest::SetUp();
    dice_ = Dice(CampaignSeed());
    plan_.emplace(dice_.Roll(UINT64_MAX), absl::Seconds(2));
    clock_.emplace(folder() + "/clock");
    if (Mounts().ok()) {
      auto disk = SmallDisk::Mount(data_dir(), kDiskBytes);
      ASSERT_TRUE(disk.ok()) << disk.status();
      disk_ = *std::move(disk);
    }
    run_options_ = SandboxPipelineTest::Options();
    for (std::string& variable : clock_->environment()) {
      run_options_.environment.push_back(std::move(variable));
    }
    // Repeats on the stream, and tokens that end in the middle of a life.
    Control("POST", "/disruptive/settings",
            R"({"duplicate_every": 7, "token_lifetime": 10})");
  }

  void TearDown() override {
    process_.reset();
    disk_.reset();
    SandboxPipelineTest::TearDown();
  }

  std::vector<Kind> Kinds();
  // Every kind once, in an order of chance, again and again.
  const Kind& NextKind();

  SluiceProcess& process() {
    if (process_ == nullptr) {
      process_ = std::make_unique<SluiceProcess>(run_options_);
      ++lives_;
    }
    return *process_;
  }
  void EnsureReady() { ASSERT_TRUE(process().WaitReady()) << Log(); }
  // The process goes on, and has to survive `time`.
  void Live(absl::Duration time) {
    EXPECT_FALSE(process().WaitEnd(time)) << "it ended by itself";
  }
  void LiveBetween(int64_t min_ms, int64_t max_ms) {
    Live(dice_.Wait(min_ms, max_ms));
  }

  // ---- Kinds of rounds; each says what it did ----

  std::string Kill();
  std::string Terminate();
  std::string TerminateTwice();
  std::string Suspend();
  std::string BreakFeed(sandbox::FaultKind kind);
  std::string LimitFeed();
  std::string AnswerTooLate();
  std::string CutStream();
  std::string StallStream();
  std::string EndTokens();
  std::string BreakHistory();
  std::string MoveClock();
  std::string FillDisk();
  std::string DamageLog(
      absl::StatusOr<std::string> (*damage)(const std::string& log, Dice&));

  // Waits until all is delivered and compares.
  void Check();
  void PrintTable();

  Dice dice_{0};
  std::optional<KillPlan> plan_;
  std::optional<MovedClock> clock_;
  std::unique_ptr<SmallDisk> disk_;
  RunOptions run_options_;
  std::unique_ptr<SluiceProcess> process_;
  std::vector<Kind> deck_;
  std::vector<size_t> order_;
  std::map<std::string, int> counts_;
  int lives_ = 0;
  // As of the last check.
  FileVerdict file_;
  uint64_t acknowledged_ = 0;
};

std::vector<ChaosTest::Kind> ChaosTest::Kinds() {
  using sandbox::FaultKind;
  std::vector<Kind> kinds = {
      {"kill", [this] { return Kill(); }},
      {"sigterm", [this] { return Terminate(); }},
      {"sigterm twice", [this] { return TerminateTwice(); }},
      {"suspended", [this] { return Suspend(); }},
      {"feed down", [this] { return BreakFeed(FaultKind::kStatus); }},
      {"feed cuts", [this] { return BreakFeed(FaultKind::kCut); }},
      {"feed stalls", [this] { return BreakFeed(FaultKind::kStall); }},
      {"half answers", [this] { return BreakFeed(FaultKind::kHalf); }},
      {"lost answers", [this] { return BreakFeed(FaultKind::kLoseAnswer); }},
      {"late answers", [this] { return AnswerTooLate(); }},
      {"rate limit", [this] { return LimitFeed(); }},
      {"stream cut", [this] { return CutStream(); }},
      {"stream stall", [this] { return StallStream(); }},
      {"tokens end", [this] { return EndTokens(); }},
      {"history fails", [this] { return BreakHistory(); }},
      {"lists damaged", [this] { return DamageLog(DamageDirectoryOfLog); }},
      {"log torn", [this] { return DamageLog(TearWriteLog); }},
  };
  if (MovedClock::Available()) {
    kinds.push_back({"clock jump", [this] { return MoveClock(); }});
  }
  if (disk_ != nullptr) {
    kinds.push_back({"disk full", [this] { return FillDisk(); }});
  }
  return kinds;
}

const ChaosTest::Kind& ChaosTest::NextKind() {
  if (deck_.empty()) {
    for (Kind& kind : Kinds()) {
      if (Chaos().only.empty() ||
          absl::c_linear_search(Chaos().only, std::string(kind.name))) {
        deck_.push_back(std::move(kind));
      }
    }
    CHECK(!deck_.empty()) << "--only names no kind there is";
  }
  if (order_.empty()) {
    for (size_t i = 0; i < deck_.size(); ++i) {
      order_.insert(order_.begin() + static_cast<ptrdiff_t>(dice_.Roll(i + 1)),
                    i);
    }
  }
  const Kind& kind = deck_[order_.back()];
  order_.pop_back();
  return kind;
}

std::string ChaosTest::Kill() {
  // At times a process that has only just been started.
  if (dice_.Roll(2) == 0) process_.reset();
  const KillMoment moment = plan_->Next();
  KillAt(moment, process(), [this] { return WrittenMark(archive()); });
  process_.reset();
  return moment.ToString();
}

std::string ChaosTest::Terminate() {
  EnsureReady();
  const absl::Duration after = dice_.Wait(0, 1500);
  Live(after);
  EXPECT_EQ(process().Stop(), 0);
  EXPECT_TRUE(process().progress().balanced) << process().last_line();
  process_.reset();
  return absl::StrCat("after ", absl::FormatDuration(after));
}

std::string ChaosTest::TerminateTwice() {
  EnsureReady();
  LiveBetween(0, 1000);
  process().Signal(SIGTERM);
  const absl::Duration between = dice_.Wait(0, 50);
  process().WaitEnd(between);
  process().Signal(SIGTERM);
  EXPECT_TRUE(process().WaitEnd(absl::Seconds(30)));
  process_.reset();
  return absl::StrCat(absl::FormatDuration(between), " apart");
}

std::string ChaosTest::Suspend() {
  EnsureReady();
  // Longer than the watchdogs and time limits on both sides; now and then a
  // minute.
  const absl::Duration time =
      dice_.Roll(6) == 0 ? absl::Minutes(1) : dice_.Wait(500, 8000);
  process().Signal(SIGSTOP);
  absl::SleepFor(time);
  process().Signal(SIGCONT);
  LiveBetween(200, 1000);
  return absl::StrCat("for ", absl::FormatDuration(time));
}

std::string ChaosTest::BreakFeed(sandbox::FaultKind kind) {
  EnsureReady();
  const absl::Duration time = dice_.Wait(500, 6000);
  sandbox::Fault fault;
  fault.service = "feed";
  fault.kind = kind;
  fault.status = dice_.Roll(2) == 0 ? 503 : 500;
  fault.delay = absl::Seconds(20);
  fault.reset = dice_.Roll(2) == 0;
  fault.duration = time;
  sandbox().faults().Add(fault);
  Live(time);
  return absl::StrCat("for ", absl::FormatDuration(time));
}

std::string ChaosTest::LimitFeed() {
  EnsureReady();
  sandbox::Fault fault;
  fault.service = "feed";
  fault.status = 429;
  fault.retry_after = absl::Seconds(1 + static_cast<int64_t>(dice_.Roll(3)));
  fault.count = 1 + static_cast<int64_t>(dice_.Roll(3));
  sandbox().faults().Add(fault);
  LiveBetween(500, 2000);
  return absl::StrCat(*fault.count, " times");
}

std::string ChaosTest::AnswerTooLate() {
  EnsureReady();
  sandbox::Fault fault;
  fault.service = "feed";
  fault.method = "POST";
  fault.kind = sandbox::FaultKind::kSlow;
  fault.delay = kFeedTimeout + absl::Seconds(1);
  fault.count = 1 + static_cast<int64_t>(dice_.Roll(3));
  sandbox().faults().Add(fault);
  Live(kFeedTimeout + absl::Seconds(2));
  return absl::StrCat(*fault.count, " times");
}

std::string ChaosTest::CutStream() {
  EnsureReady();
  constexpr const char* kHow[] = {"clean", "error", "old_error", "fin",
                                  "reset"};
  const std::string how = kHow[dice_.Roll(5)];
  const int times = 1 + static_cast<int>(dice_.Roll(4));
  for (int i = 0; i < times; ++i) {
    Control("POST", "/streams/cut", absl::StrCat("{\"how\": \"", how, "\"}"));
    LiveBetween(0, 700);
  }
  return absl::StrCat(how, ", ", times, " times");
}

std::string ChaosTest::StallStream() {
  EnsureReady();
  const auto seconds = 1 + dice_.Roll(6);
  Control("POST", "/streams/stall",
          absl::StrCat("{\"seconds\": ", seconds, "}"));
  Live(absl::Seconds(seconds));
  return absl::StrCat("for ", seconds, "s");
}

std::string ChaosTest::EndTokens() {
  EnsureReady();
  Control("POST", "/tokens/revoke");
  Control("POST", "/streams/cut", R"({"how": "fin"})");
  LiveBetween(500, 2000);
  return "";
}

std::string ChaosTest::BreakHistory() {
  EnsureReady();
  sandbox::Fault fault;
  fault.service = "disruptive";
  fault.path = "/events";
  fault.kind = dice_.Roll(2) == 0 ? sandbox::FaultKind::kHalf
                                  : sandbox::FaultKind::kStatus;
  fault.status = 500;
  fault.duration = dice_.Wait(500, 3000);
  sandbox().faults().Add(fault);
  Control("POST", "/streams/cut", R"({"how": "reset"})");
  Live(fault.duration);
  return absl::StrCat("for ", absl::FormatDuration(fault.duration));
}

std::string ChaosTest::MoveClock() {
  EnsureReady();
  const absl::Duration offset =
      absl::Seconds(static_cast<int64_t>(dice_.Roll(4 * 3600)) - 2 * 3600);
  clock_->Move(offset);
  // A new connection now has to prove who we are at a wrong time.
  if (dice_.Roll(2) == 0) {
    Control("POST", "/tokens/revoke");
    Control("POST", "/streams/cut", R"({"how": "fin"})");
  }
  LiveBetween(1500, 3000);
  return absl::StrCat("to ", absl::FormatDuration(offset));
}

std::string ChaosTest::FillDisk() {
  EnsureReady();
  const absl::Status filled = disk_->Fill();
  EXPECT_TRUE(filled.ok()) << filled;
  const absl::Duration time = dice_.Wait(500, 4000);
  // At times it dies of it, or is ended while nothing can be written.
  const bool kill = dice_.Roll(3) == 0;
  Live(time);
  if (kill) {
    process().Kill();
    process_.reset();
  }
  disk_->Free();
  return absl::StrCat("for ", absl::FormatDuration(time),
                      kill ? ", killed meanwhile" : "");
}

// Between two lives.
std::string ChaosTest::DamageLog(
    absl::StatusOr<std::string> (*damage)(const std::string& log, Dice& dice)) {
  EnsureReady();
  LiveBetween(200, 2000);
  process().Kill();
  process_.reset();
  const absl::StatusOr<std::string> done =
      damage(data_dir() + "/pipelines/main/log", dice_);
  EXPECT_TRUE(done.ok()) << done.status();
  return done.value_or("");
}

void ChaosTest::Check() {
  Control("POST", "/devices/stop");
  sandbox().faults().Clear();
  EnsureReady();
  EXPECT_TRUE(WaitDelivered(process(), kDrainLimit)) << process().last_line();
  EXPECT_EQ(process().Stop(), 0);
  file_ = ExpectAllDelivered(process());
  acknowledged_ = process().progress().stored;
  process_.reset();
  ExpectSoundLog();
}

void ChaosTest::PrintTable() {
  const sandbox::DestinationReport feed = Feed();
  int rounds = 0;
  for (const auto& [name, count] : counts_) rounds += count;
  const auto row = [](std::string_view name, uint64_t value) {
    std::cout << absl::StrFormat("%-40s %10d\n", std::string(name), value);
  };
  std::cout << "\n";
  row("rounds", static_cast<uint64_t>(rounds));
  for (const auto& [name, count] : counts_) {
    row("  " + name, static_cast<uint64_t>(count));
  }
  row("processes started", static_cast<uint64_t>(lives_));
  row("events published", Published());
  row("events acknowledged", acknowledged_);
  row("lost", static_cast<uint64_t>(feed.missing) + file_.missing);
  row("duplicated in the feed", static_cast<uint64_t>(feed.duplicated));
  row("repeats that the feed recognised", static_cast<uint64_t>(feed.repeated));
  row("repeats in the file, which has no key", file_.repeated);
  row("order violations",
      static_cast<uint64_t>(feed.out_of_order) + file_.misplaced);
}

TEST_F(ChaosTest, LosesAndDoublesNothing) {
  for (int round = 1; round <= Chaos().rounds && !HasFailure(); ++round) {
    Control("POST", "/devices/start",
            absl::StrCat("{\"rate\":", kReadingsPerSecond, "}"));
    const Kind& kind = NextKind();
    const std::string what = kind.run();
    ++counts_[std::string(kind.name)];
    std::cout << absl::StrFormat("round %d: %s %s", round,
                                 std::string(kind.name), what)
              << std::endl;
    if (round % kRoundsPerCheck == 0) Check();
  }
  Check();
  PrintTable();
  // Deliveries were repeated, or the faults did not hit. At the file, which
  // answers at once, only a kill at the right moment does it.
  EXPECT_GT(Feed().repeated, 0);
  if (counts_["kill"] >= kKillsForARepeat) {
    EXPECT_GT(file_.repeated, 0u);
  }
}

}  // namespace
}  // namespace sluice::fault

int main(int argc, char** argv) {
  // Before anything starts a thread.
  sluice::fault::Mounts() = sluice::fault::AllowMounts();
  testing::InitGoogleMock(&argc, argv);
  sluice::fault::ChaosOptions& options = sluice::fault::Chaos();
  CLI::App app{"Rounds of faults at the main job"};
  app.add_option("--rounds", options.rounds, "How many")
      ->check(CLI::Range(1, 1'000'000));
  std::string seed;
  app.add_option("--seed", seed, "Chooses them");
  app.add_option("--only", options.only, "Kinds of rounds, by name")
      ->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  if (!seed.empty()) ::setenv("SLUICE_FAULT_SEED", seed.c_str(), 1);
  if (!sluice::fault::Mounts().ok()) {
    std::cout << "no rounds of a full disk: " << sluice::fault::Mounts()
              << "\n";
  }
  if (!sluice::fault::MovedClock::Available()) {
    std::cout << "no rounds of a jumping clock: libfaketime is not here\n";
  }
  return RUN_ALL_TESTS();
}
