// A sink as the host calls it.
#ifndef PIPELINE_ABI_LIBRARY_EXPORTED_SINK_H_
#define PIPELINE_ABI_LIBRARY_EXPORTED_SINK_H_

#include <memory>

#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/sink.h"

namespace sluice::abi {

// The functions of every C++ sink.
const SluiceSinkFunctions& ExportedSinkFunctions();

// What they are given; ends with DestroyExportedSink().
void* ExportSink(const SluiceHost* host, std::unique_ptr<Sink> sink);
void DestroyExportedSink(void* instance) noexcept;

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_EXPORTED_SINK_H_
