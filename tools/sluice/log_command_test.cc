#include "tools/sluice/log_command.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/runtime/data_directory.h"
#include "storage/base/clock.h"
#include "storage/log/rocksdb_event_log.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LogCommandTest : public testing::Test {
 protected:
  LogCommandTest() {
    options_.data_dir = absl::StrCat(
        testing::TempDir(), "/",
        testing::UnitTest::GetInstance()->current_test_info()->name());
  }

  // A log of `pipeline` with batches of ten events each, of which the sink
  // `out` has done the first ten, two of them as dead letters.
  void MakeLog(const std::string& pipeline,
               const RocksDbLogOptions& options = {}, int batches = 3,
               const std::string& data = "{}") {
    auto directory = DataDirectory::Open(options_.data_dir);
    ASSERT_TRUE(directory.ok()) << directory.status();
    const auto path = (*directory)->LogPath(pipeline);
    ASSERT_TRUE(path.ok());
    auto log = RocksDbEventLog::Open(*path, options, Clock::Real());
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_TRUE((*log)->OpenCursor("out", true).ok());
    for (int batch = 0; batch < batches; ++batch) {
      AppendRequest request;
      EventBatchBuilder builder;
      for (int i = 0; i < 10; ++i) {
        EventFields fields;
        const std::string id = absl::StrCat(batch, "-", i);
        fields.id = id;
        fields.data = data;
        builder.Add(fields);
      }
      request.batches.push_back(builder.Build());
      SourceUpdate update;
      update.name = "in";
      update.added.set_received(10);
      update.added.set_stored(10);
      request.sources.push_back(std::move(update));
      ASSERT_TRUE(
          (*log)->Append(std::move(request), Durability::kDurable).ok());
    }
    CursorCommit commit;
    commit.cursor = "out";
    commit.completed = {{1, 8, Completion::kDelivered},
                        {9, 10, Completion::kDeadLettered}};
    for (int i = 0; i < 2; ++i) {
      storage::v1::DeadLetter letter;
      letter.set_component("out");
      letter.set_reason("too_large");
      commit.dead_letters.push_back(letter);
    }
    ASSERT_TRUE((*log)->Commit(std::move(commit)).ok());
    ASSERT_TRUE((*log)->Flush(Durability::kDurable).ok());
  }

  // Enough to make RocksDB write table files, and not to be packed away.
  void MakeLargeLog(const std::string& pipeline) {
    std::mt19937 random(7);
    std::string noise(4000, ' ');
    for (char& c : noise) c = static_cast<char>('!' + random() % 90);
    RocksDbLogOptions options;
    options.memtable_bytes = 64 << 10;
    MakeLog(pipeline, options, 50, noise);
    // Opening writes all to table files; without the write-ahead log, which
    // RocksDB deletes when it has time, there is one copy of each event.
    const std::string path = LogPath(pipeline);
    ASSERT_TRUE(RocksDbEventLog::Open(path, options, Clock::Real()).ok());
    for (const auto& [file, bytes] : FilesOf(path)) {
      if (file.ends_with(".log")) std::filesystem::remove(file);
    }
  }

  std::string LogPath(const std::string& pipeline) const {
    return PipelineLogPath(options_.data_dir, pipeline);
  }

  // Table files with many events.
  static std::vector<std::string> Tables(const std::string& path) {
    std::vector<std::string> tables;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.path().extension() == ".sst" && entry.file_size() >= 50'000) {
        tables.push_back(entry.path());
      }
    }
    EXPECT_FALSE(tables.empty());
    return tables;
  }

  static void Damage(const std::string& path, int64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << "damaged";
    EXPECT_TRUE(file.good());
  }

  // Damages events in all of them.
  static void DamageTables(const std::string& path) {
    for (const std::string& table : Tables(path)) {
      Damage(table,
             static_cast<int64_t>(std::filesystem::file_size(table)) / 3);
    }
  }

  using Files = std::map<std::string, std::string>;

  static Files FilesOf(const std::string& path) {
    Files files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files[entry.path()] =
          std::string(std::istreambuf_iterator<char>(file), {});
    }
    return files;
  }

  void ClearOutput() {
    out_.str("");
    err_.str("");
  }

  int Repair() { return RunLogRepair(options_, out_, err_); }
  int Inspect() { return RunLogInspect(options_, out_, err_); }
  int Verify() { return RunLogVerify(options_, out_, err_); }
  boost::json::value Json() { return boost::json::parse(out_.str()); }

  LogCommandOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(LogCommandTest, InspectShowsWhatEveryLogHolds) {
  MakeLog("office");
  MakeLog("lab");
  EXPECT_EQ(Inspect(), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline lab\n"));
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office\n"));
  EXPECT_THAT(out_.str(), HasSubstr("dead letters: 2 of out, too_large\n"));
  EXPECT_THAT(out_.str(), HasSubstr("every event is accounted for"));
}

TEST_F(LogCommandTest, InspectSpeaksJson) {
  MakeLog("office");
  options_.output = OutputFormat::kJson;
  ASSERT_EQ(Inspect(), kExitOk) << err_.str();
  const boost::json::value json = Json();
  EXPECT_EQ(json.at("data_dir").as_string(), options_.data_dir);
  const boost::json::value& log = json.at("pipelines").at(0);
  EXPECT_EQ(log.at("name").as_string(), "office");
  EXPECT_EQ(log.at("sources").at(0).at("received").as_int64(), 30);
  EXPECT_EQ(log.at("sinks").at(0).at("delivered").as_int64(), 8);
  EXPECT_EQ(log.at("sinks").at(0).at("waiting").as_int64(), 20);
  EXPECT_EQ(log.at("dead_letters").at(0).at("count").as_int64(), 2);
}

TEST_F(LogCommandTest, InspectTakesOneOfManyAndLeavesAllAsItWas) {
  MakeLog("office");
  MakeLog("lab");
  options_.pipelines = {"lab"};
  options_.output = OutputFormat::kJson;
  ASSERT_EQ(Inspect(), kExitOk);
  const std::string before = out_.str();
  EXPECT_EQ(Json().at("pipelines").as_array().size(), 1u);
  out_.str("");
  ASSERT_EQ(Inspect(), kExitOk);
  // Apart from the number of syncs, which is of the opening.
  EXPECT_EQ(out_.str(), before);
}

TEST_F(LogCommandTest, VerifyReadsEveryEvent) {
  MakeLog("office");
  EXPECT_EQ(Verify(), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office: good: read "));
  out_.str("");
  options_.output = OutputFormat::kJson;
  options_.show_progress = true;
  EXPECT_EQ(Verify(), kExitOk);
  const boost::json::value json = Json();
  const boost::json::value& log = json.at("pipelines").at(0);
  EXPECT_TRUE(log.at("good").as_bool());
  // The first batch may be gone: its events are done.
  EXPECT_GE(log.at("events").as_int64(), 20);
  EXPECT_THAT(err_.str(), HasSubstr("verifying office: 100 %"));
}

TEST_F(LogCommandTest, DamageIsFoundThenRepairedThenKnown) {
  MakeLargeLog("office");
  DamageTables(LogPath("office"));
  const Files before = FilesOf(LogPath("office"));
  EXPECT_EQ(Verify(), kExitFindings) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office: NOT GOOD: read "));
  EXPECT_THAT(out_.str(), HasSubstr("  lost: events "));
  EXPECT_EQ(FilesOf(LogPath("office")), before);
  options_.output = OutputFormat::kJson;
  ClearOutput();
  EXPECT_EQ(Verify(), kExitFindings);
  EXPECT_FALSE(Json().at("pipelines").at(0).at("losses").as_array().empty());

  ClearOutput();
  EXPECT_EQ(Repair(), kExitFindings) << err_.str();
  const boost::json::value repaired = Json().at("pipelines").at(0);
  const boost::json::value losses = repaired.at("losses");
  EXPECT_FALSE(losses.as_array().empty());
  EXPECT_FALSE(repaired.at("nothing_lost").as_bool());
  EXPECT_GT(repaired.at("lost_events").to_number<uint64_t>(), 0u);
  EXPECT_TRUE(repaired.at("problems").as_array().empty());

  ClearOutput();
  EXPECT_EQ(Verify(), kExitOk) << out_.str();
  const boost::json::value verified = Json().at("pipelines").at(0);
  EXPECT_TRUE(verified.at("losses").as_array().empty());
  EXPECT_EQ(verified.at("known_losses"), losses);

  options_.output = OutputFormat::kText;
  ClearOutput();
  EXPECT_EQ(Repair(), kExitOk);
  EXPECT_EQ(out_.str(), "pipeline office: good: nothing to repair\n");
  ClearOutput();
  EXPECT_EQ(Verify(), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("lost before, accounted for: event"));
  EXPECT_THAT(out_.str(), HasSubstr("lost to damage since the log was made"));
}

TEST_F(LogCommandTest, ADamagedIndexCostsNothing) {
  MakeLargeLog("office");
  for (const std::string& table : Tables(LogPath("office"))) {
    // What the file ends with tells that it is a table file.
    const auto size = static_cast<int64_t>(std::filesystem::file_size(table));
    Damage(table, size - 8);
  }
  const Files before = FilesOf(LogPath("office"));
  EXPECT_EQ(Verify(), kExitFindings) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("  damaged: table file "));
  EXPECT_THAT(out_.str(), Not(HasSubstr("lost")));
  EXPECT_EQ(FilesOf(LogPath("office")), before);
  ClearOutput();
  EXPECT_EQ(Inspect(), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("  damaged: table file "));
  ClearOutput();
  EXPECT_EQ(Repair(), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("good again: nothing is lost"));
  EXPECT_THAT(out_.str(), HasSubstr("  repaired: log "));
  ClearOutput();
  EXPECT_EQ(Verify(), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("good: read "));
}

TEST_F(LogCommandTest, RepairNeedsTheProcessToBeStopped) {
  MakeLog("office");
  auto directory = DataDirectory::Open(options_.data_dir);
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(Repair(), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr("used by another process"));
  EXPECT_THAT(err_.str(), HasSubstr("stop that process first"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(LogCommandTest, ALogInUseIsLookedAt) {
  MakeLog("office");
  auto directory = DataDirectory::Open(options_.data_dir);
  ASSERT_TRUE(directory.ok());
  {
    const auto log =
        RocksDbEventLog::Open(LogPath("office"), {}, Clock::Real());
    ASSERT_TRUE(log.ok()) << log.status();
    EXPECT_EQ(Inspect(), kExitOk) << err_.str();
    EXPECT_THAT(out_.str(), HasSubstr("every event is accounted for"));
    EXPECT_THAT(out_.str(), HasSubstr("  in use: "));
  }
  const auto log = RocksDbEventLog::Open(LogPath("office"), {}, Clock::Real());
  ASSERT_TRUE(log.ok()) << log.status();
  ClearOutput();
  EXPECT_EQ(Verify(), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office: good: read "));
  EXPECT_THAT(out_.str(), HasSubstr("  in use: "));
}

TEST_F(LogCommandTest, ExportWritesEventsAsLines) {
  MakeLog("office");
  LogExportOptions options;
  options.wanted.data_dir = options_.data_dir;
  options.wanted.pipeline = "office";
  options.wanted.from = 12;
  options.wanted.to = 21;
  EXPECT_EQ(RunLogExport(options, out_, err_), kExitOk) << err_.str();
  const std::vector<std::string> lines =
      absl::StrSplit(out_.str(), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_EQ(boost::json::parse(lines.front()).at("id").as_string(), "1-1");
  EXPECT_EQ(boost::json::parse(lines.back()).at("id").as_string(), "2-0");
  EXPECT_EQ(boost::json::parse(lines.back()).at("specversion").as_string(),
            "1.0");
  EXPECT_EQ(err_.str(), "");

  options.out = options_.data_dir + "/exported.jsonl";
  EXPECT_EQ(RunLogExport(options, out_, err_), kExitOk) << err_.str();
  EXPECT_EQ(FilesOf(options_.data_dir)[options.out],
            absl::StrJoin(lines, "\n") + "\n");
  EXPECT_EQ(
      std::filesystem::status(options.out).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(RunLogExport(options, out_, err_), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("File exists"));
}

TEST_F(LogCommandTest, ExportLeavesOutWhatIsLostAndSaysSo) {
  MakeLargeLog("office");
  DamageTables(LogPath("office"));
  options_.output = OutputFormat::kJson;
  EXPECT_EQ(Verify(), kExitFindings);
  const boost::json::value verified = Json().at("pipelines").at(0);
  ClearOutput();
  LogExportOptions options;
  options.wanted.data_dir = options_.data_dir;
  options.wanted.pipeline = "office";
  EXPECT_EQ(RunLogExport(options, out_, err_), kExitFindings);
  const std::vector<std::string> lines =
      absl::StrSplit(out_.str(), '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), verified.at("events").to_number<uint64_t>());
  const auto& loss = verified.at("losses").at(0);
  EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat(
                              "lost to damage: events ",
                              loss.at("first").to_number<uint64_t>(), " to ",
                              loss.at("last").to_number<uint64_t>(), "\n")));
}

TEST_F(LogCommandTest, SaysWhenThereIsNoLog) {
  EXPECT_EQ(Inspect(), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr("is no data directory"));
  EXPECT_FALSE(std::filesystem::exists(options_.data_dir));
  MakeLog("office");
  err_.str("");
  options_.pipelines = {"garden"};
  EXPECT_EQ(Verify(), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr("no log of a pipeline \"garden\""));
}

}  // namespace
}  // namespace sluice
