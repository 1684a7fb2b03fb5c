// The real binary under a service manager: what it tells, and when it falls
// silent.
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/sluice_process.h"
#include "tests/testing/notify_socket.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int kExitOk = 0;
constexpr int kExitDataDir = 4;

// The id of the thread with this name; 0: there is none.
pid_t FindThread(pid_t process, const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator(
           absl::StrCat("/proc/", process, "/task"))) {
    std::string comm;
    std::getline(std::ifstream(task.path() / "comm"), comm);
    if (comm == name) return std::atoi(task.path().filename().c_str());
  }
  return 0;
}

// True when `thread` of `process` waits in the kernel, as a thread without work
// does.
bool Waits(pid_t process, pid_t thread) {
  std::string call;
  std::getline(std::ifstream(absl::StrCat("/proc/", process, "/task/", thread,
                                          "/syscall")),
               call);
  return !absl::StartsWith(call, "running");
}

// Stops one thread of a child process, as a debugger does, for as long as it
// lives. Made and destroyed by the same thread. It stops the thread where it
// waits: elsewhere it may hold a lock, and the one who tells could want it.
class StuckThread {
 public:
  StuckThread(pid_t process, pid_t thread) : thread_(thread) {
    while (!Waits(process, thread)) sched_yield();
    is_stuck_ = ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) == 0 &&
                ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0 &&
                waitpid(thread, nullptr, __WALL) == thread;
  }
  ~StuckThread() {
    if (is_stuck_) ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
  }
  StuckThread(const StuckThread&) = delete;
  StuckThread& operator=(const StuckThread&) = delete;

  bool is_stuck() const { return is_stuck_; }

 private:
  const pid_t thread_;
  bool is_stuck_;
};

class ServiceTest : public testing::TestWithParam<std::string> {
 protected:
  ServiceTest() {
    const std::string test =
        testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = absl::StrCat(testing::TempDir(), "/",
                           test.substr(0, test.find('/')), getpid());
    std::filesystem::create_directories(folder_);
  }

  void Start(const NotifySocket& socket, const std::string& data_dir) {
    const std::string config = folder_ + "/sluice.yaml";
    std::ofstream(config) << "data_dir: " << data_dir
                          << "\nadmin: {listen: \"off\"}\npipelines: {p: "
                             "{sources: {in: {generate: {count: 100}}}, sinks: "
                             "{out: {null: {}}}}}\n";
    fault::RunOptions options;
    options.config = config;
    options.environment = {absl::StrCat("NOTIFY_SOCKET=", socket.name()),
                           "WATCHDOG_USEC=2000000"};
    options.log_path = folder_ + "/log";
    process_ = std::make_unique<fault::SluiceProcess>(options);
  }
  void Start(const NotifySocket& socket) { Start(socket, folder_ + "/data"); }

  void ExpectLifeOfAService(const NotifySocket& socket) {
    Start(socket);
    EXPECT_EQ(socket.Receive(), "READY=1");
    EXPECT_THAT(socket.Receive(),
                StartsWith("WATCHDOG=1\nSTATUS=1 pipeline, "));
    EXPECT_EQ(process_->Stop(), kExitOk);
    std::string told = socket.Receive();
    while (absl::StartsWith(told, "WATCHDOG=1\n")) told = socket.Receive();
    EXPECT_EQ(told, "STOPPING=1\nSTATUS=stopping");
  }

  std::string folder_;
  std::unique_ptr<fault::SluiceProcess> process_;
};

TEST_F(ServiceTest, TellsASocketWithAPathThatItRunsAndThatItStops) {
  ExpectLifeOfAService(NotifySocket::AtPath());
}

TEST_F(ServiceTest, TellsAnAbstractSocketThatItRunsAndThatItStops) {
  ExpectLifeOfAService(
      NotifySocket::Abstract(absl::StrCat("sluice-service-", getpid())));
}

TEST_F(ServiceTest, SaysNothingWhenThePipelinesCannotStart) {
  const NotifySocket socket = NotifySocket::AtPath();
  Start(socket, "/dev/null/data");
  EXPECT_EQ(process_->ExitCode(), kExitDataDir);
  EXPECT_EQ(socket.Receive(absl::ZeroDuration()), "");
}

TEST_F(ServiceTest, RunsWithoutAServiceManagerThatCanBeTold) {
  const NotifySocket gone = NotifySocket::AtPath();
  std::filesystem::remove(gone.name());
  Start(gone);
  ASSERT_TRUE(process_->WaitReady());
  EXPECT_EQ(process_->Stop(), kExitOk);
  std::string log;
  std::getline(std::ifstream(folder_ + "/log"), log, '\0');
  EXPECT_THAT(log, HasSubstr("cannot tell the service manager: No such file"));
}

TEST_P(ServiceTest, AStuckThreadStopsThePings) {
  const NotifySocket socket = NotifySocket::AtPath();
  Start(socket);
  ASSERT_EQ(socket.Receive(), "READY=1");
  const pid_t thread = FindThread(process_->pid(), GetParam());
  ASSERT_NE(thread, 0);
  {
    const StuckThread stuck(process_->pid(), thread);
    if (!stuck.is_stuck()) {
      GTEST_SKIP() << "this machine lets nobody stop a thread";
    }
    // Those from before it was stuck, and one that it may still have answered.
    std::string told = socket.Receive();
    while (absl::StartsWith(told, "WATCHDOG=1\n")) told = socket.Receive();
    for (int i = 0; i < 3; ++i) {
      EXPECT_THAT(told, StartsWith(absl::StrCat("STATUS=thread ", GetParam(),
                                                " has not answered for ")));
      EXPECT_THAT(told, Not(HasSubstr("WATCHDOG=1")));
      told = socket.Receive();
    }
  }
  std::string told = socket.Receive();
  while (absl::StartsWith(told, "STATUS=thread ")) told = socket.Receive();
  EXPECT_THAT(told, StartsWith("WATCHDOG=1\n"));
  EXPECT_EQ(process_->Stop(), kExitOk);
}

INSTANTIATE_TEST_SUITE_P(Threads, ServiceTest, testing::Values("io", "ingest"));

}  // namespace
}  // namespace sluice
