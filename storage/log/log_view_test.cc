#include "storage/log/log_view.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

void Append(RocksDbEventLog& log, int events) {
  static auto* const random = new std::mt19937(3);
  EventBatchBuilder builder;
  for (int i = 0; i < events; ++i) {
    EventFields fields;
    // Does not pack.
    std::string data(2000, ' ');
    for (char& c : data) c = static_cast<char>((*random)());
    fields.data = data;
    builder.Add(fields);
  }
  AppendRequest request;
  request.batches.push_back(builder.Build());
  const auto appended = log.Append(request, Durability::kDurable);
  ASSERT_TRUE(appended.ok()) << appended.status();
}

std::unique_ptr<RocksDbEventLog> OpenLog(const std::string& path) {
  RocksDbLogOptions options;
  // Files come and go all the time.
  options.memtable_bytes = 128 << 10;
  auto log = RocksDbEventLog::Open(path, options, Clock::Real());
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? *std::move(log) : nullptr;
}

// A process that appends to a log until this goes.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    child_ = ::fork();
    if (child_ == 0) Run(path, ready[1]);
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "the writer did not begin";
    ::close(ready[0]);
  }
  ~Writer() {
    ::kill(child_, SIGKILL);
    int status = 0;
    ::waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  }

 private:
  [[noreturn]] static void Run(const std::string& path, int ready) {
    const auto log = OpenLog(path);
    if (log == nullptr || !log->OpenCursor("out", true).ok()) ::_exit(1);
    for (uint64_t i = 0; !testing::Test::HasFailure(); ++i) {
      Append(*log, 5);
      const Sequence next = log->stats().next_sequence;
      if (next > 100) {
        // So that files are deleted, too.
        const auto committed =
            log->Commit({"out", {{1, next - 100, Completion::kDelivered}}, {}});
        if (!committed.ok()) break;
      }
      if (i == 50 && ::write(ready, "x", 1) != 1) break;
    }
    ::_exit(1);
  }

  pid_t child_ = -1;
};

using Files = std::map<std::string, std::string>;

Files FilesOf(const std::string& path) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path()] = std::string(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

class LogViewTest : public testing::Test {
 protected:
  LogViewTest() {
    path_ = absl::StrCat(
        testing::TempDir(), "/",
        testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(path_);
    fs::create_directories(temporary_);
    ::setenv("TMPDIR", temporary_.c_str(), 1);
  }

  std::unique_ptr<LogView> Look() {
    auto view = LogView::Open(path_, Clock::Real());
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *std::move(view) : nullptr;
  }

  // The oldest table file of at least `bytes`: the write-ahead log has the
  // rest.
  std::string TableFile(uintmax_t bytes) const {
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(path_)) {
      if (entry.path().extension() == ".sst" && entry.file_size() >= bytes) {
        files.insert(entry.path());
      }
    }
    EXPECT_GT(files.size(), 3u);
    return files.empty() ? "" : *files.begin();
  }

  std::string path_;
  const std::string temporary_ = testing::TempDir() + "/temporary";
};

TEST_F(LogViewTest, ALogThatAProcessWritesIsSoundAtEveryLook) {
  const Writer writer(path_);
  Sequence last = 0;
  int moved = 0;
  for (int i = 0; i < 40; ++i) {
    const std::unique_ptr<LogView> view = Look();
    ASSERT_NE(view, nullptr);
    EXPECT_TRUE(view->in_use());
    EXPECT_TRUE(view->findings().empty()) << view->findings()[0];
    const auto check = view->Check();
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_TRUE(check->problems.empty()) << check->problems[0];
    EXPECT_TRUE(check->newly_lost.empty());
    EXPECT_GE(check->state.next_sequence(), last);
    moved += check->state.next_sequence() > last ? 1 : 0;
    last = check->state.next_sequence();
  }
  EXPECT_GT(moved, 1) << "the writer did nothing";
}

TEST_F(LogViewTest, ADamagedLogIsSeenAsItWillBeAndStaysAsItIs) {
  {
    const auto log = OpenLog(path_);
    for (int i = 0; i < 100; ++i) Append(*log, 5);
  }
  const std::string table = TableFile(50'000);
  fs::resize_file(table, fs::file_size(table) / 2);
  const Files before = FilesOf(path_);
  Sequence lost = 0;
  {
    const std::unique_ptr<LogView> view = Look();
    ASSERT_NE(view, nullptr);
    EXPECT_FALSE(view->in_use());
    ASSERT_FALSE(view->findings().empty());
    EXPECT_NE(view->findings()[0].what.find("and should have"),
              std::string::npos);
    const auto check = view->Check();
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_TRUE(check->problems.empty()) << check->problems[0];
    for (const auto& [first, last] : check->newly_lost) {
      lost += last - first + 1;
    }
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(check->events + lost, 500u);
  }
  EXPECT_EQ(FilesOf(path_), before);
  EXPECT_TRUE(fs::is_empty(temporary_)) << "something was left behind";
  // What comes of it is what was seen.
  EXPECT_EQ(OpenLog(path_)->stats().corrupt_events, lost);
}

TEST_F(LogViewTest, AWholeLogIsNotTouched) {
  {
    const auto log = OpenLog(path_);
    for (int i = 0; i < 10; ++i) Append(*log, 5);
  }
  const Files before = FilesOf(path_);
  {
    const std::unique_ptr<LogView> view = Look();
    ASSERT_NE(view, nullptr);
    EXPECT_EQ(view->Check()->events, 50u);
    EXPECT_EQ(view->log().Read(1, 1 << 20)->size(), 10u);
    EXPECT_FALSE(view->log().OpenCursor("new", true).ok());
  }
  EXPECT_EQ(FilesOf(path_), before);
}

TEST_F(LogViewTest, SaysWhenThereIsNoLog) {
  EXPECT_TRUE(absl::IsNotFound(LogView::Open(path_, Clock::Real()).status()));
  fs::create_directories(path_);
  EXPECT_TRUE(absl::IsNotFound(LogView::Open(path_, Clock::Real()).status()));
  EXPECT_TRUE(fs::is_empty(path_));
}

}  // namespace
}  // namespace sluice
