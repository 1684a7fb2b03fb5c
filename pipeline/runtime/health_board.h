// How every component of a pipeline is, as it reported itself.
#ifndef PIPELINE_RUNTIME_HEALTH_BOARD_H_
#define PIPELINE_RUNTIME_HEALTH_BOARD_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "storage/base/clock.h"

namespace sluice {

// Keeps the last report of each component and logs each change once.
//
// Thread-safety: all methods from any thread. Reporters live as long as the
// board.
class HealthBoard {
 public:
  struct Entry {
    Health health;
    absl::Time since;
  };

  // `pipeline` names the pipeline in log lines. `clock` outlives the board.
  HealthBoard(std::string pipeline, const Clock* clock);
  ~HealthBoard();

  // The reporter of component `name`; it begins as kStarting.
  HealthReporter* reporter(std::string_view name);

  // The last report of `name`; kStarting when there is none.
  Entry Get(std::string_view name) const;

  // The gaps that source `name` reported last.
  SourceGaps Gaps(std::string_view name) const;

 private:
  class Reporter;

  void Report(const std::string& name, Health health);

  const std::string pipeline_;
  const Clock* const clock_;
  mutable absl::Mutex mu_;
  std::map<std::string, Entry, std::less<>> entries_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, SourceGaps, std::less<>> gaps_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::unique_ptr<Reporter>, std::less<>> reporters_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_HEALTH_BOARD_H_
