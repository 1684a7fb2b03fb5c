// A program that runs beside this process and ends with it.
#ifndef PIPELINE_PLUGIN_PROCESS_CHILD_PROCESS_H_
#define PIPELINE_PLUGIN_PROCESS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace sluice::plugin_process {

// The file that runs if `program` is the first word of a command: itself if it
// has a slash, else what PATH leads to.
//   kNotFound: there is none that may be executed.
absl::StatusOr<std::string> FindProgram(const std::string& program);

struct ChildOptions {
  // The program and its arguments; no shell looks at them. At least one.
  std::vector<std::string> command;
  // Where it runs; empty: where this process does.
  std::string directory;
  // NAME=value; it has no other variables.
  std::vector<std::string> environment;
  // A line of its standard output or standard error, without the line break, of
  // at most kMaxLineBytes. On the thread of the child.
  std::function<void(std::string_view)> on_line;
};

// One life of a program: a process group of its own, without any file of this
// process but its standard ones, killed by the system if this process dies.
//
// It has a thread here, which starts it, reads its output and waits for its
// end, so nothing blocks the caller. The group is signalled only as long as its
// number is surely still its own: there is no way to hit a stranger.
//
// Thread-safety: all methods from any thread.
class ChildProcess {
 public:
  static constexpr size_t kMaxLineBytes = 1024;

  // How it ended.
  struct End {
    // For a person, e.g. "exited with code 3", "was killed by signal 9
    // (Killed)" or "cannot be started: No such file or directory".
    std::string text;
    // It ran, and ended by itself with code 0.
    bool clean = false;
  };

  // Starts it, soon. `on_end` is called once, as the last call, on the thread
  // of the child, when no process of its group is left that could be seen.
  static std::shared_ptr<ChildProcess> Start(
      ChildOptions options, absl::AnyInvocable<void(const End&)> on_end);

  // Asks the group to end; no effect on one that has ended.
  void Terminate() { Signal(kTerminate); }
  // Ends the group, also one that is yet to be started.
  void Kill() { Signal(kKill); }

  // 0: it does not run.
  pid_t pid() const;

 private:
  enum Wish { kNone, kTerminate, kKill };

  void Signal(Wish wish);
  void Run(const ChildOptions& options,
           absl::AnyInvocable<void(const End&)> on_end);
  // The file that its output comes from; an error: it is not running.
  absl::StatusOr<int> Spawn(const ChildOptions& options);
  End Reap();

  mutable absl::Mutex mu_;
  // 0: not started, or gone.
  pid_t pid_ ABSL_GUARDED_BY(mu_) = 0;
  Wish wish_ ABSL_GUARDED_BY(mu_) = kNone;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_CHILD_PROCESS_H_
