// A transform as the host calls it.
#ifndef PIPELINE_ABI_LIBRARY_EXPORTED_TRANSFORM_H_
#define PIPELINE_ABI_LIBRARY_EXPORTED_TRANSFORM_H_

#include <memory>

#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/transform.h"

namespace sluice::abi {

// The functions of every C++ transform.
const SluiceTransformFunctions& ExportedTransformFunctions();

// What they are given; ends with DestroyExportedTransform().
void* ExportTransform(const SluiceHost* host,
                      std::unique_ptr<Transform> transform);
void DestroyExportedTransform(void* instance) noexcept;

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_EXPORTED_TRANSFORM_H_
