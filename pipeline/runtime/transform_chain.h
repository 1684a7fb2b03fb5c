// The transforms of a pipeline, one behind the other.
#ifndef PIPELINE_RUNTIME_TRANSFORM_CHAIN_H_
#define PIPELINE_RUNTIME_TRANSFORM_CHAIN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "pipeline/api/transform.h"

namespace sluice {

// Runs an event through all transforms, all or nothing: an error anywhere takes
// back what was put out for this event.
//
// Thread-safety: none; used by the ingest stage only.
class TransformChain {
 public:
  explicit TransformChain(std::vector<std::unique_ptr<Transform>> transforms);
  ~TransformChain();

  bool empty() const { return transforms_.empty(); }

  // Calls `result` for each event that comes out, in order; the views are good
  // for that call.
  //   the error of the first transform that failed; then `result` was not
  //   called.
  absl::Status Apply(const EventView& event,
                     absl::FunctionRef<void(const EventView&)> result);

 private:
  class Stage;

  // Hands `event` to transform `index`, or, past the last, keeps it.
  void Run(size_t index, const EventView& event);

  std::vector<std::unique_ptr<Transform>> transforms_;
  std::vector<std::unique_ptr<Stage>> stages_;
  // What has come out for the current event, one behind the other.
  std::string kept_;
  std::vector<size_t> kept_ends_;
  absl::Status status_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_TRANSFORM_CHAIN_H_
