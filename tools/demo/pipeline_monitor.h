// `sluice run` as a child process, watched through its progress lines.
#ifndef TOOLS_DEMO_PIPELINE_MONITOR_H_
#define TOOLS_DEMO_PIPELINE_MONITOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "boost/json/fwd.hpp"
#include "tools/sluice/subprocess.h"

namespace sluice::demo {

// What one sink has done, as the pipeline says.
struct SinkProgress {
  uint64_t delivered = 0;
  uint64_t waiting = 0;
  uint64_t dead_lettered = 0;
  std::string health;
  std::string message;
};

// The pipeline as it was at its last progress line.
struct PipelineProgress {
  bool running = false;
  // Of all sources together.
  uint64_t received = 0;
  uint64_t stored = 0;
  uint64_t duplicate = 0;
  // Events that only history brought, over all runs of the process that lived
  // to report them.
  uint64_t backfilled = 0;
  uint64_t reconnects = 0;
  // Events tried again, likewise over all runs and sinks.
  uint64_t retried = 0;
  uint64_t unclosed_gaps = 0;
  uint64_t dead_letters = 0;
  bool balanced = true;
  std::string source_health;
  std::map<std::string, SinkProgress> sinks;
};

// Reads the lines that `sluice run --output json` prints. Counters of a process
// begin at zero with each start; this adds the runs up.
//
// Thread-safety: all methods from any thread.
class ProgressReader {
 public:
  // A new process was started.
  void BeginRun();
  // It has ended.
  void EndRun();
  void ReadLine(std::string_view line);
  PipelineProgress progress() const;
  // Waits until a line with "ready" was read in this run, at most `limit`.
  // False: none came.
  bool WaitReady(absl::Duration limit);

 private:
  void ReadStatus(const boost::json::object& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  PipelineProgress progress_ ABSL_GUARDED_BY(mu_);
  bool ready_ ABSL_GUARDED_BY(mu_) = false;
  // Metrics of this run by name, all components together, and of the runs
  // before it.
  std::map<std::string, uint64_t> now_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, uint64_t> before_ ABSL_GUARDED_BY(mu_);
};

// Starts, kills and stops the process.
//
// Thread-safety: progress() from any thread, the rest from one.
class PipelineMonitor {
 public:
  struct Options {
    // Path of the program; by default the running one.
    std::string program = "/proc/self/exe";
    // Its configuration file.
    std::string config;
    // What the process logs is appended here.
    std::string log_path;
    // NAME=value: its secrets.
    std::vector<std::string> environment;
  };
  explicit PipelineMonitor(Options options);

  // Starts the process and waits until it is ready.
  //   kUnavailable: it cannot be started, or is not ready in time; the log says
  //   why.
  absl::Status Start();
  // kill -9: no chance to put anything in order.
  void Kill();
  // SIGTERM, and waits. Returns its exit code.
  int Stop();

  PipelineProgress progress() const { return reader_.progress(); }

 private:
  const Options options_;
  ProgressReader reader_;
  std::unique_ptr<Subprocess> process_;
};

}  // namespace sluice::demo

#endif  // TOOLS_DEMO_PIPELINE_MONITOR_H_
