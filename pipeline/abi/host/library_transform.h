// A transform of a library.
#ifndef PIPELINE_ABI_HOST_LIBRARY_TRANSFORM_H_
#define PIPELINE_ABI_HOST_LIBRARY_TRANSFORM_H_

#include "pipeline/abi/host/library_plugin.h"
#include "pipeline/api/transform.h"

namespace sluice::abi {

// Speaks the contract of Transform (pipeline/api/transform.h) on the one side
// and that of SluiceTransformFunctions on the other.
class LibraryTransform final : public Transform {
 public:
  explicit LibraryTransform(Instance instance)
      : instance_(std::move(instance)) {}

  // Also kInvalidArgument: what came out is no event.
  absl::Status Apply(const EventView& event, TransformOutput& output) override;

 private:
  const Instance instance_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_LIBRARY_TRANSFORM_H_
