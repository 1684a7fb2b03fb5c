#include "pipeline/abi/host/plugin_library.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/component_host.h"
#include "pipeline/abi/host/library_plugin.h"
#include "pipeline/abi/host/library_sink.h"
#include "pipeline/abi/host/library_source.h"
#include "pipeline/abi/host/library_transform.h"
#include "pipeline/foreign/foreign_config.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::abi {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxPlugins = 1000;

// A plugin with the type of its configuration.
struct ReadyPlugin {
  LibraryPluginPtr plugin;
  std::shared_ptr<const ForeignConfig> config;

  uint32_t kind() const { return plugin->plugin.kind; }
  std::string name() const { return std::string(ToView(plugin->plugin.name)); }
};

absl::Status CheckVersion(const SluicePluginLibrary& library,
                          const std::string& path) {
  if (library.abi_major == SLUICE_ABI_MAJOR) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is built for version ", library.abi_major, ".", library.abi_minor,
      " of the plugin ABI, and sluice ", std::string(ToView(Host().version)),
      " has version ", SLUICE_ABI_MAJOR, ".", SLUICE_ABI_MINOR,
      library.abi_major > SLUICE_ABI_MAJOR
          ? "; run a newer sluice, or build the library with this one's headers"
          : "; build the library anew, with this one's headers"));
}

absl::Status CheckNeeds(uint64_t needs, const std::string& path) {
  const uint64_t missing = needs & ~Host().capabilities;
  if (missing == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, " needs what sluice ", std::string(ToView(Host().version)),
      " does not offer (capabilities 0x", absl::Hex(missing),
      "); run a newer sluice"));
}

absl::StatusOr<SluicePluginList> Open(const SluicePluginLibrary& library,
                                      const std::string& path) {
  if (library.open == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has no open, which every library needs"));
  }
  ErrorText error;
  const SluicePluginList* list = nullptr;
  const SluiceCode code = library.open(&Host(), &list, error.receiver());
  if (code != SLUICE_OK) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " refuses: ", std::string(ToStatus(code, error).message())));
  }
  const SluicePluginList read = ReadStruct(list);
  if (read.plugins == nullptr || read.plugin_count == 0 ||
      read.plugin_count > kMaxPlugins) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " lists ", read.plugin_count,
                     " plugins; allowed: 1 to ", kMaxPlugins));
  }
  return read;
}

absl::StatusOr<std::vector<ReadyPlugin>> ReadLibrary(
    const SluicePluginLibrary& borrowed, const std::string& path) {
  SLUICE_RETURN_IF_ERROR(CheckVersion(borrowed, path));
  const SluicePluginLibrary library = ReadStruct(&borrowed);
  SLUICE_RETURN_IF_ERROR(CheckNeeds(library.needs, path));
  SLUICE_ASSIGN_OR_RETURN(const SluicePluginList list, Open(library, path));
  std::vector<ReadyPlugin> plugins;
  std::set<std::pair<uint32_t, std::string>> names;
  for (size_t i = 0; i < list.plugin_count; ++i) {
    ReadyPlugin ready;
    SLUICE_ASSIGN_OR_RETURN(ready.plugin, ReadPlugin(list.plugins[i], path));
    if (!names.emplace(ready.kind(), ready.name()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " lists the plugin ", ready.name(), " twice"));
    }
    auto config =
        ForeignConfig::Create(ToView(ready.plugin->plugin.config_files),
                              ToView(ready.plugin->plugin.config_message));
    if (!config.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          ready.plugin->label, ": ", std::string(config.status().message())));
    }
    ready.config = *std::move(config);
    plugins.push_back(std::move(ready));
  }
  return plugins;
}

// An entry of the table, whose components are made by `Wrapper`.
template <typename Component, typename Wrapper>
PluginEntry<Component> EntryOf(const ReadyPlugin& ready,
                               const std::string& path) {
  PluginEntry<Component> entry = MakeForeignEntry<Component>(
      ready.config, Text(ready.plugin->plugin.summary));
  entry.library = path;
  entry.create =
      [plugin = ready.plugin](
          const Message& config) -> absl::StatusOr<std::unique_ptr<Component>> {
    SLUICE_ASSIGN_OR_RETURN(
        Instance instance,
        Instance::Create(plugin, config.SerializeAsString()));
    return std::make_unique<Wrapper>(std::move(instance));
  };
  return entry;
}

// What a registry calls this plugin if it has one of its kind and name.
const char* PresentKind(const ReadyPlugin& ready,
                        const PluginRegistry& registry) {
  const std::string name = ready.name();
  switch (ready.kind()) {
    case SLUICE_KIND_SOURCE:
      return registry.source(name) != nullptr ? "source" : nullptr;
    case SLUICE_KIND_TRANSFORM:
      return registry.transform(name) != nullptr ? "transform" : nullptr;
    default:
      return registry.sink(name) != nullptr ? "sink" : nullptr;
  }
}

absl::Status AddAll(const std::vector<ReadyPlugin>& plugins,
                    const std::string& path, PluginRegistry& registry) {
  for (const ReadyPlugin& ready : plugins) {
    const char* kind = PresentKind(ready, registry);
    if (kind == nullptr) continue;
    return absl::AlreadyExistsError(absl::StrCat(
        path, " has a ", kind, " ", ready.name(),
        ", and there is one of this name already; give it another name"));
  }
  for (const ReadyPlugin& ready : plugins) {
    switch (ready.kind()) {
      case SLUICE_KIND_SOURCE:
        SLUICE_RETURN_IF_ERROR(registry.Add(
            ready.name(), EntryOf<Source, LibrarySource>(ready, path)));
        break;
      case SLUICE_KIND_TRANSFORM:
        SLUICE_RETURN_IF_ERROR(registry.Add(
            ready.name(), EntryOf<Transform, LibraryTransform>(ready, path)));
        break;
      default:
        SLUICE_RETURN_IF_ERROR(registry.Add(
            ready.name(), EntryOf<Sink, LibrarySink>(ready, path)));
    }
  }
  return absl::OkStatus();
}

// The libraries of this process that were opened, by what they export. A
// library is opened once, and never unloaded: Protobuf keeps pointers to its
// message types, and its threads may run on.
class OpenLibraries {
 public:
  absl::StatusOr<std::vector<ReadyPlugin>> Get(
      const SluicePluginLibrary& library, const std::string& path) {
    absl::MutexLock lock(&mu_);
    const auto found = libraries_.find(&library);
    if (found != libraries_.end()) return found->second;
    SLUICE_ASSIGN_OR_RETURN(std::vector<ReadyPlugin> plugins,
                            ReadLibrary(library, path));
    libraries_.emplace(&library, plugins);
    return plugins;
  }

 private:
  absl::Mutex mu_;
  std::map<const SluicePluginLibrary*, std::vector<ReadyPlugin>> libraries_
      ABSL_GUARDED_BY(mu_);
};

std::atomic<bool> g_forbidden = false;

absl::StatusOr<void*> LoadFile(const std::string& path) {
  // A name without a slash would be looked for elsewhere. RTLD_LOCAL: what it
  // exports beside its one symbol is nobody else's.
  const std::string file =
      path.find('/') == std::string::npos ? absl::StrCat("./", path) : path;
  constexpr int kMode = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
  if (g_forbidden) {
    void* loaded = dlopen(file.c_str(), kMode | RTLD_NOLOAD);
    if (loaded != nullptr) return loaded;
    return absl::FailedPreconditionError(
        absl::StrCat(path,
                     " is not loaded yet, which can be done only before "
                     "pipelines run; start sluice anew with it"));
  }
  void* handle = dlopen(file.c_str(), kMode);
  if (handle != nullptr) return handle;
  const char* reason = dlerror();
  return absl::InvalidArgumentError(absl::StrCat(
      "cannot load ", path, ": ", reason == nullptr ? "?" : reason));
}

// A fifo would keep the loader waiting, and what it says about a folder is
// little help.
absl::Status CheckFile(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot load ", path, ": ", std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot load ", path, ": it is not a file"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadPluginLibrary(const std::string& path,
                               PluginRegistry& registry) {
  SLUICE_RETURN_IF_ERROR(CheckFile(path));
  SLUICE_ASSIGN_OR_RETURN(void* const handle, LoadFile(path));
  const void* symbol = dlsym(handle, "sluice_plugin_library");
  if (symbol == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        " is no plugin library: it has no symbol sluice_plugin_library; build "
        "it as docs/plugin_abi.md says"));
  }
  static OpenLibraries* const libraries = new OpenLibraries;
  SLUICE_ASSIGN_OR_RETURN(
      const std::vector<ReadyPlugin> plugins,
      libraries->Get(*static_cast<const SluicePluginLibrary*>(symbol), path));
  return AddAll(plugins, path, registry);
}

void ForbidNewLibraries() { g_forbidden = true; }

absl::Status AddPluginsOf(const SluicePluginLibrary& library,
                          const std::string& path, PluginRegistry& registry) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<ReadyPlugin> plugins,
                          ReadLibrary(library, path));
  return AddAll(plugins, path, registry);
}

}  // namespace sluice::abi
