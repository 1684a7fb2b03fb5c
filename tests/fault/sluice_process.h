// `sluice` as a child process that a test ends as it likes.
#ifndef TESTS_FAULT_SLUICE_PROCESS_H_
#define TESTS_FAULT_SLUICE_PROCESS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tools/demo/pipeline_monitor.h"
#include "tools/sluice/subprocess.h"

namespace sluice::fault {

// Path of the real binary, among the runfiles of the test.
std::string SluiceProgram();

// Looks at `condition` every few milliseconds until it is true, at most for
// `limit`. False: it never was.
bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit);

// What a process needs to run the pipelines of one configuration.
struct RunOptions {
  std::string config;                    // Its path.
  std::vector<std::string> environment;  // NAME=value.
  std::string log_path;                  // What it logs is appended here.
  std::vector<std::string> arguments;    // Further ones of `sluice run`.
};

// One life of `sluice run`. Not thread-safe.
class SluiceProcess {
 public:
  // Starts it and does not wait. A process that cannot be started fails the
  // test.
  explicit SluiceProcess(const RunOptions& options);
  // Kills it, if it still runs.
  ~SluiceProcess() = default;

  // Waits for its ready line. False: it ended without one, or none came within
  // `limit`.
  bool WaitReady(absl::Duration limit = absl::Seconds(60));
  // Waits for its end. False: it still runs after `limit`.
  bool WaitEnd(absl::Duration limit);

  // kill -9, and waits for the end.
  void Kill();
  // SIGTERM, and waits for the end, at most `limit`. Returns the exit code; a
  // process that does not end is killed and gives -1.
  int Stop(absl::Duration limit = absl::Seconds(60));
  void Signal(int signal) { process_->Signal(signal); }
  // Waits for the end. Returns the exit code.
  int ExitCode() { return process_->Wait(); }

  pid_t pid() const { return process_->pid(); }

  // As of its last progress line, or of its ledger at the end.
  demo::PipelineProgress progress() const { return reader_.progress(); }
  // The latest line that it printed.
  std::string last_line() const;

 private:
  demo::ProgressReader reader_;
  mutable absl::Mutex mu_;
  std::string last_line_ ABSL_GUARDED_BY(mu_);
  // Last: its thread uses the others.
  std::unique_ptr<Subprocess> process_;
};

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};
// Runs `sluice` to its end. `folder` takes its standard error in between.
CommandResult RunSluice(std::vector<std::string> arguments,
                        std::vector<std::string> environment,
                        const std::string& folder);

}  // namespace sluice::fault

#endif  // TESTS_FAULT_SLUICE_PROCESS_H_
