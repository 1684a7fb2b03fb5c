#include "pipeline/plugin_process/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice::plugin_process {
namespace {

// Files of ours that the child moves to their places lie above these.
constexpr int kLowestFile = 10;
// Where the child says why it cannot start.
constexpr int kReportFile = 3;
// What is still read of the output of a child that has ended.
constexpr size_t kMaxLastBytes = 64 << 10;

constexpr char kCannotStart[] = "cannot be started: ";

// What goes wrong between fork and exec.
struct StartFailure {
  int error = 0;
  bool in_directory = false;
};

// Everything the child needs, made before it is forked: it may allocate
// nothing.
struct Prepared {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  int input = -1;
  int output = -1;
  int report = -1;
  pid_t parent = 0;
};

[[noreturn]] void Fail(bool in_directory) {
  const StartFailure failure = {errno, in_directory};
  [[maybe_unused]] const ssize_t written =
      write(kReportFile, &failure, sizeof(failure));
  _exit(127);
}

// A forked child of a process with threads: system calls only.
[[noreturn]] void BecomeProgram(const Prepared& prepared) {
  setpgid(0, 0);
  for (int signal = 1; signal < NSIG; ++signal) {
    // Those that are ignored stay ignored beyond exec otherwise.
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(prepared.input, STDIN_FILENO);
  dup2(prepared.output, STDOUT_FILENO);
  dup2(prepared.output, STDERR_FILENO);
  dup2(prepared.report, kReportFile);
  fcntl(kReportFile, F_SETFD, FD_CLOEXEC);
  close_range(kReportFile + 1, ~0u, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before that.
  if (getppid() != prepared.parent) _exit(127);
  if (prepared.directory != nullptr && chdir(prepared.directory) != 0) {
    Fail(true);
  }
  execve(prepared.program, prepared.arguments, prepared.environment);
  Fail(false);
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) {
    pointers.push_back(const_cast<char*>(string.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// A file that is closed at the end of its scope unless it is released.
class OwnedFile {
 public:
  OwnedFile() = default;
  explicit OwnedFile(int file) : file_(file) {}
  OwnedFile(const OwnedFile&) = delete;
  OwnedFile& operator=(const OwnedFile&) = delete;
  ~OwnedFile() { Close(); }

  // Takes `file` with a number above those that the child gives away.
  absl::Status TakeAbove(int file) {
    file_ = fcntl(file, F_DUPFD_CLOEXEC, kLowestFile);
    const int error = errno;
    close(file);
    if (file_ >= 0) return absl::OkStatus();
    return absl::UnavailableError(std::strerror(error));
  }

  void Close() {
    if (file_ >= 0) close(file_);
    file_ = -1;
  }
  int get() const { return file_; }
  int Release() { return std::exchange(file_, -1); }

 private:
  int file_ = -1;
};

struct Pipe {
  OwnedFile read;
  OwnedFile write;

  absl::Status Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      return absl::UnavailableError(std::strerror(errno));
    }
    const absl::Status reads = read.TakeAbove(ends[0]);
    const absl::Status writes = write.TakeAbove(ends[1]);
    return reads.ok() ? writes : reads;
  }
};

// Waits until the child runs, or says why it does not.
absl::Status AwaitExec(int report, const ChildOptions& options) {
  StartFailure failure;
  ssize_t got = 0;
  do {
    got = read(report, &failure, sizeof(failure));
  } while (got < 0 && errno == EINTR);
  if (got != sizeof(failure)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      failure.in_directory ? absl::StrCat("folder ", options.directory, ": ")
                           : "",
      std::strerror(failure.error)));
}

// Cuts what comes into lines.
class LineReader {
 public:
  explicit LineReader(const std::function<void(std::string_view)>* on_line)
      : on_line_(on_line) {}

  void Add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        End();
      } else if (line_.size() < ChildProcess::kMaxLineBytes) {
        line_.push_back(c);
      }
    }
  }
  void End() {
    if (!line_.empty() && *on_line_) (*on_line_)(line_);
    line_.clear();
  }

 private:
  const std::function<void(std::string_view)>* const on_line_;
  std::string line_;
};

// Reads what there is. False: there will be no more.
bool ReadSome(int file, LineReader& lines) {
  char buffer[4096];
  const ssize_t got = read(file, buffer, sizeof(buffer));
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  lines.Add(std::string_view(buffer, static_cast<size_t>(got)));
  return got > 0;
}

// Reads what is left of the output of a child that has ended. Others may hold
// its end open, so this waits for nothing.
void ReadRest(int file, LineReader& lines) {
  fcntl(file, F_SETFL, O_NONBLOCK);
  char buffer[4096];
  for (size_t total = 0; total < kMaxLastBytes;) {
    const ssize_t got = read(file, buffer, sizeof(buffer));
    if (got <= 0) break;
    lines.Add(std::string_view(buffer, static_cast<size_t>(got)));
    total += static_cast<size_t>(got);
  }
}

// Reads its output until it has ended; it is not reaped then.
void Follow(pid_t pid, int output, LineReader& lines) {
  // glibc's own header for it is not made for C++.
  const OwnedFile exit_file(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd polled[2] = {{exit_file.get(), POLLIN, 0}, {output, POLLIN, 0}};
  // Without a file for it (a system with none left): to the end of its output.
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (poll(polled, 2, -1) < 0 && errno != EINTR) break;
    if (polled[1].revents != 0 && !ReadSome(output, lines)) polled[1].fd = -1;
    if (polled[0].revents != 0) break;
  }
  siginfo_t info = {};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 &&
         errno == EINTR) {
  }
  ReadRest(output, lines);
  lines.End();
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& program) {
  const auto runs = [](const std::string& path) {
    struct stat info;
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           access(path.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) {
    if (runs(program)) return program;
    return absl::NotFoundError(
        absl::StrCat("there is no program ", program,
                     ", or it is not allowed to be executed"));
  }
  const char* variable = getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/bin:/bin" : variable;
  while (!program.empty() && !path.empty()) {
    const size_t end = path.find(':');
    const std::string found =
        absl::StrCat(std::string(path.substr(0, end)), "/", program);
    if (end != 0 && runs(found)) return found;
    path = end == std::string_view::npos ? "" : path.substr(end + 1);
  }
  return absl::NotFoundError(
      absl::StrCat("there is no program \"", program, "\" in PATH"));
}

std::shared_ptr<ChildProcess> ChildProcess::Start(
    ChildOptions options, absl::AnyInvocable<void(const End&)> on_end) {
  auto child = std::make_shared<ChildProcess>();
  // The system kills a child when the thread that forked it ends: this one ends
  // after the child.
  std::thread([child, options = std::move(options),
               on_end = std::move(on_end)]() mutable {
    pthread_setname_np(pthread_self(), "plugin");
    child->Run(options, std::move(on_end));
  }).detach();
  return child;
}

void ChildProcess::Run(const ChildOptions& options,
                       absl::AnyInvocable<void(const End&)> on_end) {
  const absl::StatusOr<int> output = Spawn(options);
  if (!output.ok()) {
    on_end(
        {absl::StrCat(kCannotStart, std::string(output.status().message()))});
    return;
  }
  const OwnedFile owned(*output);
  LineReader lines(&options.on_line);
  Follow(pid(), *output, lines);
  on_end(Reap());
}

absl::StatusOr<int> ChildProcess::Spawn(const ChildOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string program,
                          FindProgram(options.command.at(0)));
  Pipe output;
  Pipe report;
  SLUICE_RETURN_IF_ERROR(output.Open());
  SLUICE_RETURN_IF_ERROR(report.Open());
  OwnedFile input;
  SLUICE_RETURN_IF_ERROR(input.TakeAbove(open("/dev/null", O_RDONLY)));
  const std::vector<char*> arguments = Pointers(options.command);
  const std::vector<char*> environment = Pointers(options.environment);
  const Prepared prepared = {
      .program = program.c_str(),
      .arguments = arguments.data(),
      .environment = environment.data(),
      .directory =
          options.directory.empty() ? nullptr : options.directory.c_str(),
      .input = input.get(),
      .output = output.write.get(),
      .report = report.write.get(),
      .parent = getpid(),
  };
  {
    absl::MutexLock lock(&mu_);
    if (wish_ == kKill)
      return absl::CancelledError("it is not wanted any more");
    const pid_t pid = fork();
    if (pid == 0) BecomeProgram(prepared);
    if (pid < 0) return absl::UnavailableError(std::strerror(errno));
    // Both do it, so that it is done whoever comes first.
    setpgid(pid, pid);
    pid_ = pid;
  }
  report.write.Close();
  output.write.Close();
  const absl::Status started = AwaitExec(report.read.get(), options);
  if (started.ok()) return output.read.Release();
  Reap();
  return started;
}

ChildProcess::End ChildProcess::Reap() {
  absl::MutexLock lock(&mu_);
  // What it left behind. As long as it is not reaped, nobody else can have its
  // number.
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return {absl::StrCat("was killed by signal ", signal, " (",
                         strsignal(signal), ")")};
  }
  return {absl::StrCat("exited with code ", WEXITSTATUS(status)),
          WEXITSTATUS(status) == 0};
}

pid_t ChildProcess::pid() const {
  absl::MutexLock lock(&mu_);
  return pid_;
}

void ChildProcess::Signal(Wish wish) {
  absl::MutexLock lock(&mu_);
  wish_ = std::max(wish_, wish);
  if (pid_ != 0) kill(-pid_, wish == kKill ? SIGKILL : SIGTERM);
}

}  // namespace sluice::plugin_process
