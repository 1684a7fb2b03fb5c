#include "tests/fault/file_oracle.h"

#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::fault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Event `number` of two devices that take turns.
std::string Line(int number, std::string_view data = "{\"v\":1.50}") {
  return absl::StrCat(R"({"specversion":"1.0","id":")", number,
                      R"(","source":"//p","type":"t","subject":"device-)",
                      number % 2, R"(","time":"2024-05-16T08:15:18Z","data":)",
                      std::string(data),
                      R"(,"ingesttime":"2024-05-16T08:15:18.4Z"})");
}

std::optional<ExpectedEvent> Expect(const WrittenEvent& event) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(event.id, &number)) return std::nullopt;
  return ExpectedEvent{.number = number,
                       .subject = absl::StrCat("device-", number % 2),
                       .data = "{\"v\":1.50}"};
}

TEST(FileOracleTest, FindsNothingWrongWithARepeat) {
  const FileVerdict verdict =
      JudgeFile({Line(0), Line(1), Line(0), Line(2)}, 3, Expect);
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.lines, 4u);
  EXPECT_EQ(verdict.repeated, 1u);
  EXPECT_EQ(verdict.missing, 0u);
}

TEST(FileOracleTest, FindsAMissingEvent) {
  const FileVerdict verdict = JudgeFile({Line(0), Line(2)}, 3, Expect);
  EXPECT_EQ(verdict.missing, 1u);
  EXPECT_THAT(verdict.faults, ElementsAre("event 1 is missing"));
}

TEST(FileOracleTest, OrdersTheEventsOfEachDevice) {
  EXPECT_THAT(JudgeFile({Line(1), Line(0)}, 2, Expect).faults, IsEmpty());
  EXPECT_THAT(JudgeFile({Line(2), Line(1), Line(0)}, 3, Expect).faults,
              ElementsAre(HasSubstr("event 0 of device-0 came after event 2")));
  const FileVerdict any =
      JudgeFile({Line(2), Line(1), Line(0)}, 3, Expect, FileOrder::kAny);
  EXPECT_THAT(any.faults, IsEmpty());
  EXPECT_EQ(any.misplaced, 1u);
}

TEST(FileOracleTest, ComparesContentsByteForByte) {
  EXPECT_THAT(JudgeFile({Line(0, "{\"v\":1.5}")}, 1, Expect).faults,
              ElementsAre(HasSubstr("but was device-0 {\"v\":1.50}")));
}

TEST(FileOracleTest, FindsWhatNobodyPublished) {
  EXPECT_THAT(JudgeFile({Line(0), Line(7)}, 1, Expect).faults,
              ElementsAre(HasSubstr("never published")));
  EXPECT_THAT(JudgeFile({Line(0), "{\"id\":"}, 1, Expect).faults,
              ElementsAre(HasSubstr("line 2: no event")));
}

TEST(FileOracleTest, LeavesLabelsOutOfTheData) {
  const std::string line =
      R"({"id":"1","subject":"s","time":"t","data":{"a":1},"labels":{"k":"v"},)"
      R"("ingesttime":"t"})";
  EXPECT_EQ(ParseWrittenEvent(line)->data, "{\"a\":1}");
}

TEST(FileOracleTest, ReadsRotatedFilesInOrder) {
  const std::string path = absl::StrCat(testing::TempDir(), "/rotated.jsonl");
  EXPECT_EQ(WrittenMark(path), 0u);
  std::ofstream(absl::StrCat(path, ".2")) << "a\nb\n";
  std::ofstream(absl::StrCat(path, ".1")) << "c\n";
  std::ofstream(path) << "d\n";
  EXPECT_THAT(ReadWrittenLines(path), ElementsAre("a", "b", "c", "d"));
  const uint64_t mark = WrittenMark(path);
  std::ofstream(path, std::ios::app) << "e\n";
  EXPECT_NE(WrittenMark(path), mark);
}

}  // namespace
}  // namespace sluice::fault
