#include "tools/sluice/log_command.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
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

TEST_F(LogCommandTest, VerifyFindsDamage) {
  // Enough to make RocksDB write files, and not to be compressed away.
  std::mt19937 random(7);
  std::string noise(4000, ' ');
  for (char& c : noise) c = static_cast<char>('!' + random() % 90);
  RocksDbLogOptions options;
  options.memtable_bytes = 64 << 10;
  MakeLog("office", options, 50, noise);
  const std::string path = PipelineLogPath(options_.data_dir, "office");
  int damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const auto size = static_cast<int64_t>(entry.file_size());
    if (entry.path().extension() != ".sst" || size < 50'000) continue;
    std::fstream file(entry.path(),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(size / 3);
    file << "damaged";
    ++damaged;
  }
  ASSERT_GT(damaged, 0);
  EXPECT_EQ(Verify(), kExitFindings) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office: NOT GOOD: read "));
  EXPECT_THAT(out_.str(), HasSubstr("  missing: events "));
  EXPECT_THAT(out_.str(), HasSubstr("lost to damage"));
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

TEST_F(LogCommandTest, SaysWhenTheDirectoryIsInUse) {
  MakeLog("office");
  auto directory = DataDirectory::Open(options_.data_dir);
  ASSERT_TRUE(directory.ok());
  EXPECT_EQ(Inspect(), kExitDataDir);
  EXPECT_THAT(err_.str(), HasSubstr("used by another process"));
  EXPECT_EQ(out_.str(), "");
}

}  // namespace
}  // namespace sluice
