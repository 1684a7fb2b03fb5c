#include "plugins/inthing/capture.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

TEST(CapturedTextTest, KeepsPiecesThatEndAnywhere) {
  CapturedText text;
  for (const char* piece : {"a", "b\nc", "\n", "d"}) text.Add(piece);
  EXPECT_EQ(text.Text(), "ab\nc\nd");
  EXPECT_FALSE(text.was_cut());
}

TEST(CapturedTextTest, KeepsWholeLinesUntilOneDoesNotFit) {
  CapturedText text;
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 70; ++i) text.Add(line);
  text.Add("short\n");
  EXPECT_TRUE(text.was_cut());
  EXPECT_EQ(text.Text().size(), 65'000);
}

TEST(CapturedTextTest, CountsCharactersAndNotBytes) {
  CapturedText text;
  std::string line;
  for (size_t i = 0; i < kMaxCapture; ++i) line += "\xC3\xA9";
  text.Add(line);
  EXPECT_EQ(text.Text(), line);
  text.Add("x");
  EXPECT_EQ(text.Text(), "");
}

TEST(CapturedTextTest, HoldsNoMoreThanALineThatIsTooLong) {
  CapturedText text;
  text.Add("first\n");
  for (int i = 0; i < 100; ++i) text.Add(std::string(10'000, 'x'));
  EXPECT_TRUE(text.was_cut());
  EXPECT_EQ(text.Text(), "first\n");
}

TEST(CapturedTextTest, ReplacesWhatIsNotUtf8) {
  CapturedText text;
  text.Add(
      "a\xFF"
      "b\xC3\n");
  EXPECT_EQ(text.Text(),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\n");
}

TEST(OutputCaptureTest, KeepsWhatGoesThroughAndLetsGoAtItsEnd) {
  std::ostringstream stream;
  OutputCapture capture(stream);
  stream << "one " << 2 << "\n" << std::flush;
  EXPECT_EQ(capture.Finish(), "one 2\n");
  stream << "later";
  EXPECT_EQ(capture.Finish(), "one 2\n");
  EXPECT_EQ(stream.str(), "one 2\nlater");
}

TEST(CaptureCommandTest, KeepsWhatACommandPrints) {
  std::string echoed;
  const auto output =
      CaptureCommand({"sh", "-c", "echo out; echo err >&2; exit 3"},
                     /*with_stderr=*/true,
                     [&](std::string_view piece) { echoed.append(piece); });
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->text, "out\nerr\n");
  EXPECT_EQ(echoed, output->text);
  EXPECT_EQ(output->exit_code, 3);
}

TEST(CaptureCommandTest, TellsOfASignal) {
  const auto output =
      CaptureCommand({"sh", "-c", "kill -9 $$"}, false, nullptr);
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(output->exit_code, 137);
}

TEST(CaptureCommandTest, SaysThatThereIsNoSuchProgram) {
  const auto error = [](std::vector<std::string> command) {
    return CaptureCommand(command, false, nullptr).status();
  };
  EXPECT_EQ(error({"sluice-has-no-such-program"}).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorClassOf(error({})), v1::Error::CONFIG);
}

}  // namespace
}  // namespace sluice::inthing
