#include "tests/fault/sluice_process.h"

#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace sluice::fault {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(2);

std::unique_ptr<Subprocess> StartOrFail(Subprocess::Options options) {
  absl::StatusOr<std::unique_ptr<Subprocess>> process =
      Subprocess::Start(std::move(options));
  EXPECT_TRUE(process.ok()) << process.status();
  return process.ok() ? *std::move(process) : nullptr;
}

// The child has ended, whether or not somebody waited for it. It stays there to
// be waited for.
bool HasEnded(pid_t pid) {
  siginfo_t info = {};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info,
               WEXITED | WNOHANG | WNOWAIT) != 0) {
    return true;
  }
  return info.si_pid != 0;
}

}  // namespace

std::string SluiceProgram() {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  constexpr char kPath[] = "tools/sluice/sluice";
  if (runfiles == nullptr || workspace == nullptr) return kPath;
  return absl::StrCat(runfiles, "/", workspace, "/", kPath);
}

bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() >= end) return false;
    absl::SleepFor(kLook);
  }
  return true;
}

SluiceProcess::SluiceProcess(const RunOptions& options) {
  Subprocess::Options process;
  process.program = SluiceProgram();
  process.arguments = {"run",  "--config",       options.config, "--output",
                       "json", "--status-every", "100ms"};
  process.arguments.insert(process.arguments.end(), options.arguments.begin(),
                           options.arguments.end());
  process.environment = options.environment;
  process.stderr_path = options.log_path;
  process.on_line = [this](std::string_view line) {
    reader_.ReadLine(line);
    absl::MutexLock lock(&mu_);
    last_line_ = std::string(line);
  };
  reader_.BeginRun();
  process_ = StartOrFail(std::move(process));
}

bool SluiceProcess::WaitReady(absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (absl::Now() < end) {
    if (reader_.WaitReady(kLook)) return true;
    if (HasEnded(process_->pid())) return false;
  }
  return false;
}

bool SluiceProcess::WaitEnd(absl::Duration limit) {
  return WaitUntil([this] { return HasEnded(process_->pid()); }, limit);
}

void SluiceProcess::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

int SluiceProcess::Stop(absl::Duration limit) {
  process_->Signal(SIGTERM);
  if (WaitEnd(limit)) return process_->Wait();
  Kill();
  return -1;
}

std::string SluiceProcess::last_line() const {
  absl::MutexLock lock(&mu_);
  return last_line_;
}

CommandResult RunSluice(std::vector<std::string> arguments,
                        std::vector<std::string> environment,
                        const std::string& folder) {
  CommandResult result;
  Subprocess::Options options;
  options.program = SluiceProgram();
  options.arguments = std::move(arguments);
  options.environment = std::move(environment);
  options.stderr_path = absl::StrCat(folder, "/command.err");
  options.on_line = [&result](std::string_view line) {
    result.out.append(line).append("\n");
  };
  std::ofstream(options.stderr_path, std::ios::trunc).close();
  const std::string error_path = options.stderr_path;
  result.exit_code = StartOrFail(std::move(options))->Wait();
  std::ostringstream error;
  error << std::ifstream(error_path).rdbuf();
  result.err = error.str();
  return result;
}

}  // namespace sluice::fault
