// One instance of a source, called the way the pipeline calls it, and watched.
#ifndef TESTS_KIT_SOURCE_BENCH_H_
#define TESTS_KIT_SOURCE_BENCH_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "pipeline/api/source.h"
#include "pipeline/topology/pipeline_spec.h"
#include "tests/kit/component_home.h"
#include "tests/kit/intake.h"

namespace sluice::kit {

// All errors say what the source did wrong.
//
// Thread-safety: used by the test's thread.
class SourceBench {
 public:
  // `secret`: must be in no message; empty: there is none.
  SourceBench(ComponentFactory<Source> make, std::string secret,
              Patience patience);
  // A source that does not stop is left behind.
  ~SourceBench();

  // Makes an instance with an intake of its own; the one before is stopped.
  absl::Status Make();
  // Make() with room for so many emissions, and starts it.
  absl::Status Start(std::optional<std::string> checkpoint = std::nullopt,
                     size_t room = Intake::kNoBound);
  // The same, and hands back what Start() of the source said.
  absl::Status TryStart(std::optional<std::string> checkpoint);
  // Stops the instance, acknowledges what it emitted, and destroys it. Nothing
  // may be emitted any more.
  absl::Status Stop();

  // REQUIRES: made.
  SourceTraits traits();
  bool finished();
  Intake& intake() { return *intake_; }
  // Waits until so many different events have come.
  absl::Status WaitForEvents(size_t distinct);
  // Makes room for so many emissions more, and says so to a source that asked.
  void MakeRoom(size_t emissions);
  void Acknowledge(const absl::Status& status);

  const Patience& patience() const { return patience_; }

 private:
  absl::Status StopInstance();

  const ComponentFactory<Source> make_;
  const std::string secret_;
  const Patience patience_;
  // Outlives the source, and a source that is left behind.
  std::shared_ptr<Intake> intake_;
  ComponentHome home_;
  std::unique_ptr<Source> source_;
};

}  // namespace sluice::kit

#endif  // TESTS_KIT_SOURCE_BENCH_H_
