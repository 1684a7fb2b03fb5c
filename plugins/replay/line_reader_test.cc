#include "plugins/replay/line_reader.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::replay {
namespace {

class LineReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/lines_" +
            testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path_);
  }

  void Append(const std::string& text) {
    std::ofstream(path_, std::ios::binary | std::ios::app) << text;
  }
  std::unique_ptr<LineReader> Open(size_t max_line_bytes = 1 << 20) {
    auto reader = LineReader::Open(path_, max_line_bytes);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  // All lines as "offset:text", cut ones with "~" at the end.
  static std::vector<std::string> ReadAll(LineReader& reader,
                                          bool end_is_line_end = true) {
    std::vector<std::string> lines;
    Line line;
    while (*reader.Next(end_is_line_end, &line)) {
      lines.push_back(std::to_string(line.offset) + ":" +
                      std::string(line.text) + (line.is_cut ? "~" : ""));
    }
    return lines;
  }

  std::string path_;
};

using Lines = std::vector<std::string>;

TEST_F(LineReaderTest, GivesEachLineWithItsOffset) {
  Append("one\n\ntwo\r\nthree");
  auto reader = Open();
  EXPECT_EQ(ReadAll(*reader), (Lines{"0:one", "4:", "5:two", "10:three"}));
  EXPECT_EQ(reader->offset(), 15);
}

TEST_F(LineReaderTest, ALineWithoutEndWaitsForIt) {
  Append("one\ntw");
  auto reader = Open();
  EXPECT_EQ(ReadAll(*reader, false), Lines{"0:one"});
  EXPECT_EQ(reader->offset(), 4);
  Append("o\nth");
  EXPECT_EQ(ReadAll(*reader, false), Lines{"4:two"});
  EXPECT_EQ(ReadAll(*reader, true), Lines{"8:th"});
}

TEST_F(LineReaderTest, GoesToAnOffset) {
  Append("one\ntwo\nthree\n");
  auto reader = Open();
  EXPECT_EQ(ReadAll(*reader).size(), 3);
  reader->Seek(4);
  EXPECT_EQ(ReadAll(*reader), (Lines{"4:two", "8:three"}));
}

TEST_F(LineReaderTest, CutsLinesOverTheBoundAndGoesOnBehindThem) {
  Append("12345678\n123456789\nshort\n" + std::string(1'000'000, 'x') +
         "\nend\n" + std::string(1'000'000, 'y'));
  auto reader = Open(8);
  EXPECT_EQ(ReadAll(*reader),
            (Lines{"0:12345678", "9:12345678~", "19:short", "25:xxxxxxxx~",
                   "1000026:end", "1000030:yyyyyyyy~"}));
}

TEST_F(LineReaderTest, AnUnendedLongLineIsReadInTheEnd) {
  Append(std::string(600'000, 'x'));
  auto reader = Open(1000);
  EXPECT_TRUE(ReadAll(*reader, false).empty());
  Append("x\nnext\n");
  EXPECT_EQ(ReadAll(*reader, false),
            (Lines{"0:" + std::string(1000, 'x') + "~", "600002:next"}));
}

TEST_F(LineReaderTest, ReadsManyLinesAcrossItsBuffers) {
  std::string text;
  Lines expected;
  for (int i = 0; i < 50'000; ++i) {
    expected.push_back(std::to_string(text.size()) + ":line " +
                       std::to_string(i));
    text += "line " + std::to_string(i) + "\n";
  }
  Append(text);
  EXPECT_EQ(ReadAll(*Open()), expected);
}

TEST_F(LineReaderTest, NoticesThatTheFileWasReplaced) {
  Append("one\n");
  auto reader = Open();
  EXPECT_FALSE(reader->WasReplaced());
  const uint64_t inode = reader->identity().inode;
  std::filesystem::rename(path_, path_ + ".1");
  EXPECT_TRUE(reader->WasReplaced());
  Append("two\n");
  EXPECT_TRUE(reader->WasReplaced());
  EXPECT_NE(Open()->identity().inode, inode);
  EXPECT_EQ(ReadAll(*reader), Lines{"0:one"});
}

TEST_F(LineReaderTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(LineReader::Open(path_, 100).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(LineReader::Open(testing::TempDir(), 100).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::replay
