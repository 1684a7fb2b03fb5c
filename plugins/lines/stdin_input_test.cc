// The source on the standard input: a pipe in its place.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/lines/source_testing.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    close(ends_[0]);
    CloseWriter();
  }
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(ends_[1], bytes.data(), bytes.size());
      ASSERT_GT(written, 0);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  int reader() const { return ends_[0]; }

 private:
  int ends_[2] = {-1, -1};
};

LinesSettings Reading(int descriptor) {
  LinesSettings settings;
  settings.input = StdinSettings{.descriptor = descriptor};
  return settings;
}

void AwaitFinished(SourceHome& home) {
  while (!home.finished()) {
  }
}

TEST(StdinInputTest, ReadsToTheEndAndIsFinished) {
  Pipe pipe;
  SourceHome home;
  home.Start(Reading(pipe.reader()));
  EXPECT_EQ(home.health().last().message, "reading the standard input");
  pipe.Write("{\"n\":1}\n");
  home.emitter().AwaitEvents(1);
  EXPECT_FALSE(home.finished());
  pipe.Write("{\"n\":2}\nhello\n{\"n\":3}");
  pipe.CloseWriter();
  AwaitFinished(home);
  EXPECT_THAT(home.emitter().data(),
              ElementsAre("{\"n\":1}", "{\"n\":2}", "{\"n\":3}"));
  EXPECT_EQ(home.emitter().malformed().size(), 1u);
}

TEST(StdinInputTest, IsNotFinishedWhileSomethingWaitsForRoom) {
  Pipe pipe;
  SourceHome home;
  home.Start(Reading(pipe.reader()));
  home.SetFull(true);
  pipe.Write("{\"n\":1}\n");
  pipe.CloseWriter();
  home.emitter().AwaitRefusal();
  EXPECT_FALSE(home.finished());
  home.SetFull(false);
  AwaitFinished(home);
  EXPECT_EQ(home.emitter().events(), 1u);
}

TEST(StdinInputTest, AFullQueueHoldsTheWriterBackAndLosesNothing) {
  Pipe pipe;
  SourceHome home;
  home.Start(Reading(pipe.reader()));
  home.SetFull(true);
  constexpr size_t kLines = 300'000;
  std::thread writer([&] {
    pipe.Write(NumberedLines(kLines));
    pipe.CloseWriter();
  });
  home.emitter().AwaitRefusal();
  home.SetFull(false);
  home.emitter().AwaitEvents(kLines);
  writer.join();
  AwaitFinished(home);
  const auto data = home.emitter().data();
  for (size_t i = 0; i < kLines; ++i) {
    ASSERT_EQ(data[i], absl::StrCat("{\"n\":", i, "}"));
  }
}

TEST(StdinInputTest, StopsWhileItWaitsForBytes) {
  Pipe pipe;
  SourceHome home;
  home.Start(Reading(pipe.reader()));
  pipe.Write("{\"n\":1}\n{\"half");
  home.emitter().AwaitEvents(1);
  home.Stop();
  EXPECT_EQ(home.emitter().malformed().size(), 0u)
      << "the stop is not the end of the line";
}

TEST(StdinInputTest, StopsWhileItWaitsForRoom) {
  Pipe pipe;
  SourceHome home;
  home.Start(Reading(pipe.reader()));
  home.SetFull(true);
  pipe.Write(NumberedLines(4'000));
  home.emitter().AwaitRefusal();
  home.Stop();
  EXPECT_EQ(home.emitter().events(), 0u);
}

TEST(StdinInputTest, ReadsAFile) {
  const std::string path = testing::TempDir() + "/lines.jsonl";
  std::ofstream(path) << NumberedLines(1000);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  SourceHome home;
  home.Start(Reading(file));
  AwaitFinished(home);
  EXPECT_EQ(home.emitter().events(), 1000u);
  home.Stop();
  close(file);
}

TEST(StdinInputTest, SaysWhyItCannotRead) {
  const int folder = open(testing::TempDir().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(folder, 0);
  SourceHome home;
  home.Start(Reading(folder));
  while (home.health().last().state != HealthState::kPaused) {
    home.Do([] {});
  }
  EXPECT_THAT(home.health().last().message, HasSubstr("Is a directory"));
  EXPECT_FALSE(home.finished());
  home.Stop();
  close(folder);
}

TEST(StdinInputTest, OnlyOneSourceReadsTheStandardInput) {
  SourceHome first;
  SourceHome second;
  first.Start(Reading(STDIN_FILENO));
  second.Start(Reading(STDIN_FILENO));
  EXPECT_EQ(second.health().last().state, HealthState::kPaused);
  EXPECT_THAT(second.health().last().message, HasSubstr("another source"));
  second.Stop();
  first.Stop();
  // Free again.
  second.Start(Reading(STDIN_FILENO));
  EXPECT_NE(second.health().last().state, HealthState::kPaused);
}

}  // namespace
}  // namespace sluice::lines
