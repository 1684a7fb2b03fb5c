// Running sluice as another process.
#ifndef TOOLS_SLUICE_SUBPROCESS_H_
#define TOOLS_SLUICE_SUBPROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

// A child process. Its standard output comes line
// by line; its standard error goes where told.
//
// Thread-safety: methods from one thread; the line callback runs on a thread of
// the subprocess.
class Subprocess {
 public:
  struct Options {
    // Path of the program; by default the running one.
    std::string program = "/proc/self/exe";
    // Arguments behind the program's name.
    std::vector<std::string> arguments;
    // NAME=value, beside those of this process.
    std::vector<std::string> environment;
    // File that standard error is appended to; empty: as this process.
    std::string stderr_path;
    // Called for each line of its standard output, without the line break.
    std::function<void(std::string_view)> on_line;
  };

  // kUnavailable: the system has no room for another process, or the file
  // cannot be opened.
  static absl::StatusOr<std::unique_ptr<Subprocess>> Start(Options options);

  // Kills it, if it still runs, and waits.
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  // Sends a signal; no effect once it has ended.
  void Signal(int signal);

  // Waits for its end and for its last line. Returns its exit code, or 128 +
  // the signal that ended it. Again: the same.
  int Wait();

  pid_t pid() const { return pid_; }

 private:
  Subprocess(pid_t pid, int output,
             std::function<void(std::string_view)> on_line);

  const pid_t pid_;
  int exit_code_ = -1;
  std::thread reader_;
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_SUBPROCESS_H_
