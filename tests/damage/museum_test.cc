// Damaged logs as earlier releases wrote them are opened, verified and repaired
// with the outcome that stands beside each.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "storage/log/log_check.h"
#include "storage/log/rocksdb_event_log.h"
#include "tests/contract/settable_clock.h"
#include "tests/damage/museum_log.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/log_command.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr char kMuseum[] = "tests/damage/museum";

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<std::string> Exhibits() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kMuseum)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class MuseumTest : public testing::TestWithParam<std::string> {
 protected:
  MuseumTest()
      : exhibit_(ParseExhibit(
            GetParam(),
            ReadFile(fs::path(kMuseum) / GetParam() / "expected.txt"))),
        data_dir_(fs::path(testing::TempDir()) / "museum" / GetParam()),
        log_(data_dir_ / "pipelines/museum/log") {
    fs::remove_all(data_dir_);
    fs::create_directories(log_);
    for (const auto& entry :
         fs::directory_iterator(fs::path(kMuseum) / GetParam() / "log")) {
      const fs::path copy = log_ / entry.path().filename();
      fs::copy_file(entry.path(), copy);
      fs::permissions(copy, fs::perms::owner_write, fs::perm_options::add);
    }
  }

  std::unique_ptr<RocksDbEventLog> Open() {
    RocksDbLogOptions options;
    options.log.dedupe_window = absl::InfiniteDuration();
    auto log = RocksDbEventLog::Open(log_, options, &clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(log_)) {
      if (entry.is_regular_file()) files[entry.path()] = ReadFile(entry.path());
    }
    return files;
  }

  // Runs a subcommand of `sluice log`; what it prints of the one pipeline is in
  // `json_`.
  int Run(int (*command)(const LogCommandOptions&, std::ostream&,
                         std::ostream&)) {
    LogCommandOptions options;
    options.data_dir = data_dir_;
    options.output = OutputFormat::kJson;
    std::ostringstream out;
    std::ostringstream err;
    const int code = command(options, out, err);
    EXPECT_EQ(err.str(), "");
    json_ = boost::json::parse(out.str()).at("pipelines").at(0);
    return code;
  }

  std::set<Sequence> Events(const char* ranges) const {
    std::set<Sequence> events;
    for (const auto& range : json_.at(ranges).as_array()) {
      const auto last = range.at("last").to_number<Sequence>();
      for (auto i = range.at("first").to_number<Sequence>(); i <= last; ++i) {
        events.insert(i);
      }
    }
    return events;
  }

  const Exhibit exhibit_;
  const fs::path data_dir_;
  const fs::path log_;
  SettableClock clock_;
  boost::json::value json_;
};

TEST_P(MuseumTest, ItOpensAndLosesOnlyWhatWasHit) {
  const auto log = Open();
  ASSERT_NE(log, nullptr);
  const std::string told =
      absl::StrJoin(log->damage(), "\n", absl::StreamFormatter());
  for (const std::string& part : exhibit_.says) {
    EXPECT_TRUE(absl::StrContains(told, part)) << part << "\nnot in:\n" << told;
  }
  std::set<Sequence> lost;
  for (Sequence i = kMuseumFirst; i <= kMuseumEvents; ++i) lost.insert(i);
  const auto batches = log->Read(1, 1 << 20);
  ASSERT_TRUE(batches.ok()) << batches.status();
  for (const LogBatch& batch : *batches) {
    EXPECT_EQ(batch.events->wire(), MuseumBatch(batch.first_sequence)->wire());
    for (int i = 0; i < kMuseumBatchEvents; ++i) {
      lost.erase(batch.first_sequence + i);
    }
  }
  EXPECT_EQ(lost, exhibit_.lost);
  EXPECT_EQ(log->stats().next_sequence, kMuseumEvents + 1);
  EXPECT_EQ(log->stats().corrupt_events, exhibit_.lost.size());

  const auto letters = log->ListDeadLetters(0, 10);
  ASSERT_TRUE(letters.ok()) << letters.status();
  EXPECT_EQ(letters->size(), static_cast<size_t>(kMuseumRounds));
  int keys = 0;
  ASSERT_TRUE(
      log->ForEachDedupeKey([&keys](absl::Time, DedupeKey) { ++keys; }).ok());
  const std::vector<SourceInfo> sources = log->Sources();
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].state.checkpoint(),
            absl::StrCat("behind ", kMuseumEvents - kMuseumBatchEvents + 1));
  const std::vector<CursorInfo> cursors = log->Cursors();
  if (exhibit_.also_lost != "cursors") {
    ASSERT_EQ(cursors.size(), 1u);
    EXPECT_GE(cursors[0].state.next_sequence(), kMuseumDelivered + 1);
    EXPECT_EQ(cursors[0].state.counters().corrupt(),
              std::count_if(exhibit_.lost.begin(), exhibit_.lost.end(),
                            [](Sequence i) { return i > kMuseumDelivered; }));
  }
}

TEST_P(MuseumTest, VerifyFindsItAndRepairMakesItGood) {
  const auto before = Files();
  EXPECT_EQ(Run(&RunLogVerify), kExitFindings);
  EXPECT_EQ(Events("losses"), exhibit_.lost);
  EXPECT_EQ(Files(), before);

  const bool nothing_lost = exhibit_.lost.empty() && exhibit_.also_lost.empty();
  EXPECT_EQ(Run(&RunLogRepair), nothing_lost ? kExitOk : kExitFindings);
  EXPECT_EQ(Events("losses"), exhibit_.lost);
  EXPECT_EQ(json_.at("problems"), boost::json::array());

  EXPECT_EQ(Run(&RunLogVerify), kExitOk) << json_;
  EXPECT_EQ(Events("known_losses"), exhibit_.lost);
  EXPECT_EQ(Run(&RunLogRepair), kExitOk) << json_;
  EXPECT_EQ(json_.at("repaired"), boost::json::array());
}

INSTANTIATE_TEST_SUITE_P(All, MuseumTest, testing::ValuesIn(Exhibits()),
                         [](const auto& info) { return info.param; });

// The museum is there, and its logs are what the test thinks they are.
TEST(MuseumLogTest, AllExhibitsAreThere) {
  EXPECT_GE(Exhibits().size(), 8u);
  const fs::path folder = fs::path(testing::TempDir()) / "whole";
  fs::remove_all(folder);
  MakeMuseumLog(folder);
  const auto check = CheckLog(folder);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->state.next_sequence(), kMuseumEvents + 1);
  EXPECT_TRUE(check->problems.empty()) << check->problems[0];
}

}  // namespace
}  // namespace sluice
