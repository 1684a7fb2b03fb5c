#include "pipeline/plugin_process/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::plugin_process {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(60);

// A child with what came of it.
class Observed {
 public:
  explicit Observed(ChildOptions options) {
    options.on_line = [this](std::string_view line) {
      lines_.emplace_back(line);
      if (line == "ready") ready_.Notify();
    };
    child_ = ChildProcess::Start(std::move(options),
                                 [this](const ChildProcess::End& end) {
                                   end_ = end;
                                   ended_.Notify();
                                 });
  }
  ~Observed() {
    child_->Kill();
    WaitForEnd();
  }

  ChildProcess& child() { return *child_; }
  void WaitUntilReady() {
    EXPECT_TRUE(ready_.WaitForNotificationWithTimeout(kPatience));
  }
  const ChildProcess::End& WaitForEnd() {
    EXPECT_TRUE(ended_.WaitForNotificationWithTimeout(kPatience));
    return end_;
  }
  // After its end.
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
  ChildProcess::End end_;
  absl::Notification ready_;
  absl::Notification ended_;
  std::shared_ptr<ChildProcess> child_;
};

ChildOptions Shell(const std::string& script) {
  ChildOptions options;
  options.command = {"/bin/sh", "-c", script};
  options.environment = {"PATH=/usr/bin:/bin"};
  return options;
}

TEST(ChildProcessTest, SaysHowItEnded) {
  Observed zero(Shell("exit 0"));
  EXPECT_EQ(zero.WaitForEnd().text, "exited with code 0");
  EXPECT_TRUE(zero.WaitForEnd().clean);
  Observed three(Shell("exit 3"));
  EXPECT_EQ(three.WaitForEnd().text, "exited with code 3");
  EXPECT_FALSE(three.WaitForEnd().clean);
  Observed killed(Shell("kill -9 $$"));
  EXPECT_EQ(killed.WaitForEnd().text, "was killed by signal 9 (Killed)");
}

TEST(ChildProcessTest, SaysWhyItCannotStart) {
  ChildOptions options;
  options.command = {"/no/such/program"};
  EXPECT_THAT(Observed(options).WaitForEnd().text,
              HasSubstr("cannot be started: there is no program "
                        "/no/such/program"));
  options.command = {"no-such-program"};
  EXPECT_THAT(Observed(options).WaitForEnd().text,
              HasSubstr("there is no program \"no-such-program\" in PATH"));
  options.command = {"/bin/true"};
  options.directory = "/no/such/folder";
  EXPECT_EQ(Observed(options).WaitForEnd().text,
            "cannot be started: folder /no/such/folder: No such file or "
            "directory");
  const std::string text = testing::TempDir() + "/text";
  std::ofstream(text) << "\x7f"
                         "ELF, and no program for all that";
  ASSERT_EQ(chmod(text.c_str(), 0700), 0);
  options.directory = "";
  options.command = {text};
  EXPECT_EQ(Observed(options).WaitForEnd().text,
            "cannot be started: Exec format error");
}

TEST(ChildProcessTest, HasTheEnvironmentAndTheFolderItIsGiven) {
  ChildOptions options;
  options.command = {"/usr/bin/env"};
  options.environment = {"A=b", "C=d e"};
  Observed env(options);
  env.WaitForEnd();
  EXPECT_THAT(env.lines(), ElementsAre("A=b", "C=d e"));
  ChildOptions where = Shell("pwd");
  where.directory = "/";
  Observed pwd(where);
  pwd.WaitForEnd();
  EXPECT_THAT(pwd.lines(), ElementsAre("/"));
}

TEST(ChildProcessTest, HasNoFilesButItsOwn) {
  // Without O_CLOEXEC, and beyond what a shell opens for itself.
  const int file = open("/dev/null", O_RDONLY);
  const int inherited = fcntl(file, F_DUPFD, 100);
  ASSERT_GE(inherited, 100);
  Observed child(Shell("for f in /proc/$$/fd/*; do echo ${f##*/}; done"));
  child.WaitForEnd();
  close(file);
  close(inherited);
  EXPECT_THAT(child.lines(), IsSupersetOf({"0", "1", "2"}));
  EXPECT_THAT(child.lines(), Not(Contains(absl::StrCat(inherited))));
}

TEST(ChildProcessTest, HandsOutputOverInLinesOfBoundedLength) {
  Observed child(Shell(
      "echo out; echo err >&2; head -c 5000 /dev/zero | tr '\\0' x; echo; "
      "printf 'no end'"));
  child.WaitForEnd();
  ASSERT_THAT(child.lines(), SizeIs(4));
  EXPECT_EQ(child.lines()[0], "out");
  EXPECT_EQ(child.lines()[1], "err");
  EXPECT_EQ(child.lines()[2], std::string(ChildProcess::kMaxLineBytes, 'x'));
  EXPECT_EQ(child.lines()[3], "no end");
}

TEST(ChildProcessTest, TerminatesAndKills) {
  Observed polite(Shell("echo ready; sleep 1000"));
  polite.WaitUntilReady();
  polite.child().Terminate();
  EXPECT_EQ(polite.WaitForEnd().text, "was killed by signal 15 (Terminated)");
  Observed stubborn(
      Shell("trap '' TERM; echo ready; while :; do sleep 1000; done"));
  stubborn.WaitUntilReady();
  stubborn.child().Terminate();
  EXPECT_NE(stubborn.child().pid(), 0);
  stubborn.child().Kill();
  EXPECT_EQ(stubborn.WaitForEnd().text, "was killed by signal 9 (Killed)");
  EXPECT_EQ(stubborn.child().pid(), 0);
  stubborn.child().Kill();  // Hits nobody.
}

TEST(ChildProcessTest, KillsWhatItLeavesBehind) {
  // The process it leaves holds its output open, and the test would wait.
  Observed child(Shell("sleep 1000 & echo $!"));
  EXPECT_EQ(child.WaitForEnd().text, "exited with code 0");
  ASSERT_THAT(child.lines(), SizeIs(1));
  pid_t left = 0;
  ASSERT_TRUE(absl::SimpleAtoi(child.lines()[0], &left));
  // Whoever inherits it may take a moment to reap it.
  for (int i = 0; i < 1000 && kill(left, 0) == 0; ++i) {
    std::ifstream status(absl::StrCat("/proc/", left, "/stat"));
    const std::string text(std::istreambuf_iterator<char>(status), {});
    if (text.find(") Z ") != std::string::npos) return;
    usleep(10'000);
  }
  EXPECT_EQ(kill(left, 0), -1);
}

TEST(ChildProcessTest, IsNotStartedOnceItIsKilled) {
  for (int i = 0; i < 20; ++i) {
    Observed child(Shell("sleep 1000"));
    child.child().Kill();
    EXPECT_THAT(child.WaitForEnd().text,
                testing::AnyOf(HasSubstr("killed by signal 9"),
                               HasSubstr("not wanted any more")));
    EXPECT_THAT(child.lines(), IsEmpty());
  }
}

TEST(FindProgramTest, LooksInPath) {
  EXPECT_EQ(*FindProgram("/bin/sh"), "/bin/sh");
  EXPECT_THAT(*FindProgram("sh"), HasSubstr("/sh"));
  EXPECT_FALSE(FindProgram("").ok());
  EXPECT_FALSE(FindProgram("/tmp").ok());
}

}  // namespace
}  // namespace sluice::plugin_process
