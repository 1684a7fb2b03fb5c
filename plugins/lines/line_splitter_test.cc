#include "plugins/lines/line_splitter.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Lines as they are, long ones as "long:<bytes>:<beginning>", blank ones as
// "(blank)".
class KeptLines final : public LineHandler {
 public:
  void OnLine(std::string_view line, size_t readable_behind) override {
    lines.emplace_back(line);
    // Whoever says that bytes may be read must be right: a sanitizer looks.
    for (size_t i = 0; i < readable_behind && i < 64; ++i) {
      sum = sum + static_cast<unsigned char>(line.data()[line.size() + i]);
    }
  }
  void OnLongLine(std::string_view beginning, uint64_t bytes) override {
    lines.push_back("long:" + std::to_string(bytes) + ":" +
                    std::string(beginning.substr(0, 3)));
    longest_kept = std::max(longest_kept, beginning.size());
  }
  void OnBlankLine() override { lines.push_back("(blank)"); }

  std::vector<std::string> lines;
  size_t longest_kept = 0;
  volatile unsigned sum = 0;
};

// All of `stream` in pieces of `step` bytes, then its end.
std::vector<std::string> Split(std::string_view stream, size_t step,
                               size_t max_line_bytes = 100) {
  LineSplitter splitter(max_line_bytes);
  KeptLines kept;
  for (size_t at = 0; at < stream.size(); at += step) {
    // A copy of its own, so that nothing else lies behind it.
    const std::string piece(stream.substr(at, step));
    splitter.Feed(piece, /*readable_behind=*/0, &kept);
  }
  splitter.End(&kept);
  EXPECT_LE(kept.longest_kept, LineSplitter::kKeptBytes);
  return kept.lines;
}

TEST(LineSplitterTest, CutsAtLineFeedsHoweverTheBytesCome) {
  const std::string stream =
      "\xEF\xBB\xBF{\"a\":1}\n{\"b\":2}\r\n\n \t\r\n{\"c\":\"x\ry\"}\nlast";
  for (size_t step = 1; step <= stream.size(); ++step) {
    EXPECT_THAT(Split(stream, step),
                ElementsAre("{\"a\":1}", "{\"b\":2}", "(blank)", "(blank)",
                            "{\"c\":\"x\ry\"}", "last"))
        << step;
  }
}

TEST(LineSplitterTest, AByteOrderMarkBelongsToTheBeginningOnly) {
  EXPECT_THAT(Split("a\n\xEF\xBB\xBF"
                    "b\n",
                    100),
              ElementsAre("a",
                          "\xEF\xBB\xBF"
                          "b"));
  EXPECT_THAT(Split("\xEF\xBB\xBF\nb", 1), ElementsAre("(blank)", "b"));
  EXPECT_THAT(Split("\xEF\xBB", 1), ElementsAre("\xEF\xBB"));
}

TEST(LineSplitterTest, TheEndOfTheStreamEndsALine) {
  EXPECT_THAT(Split("", 1), IsEmpty());
  EXPECT_THAT(Split("a\n", 1), ElementsAre("a"));
  EXPECT_THAT(Split("a\nb\r", 1), ElementsAre("a", "b"));
}

TEST(LineSplitterTest, SkipsALongLineUpToItsEnd) {
  const std::string long_line = "abc" + std::string(9'997, 'x');
  const std::string stream = "a\n" + long_line + "\nb\n";
  for (const size_t step : {1, 7, 101, 4096, 20'000}) {
    EXPECT_THAT(Split(stream, step), ElementsAre("a", "long:10000:abc", "b"))
        << step;
  }
  EXPECT_THAT(Split(long_line, 50), ElementsAre("long:10000:abc"));
}

TEST(LineSplitterTest, TheBoundIsWithoutLineEnd) {
  const std::string fits(100, 'x');
  for (const size_t step : {1, 60, 1000}) {
    EXPECT_THAT(Split(fits + "\r\n" + fits + "\n" + fits, step),
                ElementsAre(fits, fits, fits))
        << step;
    EXPECT_THAT(Split(fits + "y\n", step), ElementsAre("long:101:xxx")) << step;
    EXPECT_THAT(Split("\xEF\xBB\xBF" + fits + "\r\n", step), ElementsAre(fits))
        << step;
  }
}

TEST(LineSplitterTest, ReadsOnBehindALineInTheSameBytes) {
  LineSplitter splitter(100);
  KeptLines kept;
  std::string buffer = "one\ntwo\nthr";
  splitter.Feed(std::string_view(buffer).substr(0, 11), 0, &kept);
  EXPECT_THAT(kept.lines, ElementsAre("one", "two"));
  // The part is kept, though its bytes change.
  buffer.assign("XXXXXXXXXXX");
  splitter.Feed("ee\nfour\n", 0, &kept);
  EXPECT_THAT(kept.lines, ElementsAre("one", "two", "three", "four"));
}

}  // namespace
}  // namespace sluice::lines
