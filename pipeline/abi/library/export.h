// Makes a plugin library of plugins that are written against pipeline/api:
//
//   // acme_library.cc, in srcs of sluice_plugin_library (tools/bazel/defs.bzl)
//   #include "acme/plugin.h"
//   #include "pipeline/abi/library/export.h"
//
//   SLUICE_PLUGIN_LIBRARY(acme::RegisterAcme)
//
// The same function registers them where they are linked in.
#ifndef PIPELINE_ABI_LIBRARY_EXPORT_H_
#define PIPELINE_ABI_LIBRARY_EXPORT_H_

#include "absl/status/status.h"
#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::abi {

// What pipeline/api promises every component.
inline constexpr uint64_t kCppNeeds =
    SLUICE_CAPABILITY_HTTP | SLUICE_CAPABILITY_GAPS;

using RegisterPlugins = absl::Status (*)(PluginRegistry& registry);

// The `open` of a library whose plugins `register_plugins` registers. What it
// makes lives as long as the process.
SluiceCode OpenLibrary(RegisterPlugins register_plugins, const SluiceHost* host,
                       const SluicePluginList** list,
                       const SluiceErrorReceiver* error) noexcept;

}  // namespace sluice::abi

// At namespace scope, outside any namespace, once in a library.
#define SLUICE_PLUGIN_LIBRARY(register_plugins)                         \
  const SluicePluginLibrary sluice_plugin_library = {                   \
      sizeof(SluicePluginLibrary), SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR,  \
      ::sluice::abi::kCppNeeds,                                         \
      [](const SluiceHost* host, const SluicePluginList** list,         \
         const SluiceErrorReceiver* error) {                            \
        return ::sluice::abi::OpenLibrary(register_plugins, host, list, \
                                          error);                       \
      }};

#endif  // PIPELINE_ABI_LIBRARY_EXPORT_H_
