#include "tools/sandbox/request_journal.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = JournalEntry::Kind;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class RequestJournalTest : public ::testing::Test {
 protected:
  RequestJournalTest() {
    options_.folder = absl::StrCat(
        ::testing::TempDir(), "/request-journal-",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(options_.folder);
  }

  std::string Path() const { return options_.folder + "/it.journal"; }
  absl::Status TryOpen(absl::Time now = kNow) {
    journal_.reset();
    auto journal = RequestJournal::Open(options_, "it", now);
    if (!journal.ok()) return journal.status();
    journal_ = *std::move(journal);
    return absl::OkStatus();
  }
  void Open(absl::Time now = kNow) {
    const absl::Status status = TryOpen(now);
    ASSERT_TRUE(status.ok()) << status;
  }
  absl::StatusOr<RequestJournal::Place> Append(const std::string& body) {
    return journal_->Append(
        {Kind::kRequest, kNow, MakeRequest("POST", "/", {}, body)});
  }
  std::vector<std::string> Bodies() {
    std::vector<std::string> bodies;
    const absl::Status read = journal_->ReadAll([&](const JournalEntry& entry) {
      bodies.push_back(entry.request.body);
    });
    EXPECT_TRUE(read.ok()) << read;
    return bodies;
  }

  JournalOptions options_;
  std::unique_ptr<RequestJournal> journal_;
};

TEST_F(RequestJournalTest, KeepsWhenItAllBegan) {
  Open();
  EXPECT_EQ(journal_->started(), kNow);
  EXPECT_THAT(Bodies(), IsEmpty());
  Open(kNow + absl::Hours(1));
  EXPECT_EQ(journal_->started(), kNow);
}

TEST_F(RequestJournalTest, KeepsWhatIsNoText) {
  const JournalEntry entry{
      Kind::kControl, kNow,
      MakeRequest("POST", "/\xff/?b=\xfe", {{"X", "y"}, {"Z", "\xff,"}},
                  std::string("\xff\0\n", 3))};
  const auto kept = ParseJournalLine(JournalLine(entry));
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->kind, Kind::kControl);
  EXPECT_EQ(kept->time, kNow);
  EXPECT_EQ(kept->request.body, entry.request.body);
  EXPECT_EQ(kept->request.path, "/%FF/");
  EXPECT_EQ(kept->request.query, "b=%FE");
  EXPECT_EQ(kept->request.headers, entry.request.headers);
}

TEST_F(RequestJournalTest, TakesALineWithoutAKindForARequest) {
  const auto entry = ParseJournalLine(
      R"({"unix_nanos":5,"method":"POST","target":"/","headers":[],"body":""})");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->kind, Kind::kRequest);
}

TEST_F(RequestJournalTest, RefusesLinesThatAreNone) {
  for (const char* line :
       {"", "1", "{}", R"({"unix_nanos":1})",
        R"({"unix_nanos":1,"kind":"other"})",
        R"({"unix_nanos":1,"kind":5,"method":"GET","target":"/","body":""})",
        R"({"unix_nanos":1,"method":"GET","target":"/","headers":[]})",
        R"({"unix_nanos":1,"method":"GET","target":"/","headers":[["a"]],)"
        R"("body":""})",
        R"({"unix_nanos":1,"method":"GET","target":"/","headers":)"
        R"([["a","b","hex"]],"body":""})",
        R"({"unix_nanos":1,"method":"GET","target":"/","headers":[],)"
        R"("body_base64":"?"})"}) {
    EXPECT_FALSE(ParseJournalLine(line).has_value()) << line;
  }
}

TEST_F(RequestJournalTest, ReadsLinesOfAnyLengthInOrder) {
  Open();
  std::vector<std::string> bodies;
  // Less and more than is read at once.
  for (const size_t size : {0, 100'000, 200'000, 1'000'000, 1, 262'144}) {
    bodies.emplace_back(size, static_cast<char>('a' + bodies.size()));
    ASSERT_TRUE(Append(bodies.back()).ok());
  }
  EXPECT_EQ(Bodies(), bodies);
  Open();
  EXPECT_EQ(Bodies(), bodies);
}

TEST_F(RequestJournalTest, CutsOffALineThatWasBeingWritten) {
  Open();
  ASSERT_TRUE(Append("a").ok());
  ASSERT_TRUE(Append("b").ok());
  std::filesystem::resize_file(Path(), std::filesystem::file_size(Path()) - 5);
  Open();
  ASSERT_TRUE(Append("c").ok());
  Open();
  EXPECT_THAT(Bodies(), ElementsAre("a", "c"));
}

TEST_F(RequestJournalTest, BeginsAnewWhenNothingIsWhole) {
  Open();
  std::filesystem::resize_file(Path(), 5);
  Open(kNow + absl::Hours(1));
  EXPECT_EQ(journal_->started(), kNow + absl::Hours(1));
}

TEST_F(RequestJournalTest, SaysWhichLineIsNone) {
  Open();
  std::ofstream(Path(), std::ios::app) << "{\"unix_nanos\":1}\n";
  const absl::Status status = TryOpen();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("line 2"));
}

TEST_F(RequestJournalTest, TakesBackTheLastEntryOnly) {
  Open();
  const auto first = Append("a");
  const auto second = Append("b");
  ASSERT_TRUE(first.ok() && second.ok());
  journal_->TakeBack(*first);
  EXPECT_THAT(Bodies(), ElementsAre("a", "b"));
  journal_->TakeBack(*second);
  EXPECT_THAT(Bodies(), ElementsAre("a"));
  ASSERT_TRUE(Append("c").ok());
  Open();
  EXPECT_THAT(Bodies(), ElementsAre("a", "c"));
}

TEST_F(RequestJournalTest, RefusesWhatDoesNotFit) {
  options_.max_bytes = 400;
  Open();
  ASSERT_TRUE(Append("a").ok());
  const absl::Status full = Append(std::string(400, 'x')).status();
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_THAT(std::string(full.message()), HasSubstr(Path()));
  EXPECT_THAT(std::string(full.message()), HasSubstr("400 bytes"));
  ASSERT_TRUE(Append("b").ok());
  EXPECT_LE(std::filesystem::file_size(Path()), 400u);
  // With more room it goes on from there.
  options_.max_bytes = 4000;
  Open();
  EXPECT_TRUE(Append(std::string(400, 'x')).ok());
  EXPECT_EQ(Bodies().size(), 3u);
}

TEST_F(RequestJournalTest, LeavesNoHalfLineWhenTheDiskIsFull) {
  Open();
  ASSERT_TRUE(Append("a").ok());
  const auto size = std::filesystem::file_size(Path());
  // The system takes ten bytes more and then no others.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit full = before;
  full.rlim_cur = size + 10;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const absl::Status status = Append("b").status();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(Path()));
  EXPECT_EQ(std::filesystem::file_size(Path()), size);
  ASSERT_TRUE(Append("c").ok());
  Open();
  EXPECT_THAT(Bodies(), ElementsAre("a", "c"));
}

TEST_F(RequestJournalTest, ServesOneProcessAtATime) {
  Open();
  const auto second = RequestJournal::Open(options_, "it", kNow);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(Path()));
}

TEST_F(RequestJournalTest, RefusesAFolderThatIsNone) {
  Open();
  options_.folder = Path() + "/x";
  EXPECT_TRUE(absl::IsUnavailable(TryOpen()));
}

TEST_F(RequestJournalTest, OnlyItsOwnerCanReadIt) {
  Open();
  EXPECT_EQ(
      std::filesystem::status(Path()).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace sluice::sandbox
