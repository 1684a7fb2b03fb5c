// A source as the host calls it.
#ifndef PIPELINE_ABI_LIBRARY_EXPORTED_SOURCE_H_
#define PIPELINE_ABI_LIBRARY_EXPORTED_SOURCE_H_

#include <memory>

#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/source.h"

namespace sluice::abi {

// The functions of every C++ source.
const SluiceSourceFunctions& ExportedSourceFunctions();

// What they are given; ends with DestroyExportedSource().
void* ExportSource(const SluiceHost* host, std::unique_ptr<Source> source);
void DestroyExportedSource(void* instance) noexcept;

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_EXPORTED_SOURCE_H_
