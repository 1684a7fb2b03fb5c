// Any one file of a log cut off, with a bit flipped, or gone: the log opens,
// loses only what lay in the damaged bytes, and says what that was.
//
// --seed=N does so with other bytes.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "gtest/gtest.h"
#include "storage/base/clock.h"
#include "storage/event/event_batch.h"
#include "storage/kv/damage.h"
#include "storage/kv/fault_disk.h"
#include "storage/kv/fault_file_system.h"
#include "storage/kv/log_file.h"
#include "storage/kv/rocksdb_store.h"
#include "storage/log/cursor_progress.h"
#include "storage/log/rocksdb_event_log.h"
#include "tests/contract/settable_clock.h"
#include "tests/damage/file_fault.h"

namespace sluice {
namespace {

constexpr char kFolder[] = "/log";
uint32_t g_seed = 1;

std::string RandomBytes(std::mt19937& random, size_t count) {
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// What a log holds.
struct Content {
  std::map<Sequence, std::string> batches;  // Wire form, by first event.
  std::map<Sequence, size_t> sizes;         // Events of each.
  std::vector<std::string> cursors;
  std::vector<std::string> sources;
  std::vector<std::string> dead_letters;
  std::vector<DedupeKey> dedupe_keys;
};

// A log opened on a disk in memory.
class OpenedLog {
 public:
  explicit OpenedLog(FaultDisk* disk, size_t memtable_bytes = 1 << 20)
      : env_(disk) {
    RocksDbLogOptions options;
    options.log.tail_bytes = 0;
    options.memtable_bytes = memtable_bytes;
    options.env = &env_;
    auto log = RocksDbEventLog::Open(kFolder, options, &clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    if (log.ok()) log_ = *std::move(log);
  }

  void Settle() { env_.Settle(); }
  RocksDbEventLog* operator->() const { return log_.get(); }
  explicit operator bool() const { return log_ != nullptr; }

  Content Read() const {
    Content content;
    for (Sequence from = 1;;) {
      const auto batches = log_->Read(from, 1 << 20);
      EXPECT_TRUE(batches.ok()) << batches.status();
      if (!batches.ok() || batches->empty()) break;
      for (const LogBatch& batch : *batches) {
        from = batch.first_sequence + batch.events->size();
        content.batches[batch.first_sequence] =
            std::string(batch.events->wire());
        content.sizes[batch.first_sequence] = batch.events->size();
      }
    }
    for (const CursorInfo& cursor : log_->Cursors()) {
      content.cursors.push_back(cursor.name + cursor.state.SerializeAsString());
    }
    for (const SourceInfo& source : log_->Sources()) {
      content.sources.push_back(source.name + source.state.SerializeAsString());
    }
    const auto letters = log_->ListDeadLetters(0, 1000);
    EXPECT_TRUE(letters.ok()) << letters.status();
    if (letters.ok()) {
      for (const auto& letter : *letters) {
        content.dead_letters.push_back(letter.SerializeAsString());
      }
    }
    EXPECT_TRUE(log_->ForEachDedupeKey([&](absl::Time, DedupeKey key) {
                      content.dedupe_keys.push_back(key);
                    })
                    .ok());
    return content;
  }

  void ExpectConservation() const {
    for (const CursorInfo& info : log_->Cursors()) {
      EXPECT_EQ(log_->stats().next_sequence - info.state.start_sequence(),
                DoneEvents(info.state.counters()) + info.waiting)
          << info.state.ShortDebugString();
    }
  }

  void Append(std::mt19937& random, int number) {
    AppendRequest request;
    for (size_t i = 0; i < 1 + random() % 3; ++i) {
      EventBatchBuilder builder;
      const size_t events = 1 + random() % 4;
      for (size_t j = 0; j < events; ++j) {
        EventFields fields;
        const std::string data = random() % 4 == 0
                                     ? std::string(random() % 2000, 'x')
                                     : RandomBytes(random, random() % 2000);
        fields.data = data;
        builder.Add(fields);
      }
      request.batches.push_back(builder.Build());
      request.dedupe_keys.push_back({random(), random()});
    }
    request.sources.push_back({"in", absl::StrCat("at ", number), {}});
    if (number % 3 == 0) {
      request.dead_letters.resize(1);
      request.dead_letters[0].set_reason(RandomBytes(random, 0) + "refused");
    }
    const auto appended = log_->Append(request, Durability::kDurable);
    ASSERT_TRUE(appended.ok()) << appended.status();
    if (number % 5 != 0) return;
    const Sequence done = appended->first_sequence;
    ASSERT_TRUE(
        log_->Commit({"fast", {{done, done, Completion::kDelivered}}, {}})
            .ok());
    ASSERT_TRUE(log_->Flush(Durability::kDurable).ok());
  }

 private:
  SettableClock clock_;
  FaultEnv env_;
  std::unique_ptr<RocksDbEventLog> log_;
};

// Writes everything that is in memory to table files.
void Settle(FaultDisk* disk) {
  FaultEnv env(disk);
  RocksDbStoreOptions options;
  options.env = &env;
  auto store = RocksDbStore::Open(kFolder, options);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->FlushMemory().ok());
  env.Settle();
}

// A log with several table files of each table and a write-ahead log.
DiskFiles MakeLog() {
  std::mt19937 random(5);
  FaultDisk disk(0);
  int number = 0;
  for (int round = 0; round < 4; ++round) {
    {
      // In the last round, memory also goes to table files meanwhile, so that
      // the MANIFEST goes on behind what it begins with.
      OpenedLog log(&disk, round < 3 ? 1 << 20 : 24 << 10);
      EXPECT_TRUE(log->OpenCursor("fast", true).ok());
      EXPECT_TRUE(log->OpenCursor("slow", true).ok());
      for (int i = 0; i < 25; ++i) log.Append(random, ++number);
      log.Settle();
    }
    // What the last round writes stays in the write-ahead log.
    if (round < 3) Settle(&disk);
  }
  return FilesOf(disk);
}

class DamagedLogTest : public testing::Test {
 protected:
  DamagedLogTest() {
    FaultDisk disk(0);
    Load(&disk);
    whole_ = OpenedLog(&disk).Read();
  }

  void Load(FaultDisk* disk) const {
    for (const auto& [path, bytes] : files_) disk->SetContent(path, bytes);
  }

  // The events that sentences say are lost.
  static std::set<Sequence> ToldLost(const DamageList& damage) {
    std::set<Sequence> lost;
    for (const Damage& told : damage) {
      if (told.loss != Damage::Loss::kEvents) continue;
      // "3 events of the log, 21 to 23, are lost to damage on disk"
      const std::string& sentence = told.what;
      const std::vector<std::string> words = absl::StrSplit(sentence, ' ');
      Sequence first = 0;
      Sequence last = 0;
      EXPECT_TRUE(absl::SimpleAtoi(words.at(5), &first)) << sentence;
      EXPECT_TRUE(absl::SimpleAtoi(
          words.at(7).substr(0, words.at(7).size() - 1), &last))
          << sentence;
      for (; first <= last; ++first) lost.insert(first);
    }
    return lost;
  }

  void Check(const FileFault& damage) {
    FaultDisk disk(0);
    Load(&disk);
    Inflict(damage, &disk);
    Content content;
    bool repaired = false;
    {
      OpenedLog log(&disk);
      ASSERT_TRUE(log);
      const DamageList told = log->damage();
      repaired = !told.empty();
      for (const Damage& found : told) SCOPED_TRACE(found.ToString());
      content = log.Read();
      CheckEvents(damage, content, log, told);
      CheckTheRest(damage, content, told);
      std::mt19937 random(3);
      log.Append(random, 1);
      log.ExpectConservation();
      content = log.Read();
    }
    OpenedLog again(&disk);
    ASSERT_TRUE(again);
    EXPECT_TRUE(!repaired || again->damage().empty());
    EXPECT_EQ(again.Read().batches, content.batches);
  }

  void CheckEvents(const FileFault& damage, const Content& content,
                   const OpenedLog& log, const DamageList& told) const {
    const std::set<Sequence> may_cost = MayCost(files_, damage);
    std::set<Sequence> lost;
    for (const auto& [first, wire] : whole_.batches) {
      const auto found = content.batches.find(first);
      if (found != content.batches.end()) {
        EXPECT_EQ(found->second, wire) << "event " << first;
        continue;
      }
      for (size_t i = 0; i < whole_.sizes.at(first); ++i) {
        EXPECT_TRUE(may_cost.contains(first + i)) << "event " << first + i;
        // The end of a write-ahead log cannot be told from loss of power.
        if (first + i < log->stats().next_sequence) lost.insert(first + i);
      }
    }
    EXPECT_LE(content.batches.size(), whole_.batches.size());
    EXPECT_EQ(log->stats().corrupt_events, lost.size());
    if (!told.empty()) {
      EXPECT_EQ(ToldLost(told), lost);
    } else if (!lost.empty()) {
      EXPECT_TRUE(absl::EndsWith(damage.path, ".sst"));
    }
    log.ExpectConservation();
    was_harmless_ = lost.empty();
    ++(was_harmless_ ? harmless_ : harmful_);
  }

  // Tables that the damage did not touch are as they were.
  void CheckTheRest(const FileFault& damage, const Content& content,
                    const DamageList& told) const {
    std::string table;
    if (absl::EndsWith(damage.path, ".log")) return;
    if (absl::EndsWith(damage.path, ".sst")) {
      table = FamilyOf(files_.at(damage.path));
    }
    // Damage to the events themselves may be found later, when they are read.
    if (table != "dead_letters" || told.empty()) {
      EXPECT_EQ(content.dead_letters, whole_.dead_letters);
    }
    if (table != "dedupe" || told.empty()) {
      EXPECT_EQ(content.dedupe_keys, whole_.dedupe_keys);
    }
    if (table != "cursors" || told.empty()) {
      EXPECT_EQ(content.sources, whole_.sources);
      EXPECT_EQ(content.cursors.size(), whole_.cursors.size());
      // Losses are counted with the cursors.
      if (was_harmless_) {
        EXPECT_EQ(content.cursors, whole_.cursors);
      }
    }
  }

  void CheckAll(const std::vector<FileFault>& damages) {
    for (const FileFault& damage : damages) {
      SCOPED_TRACE(absl::StrCat(damage.ToString(), ", --seed=", g_seed));
      Check(damage);
      if (HasFatalFailure() || HasFailure()) return;
    }
  }

  // The names of all files that matter to RocksDB or to us.
  std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : files_) {
      if (Matters(path)) paths.push_back(path);
    }
    return paths;
  }

  static const DiskFiles& MadeOnce() {
    static const auto* const files = new DiskFiles(MakeLog());
    return *files;
  }

  std::mt19937 random_{g_seed};
  const DiskFiles& files_ = MadeOnce();
  Content whole_;
  mutable bool was_harmless_ = false;
  mutable int harmless_ = 0;
  mutable int harmful_ = 0;
};

TEST_F(DamagedLogTest, TheLogIsWorthDamaging) {
  std::map<std::string, int> tables;
  int write_logs = 0;
  for (const auto& [path, bytes] : files_) {
    if (absl::EndsWith(path, ".sst")) ++tables[FamilyOf(bytes)];
    if (absl::EndsWith(path, ".log") && bytes.size() > 10'000) ++write_logs;
  }
  EXPECT_GE(tables["events"], 3);
  EXPECT_GE(tables["cursors"], 1);
  EXPECT_GE(tables["dead_letters"], 1);
  EXPECT_GE(tables["dedupe"], 3);
  EXPECT_GE(write_logs, 1);
  EXPECT_GT(whole_.batches.size(), 150u);
  EXPECT_GT(whole_.dead_letters.size(), 20u);
}

TEST_F(DamagedLogTest, ABitFlippedInAnyFile) {
  std::vector<FileFault> damages;
  for (const std::string& path : Paths()) {
    const size_t size = files_.at(path).size();
    std::set<size_t> places;
    for (int i = 0; i < 20 && size > 0; ++i) {
      places.insert(random_() % size);
      // Indexes and the like are at the end.
      places.insert(size - 1 - random_() % std::min<size_t>(size, 1500));
    }
    for (const size_t at : places) {
      damages.push_back({path, FileFault::Kind::kFlip, at, at + 1});
    }
  }
  CheckAll(damages);
  EXPECT_GT(harmful_, 10);
  EXPECT_GT(harmless_, 100);
}

TEST_F(DamagedLogTest, AnyFileCutOff) {
  std::vector<FileFault> damages;
  for (const std::string& path : Paths()) {
    const size_t size = files_.at(path).size();
    if (size == 0) continue;
    std::set<size_t> sizes = {0, size - 1};
    for (int i = 0; i < 8; ++i) sizes.insert(random_() % size);
    // Without its last records the list of files can be read as well.
    if (absl::StrContains(path, "/MANIFEST-")) {
      for (const LogFileRecord& record :
           ParseLogFile(files_.at(path), 1).records) {
        sizes.insert(record.begin);
      }
    }
    for (const size_t at : sizes) {
      damages.push_back({path, FileFault::Kind::kCut, at, size});
    }
  }
  CheckAll(damages);
  EXPECT_GT(harmful_, 10);
  EXPECT_GT(harmless_, 50);
}

TEST_F(DamagedLogTest, AnyFileGone) {
  std::vector<FileFault> damages;
  for (const std::string& path : Paths()) {
    damages.push_back(
        {path, FileFault::Kind::kRemove, 0, files_.at(path).size()});
  }
  CheckAll(damages);
  EXPECT_GE(harmful_, 3);
  EXPECT_GT(harmless_, 5);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // What it logs is checked where it is said.
  FLAGS_minloglevel = google::GLOG_FATAL;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (absl::StartsWith(argument, "--seed=") &&
        absl::SimpleAtoi(argument.substr(7), &sluice::g_seed)) {
      continue;
    }
    fprintf(stderr, "unknown argument %s\n", argv[i]);
    return 2;
  }
  return RUN_ALL_TESTS();
}
