// The host, as one component calls it.
#ifndef PIPELINE_ABI_LIBRARY_HOST_PORT_H_
#define PIPELINE_ABI_LIBRARY_HOST_PORT_H_

#include "pipeline/abi/plugin_abi.h"

namespace sluice::abi {

// Copied freely.
struct HostPort {
  const SluiceHost* host = nullptr;
  SluiceComponent component = 0;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_HOST_PORT_H_
