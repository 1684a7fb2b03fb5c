#include "pipeline/abi/host/library_plugin.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/abi/host/component_host.h"
#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"

namespace sluice::abi {
namespace {

constexpr size_t kMaxNameBytes = 63;
// The highest code there is (absl::StatusCode::kUnauthenticated).
constexpr SluiceCode kLastCode = 16;

// As names of components: plugins are keys of a configuration.
bool IsPluginName(std::string_view name) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= kMaxNameBytes && is_alnum(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alnum(c) || c == '_' || c == '-';
         });
}

absl::Status Missing(const std::string& label, const char* what) {
  return absl::InvalidArgumentError(
      absl::StrCat(label, " has no ", what,
                   ", which every plugin of its kind needs; see "
                   "pipeline/abi/plugin_abi.h"));
}

absl::Status ReadFunctions(LibraryPlugin& plugin) {
  switch (plugin.plugin.kind) {
    case SLUICE_KIND_SOURCE:
      plugin.source = ReadStruct(plugin.plugin.source);
      if (plugin.source.start == nullptr) return Missing(plugin.label, "start");
      if (plugin.source.stop == nullptr) return Missing(plugin.label, "stop");
      return absl::OkStatus();
    case SLUICE_KIND_TRANSFORM:
      plugin.transform = ReadStruct(plugin.plugin.transform);
      if (plugin.transform.apply == nullptr) {
        return Missing(plugin.label, "apply");
      }
      return absl::OkStatus();
    case SLUICE_KIND_SINK:
      plugin.sink = ReadStruct(plugin.plugin.sink);
      if (plugin.sink.start == nullptr) return Missing(plugin.label, "start");
      if (plugin.sink.deliver == nullptr) {
        return Missing(plugin.label, "deliver");
      }
      if (plugin.sink.stop == nullptr) return Missing(plugin.label, "stop");
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError(
          absl::StrCat(plugin.label, " is of kind ", plugin.plugin.kind,
                       "; there are 1 (source), 2 (transform) and 3 (sink)"));
  }
}

}  // namespace

absl::StatusOr<LibraryPluginPtr> ReadPlugin(const SluicePlugin* borrowed,
                                            const std::string& library) {
  auto read = std::make_shared<LibraryPlugin>();
  read->plugin = ReadStruct(borrowed);
  const SluicePlugin& plugin = read->plugin;
  if (!IsValid(plugin.name) || !IsPluginName(ToView(plugin.name))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a plugin of ", library, " has the name \"", Text(plugin.name, 100),
        "\"; allowed: 1 to 63 of a-z, 0-9, _ and -, the first a letter or a "
        "digit"));
  }
  read->label = absl::StrCat("plugin ", std::string(ToView(plugin.name)),
                             " of ", library);
  if (!IsValid(plugin.summary) || !IsValid(plugin.config_files) ||
      !IsValid(plugin.config_message)) {
    return absl::InvalidArgumentError(absl::StrCat(
        read->label, " gives bytes that are nowhere: a size without data"));
  }
  if (plugin.create == nullptr) return Missing(read->label, "create");
  if (plugin.destroy == nullptr) return Missing(read->label, "destroy");
  SLUICE_RETURN_IF_ERROR(ReadFunctions(*read));
  return read;
}

absl::Status ToStatus(SluiceCode code, const ErrorText& error) {
  if (code == SLUICE_OK) return absl::OkStatus();
  const std::string message = Text(ToBytes(error.message()));
  if (!error.field().empty()) {
    return ConfigError(Text(ToBytes(error.field())), message);
  }
  return absl::Status(code > 0 && code <= kLastCode
                          ? static_cast<absl::StatusCode>(code)
                          : absl::StatusCode::kUnknown,
                      message.empty() ? "it does not say why" : message);
}

absl::StatusOr<Instance> Instance::Create(LibraryPluginPtr plugin,
                                          std::string_view config) {
  ErrorText error;
  void* instance = nullptr;
  const SluiceCode code = plugin->plugin.create(
      plugin->plugin.context, ToBytes(config), &instance, error.receiver());
  SLUICE_RETURN_IF_ERROR(ToStatus(code, error));
  if (instance == nullptr) {
    return absl::InternalError(
        absl::StrCat(plugin->label, " made nothing, and called that success"));
  }
  return Instance(std::move(plugin), instance);
}

Instance::Instance(Instance&& other) noexcept
    : plugin_(std::move(other.plugin_)),
      instance_(std::exchange(other.instance_, nullptr)) {}

Instance::~Instance() {
  if (instance_ != nullptr) plugin_->plugin.destroy(instance_);
}

}  // namespace sluice::abi
