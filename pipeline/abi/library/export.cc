#include "pipeline/abi/library/export.h"

#include <climits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/library/exported_sink.h"
#include "pipeline/abi/library/exported_source.h"
#include "pipeline/abi/library/exported_transform.h"
#include "pipeline/abi/library/guarded.h"
#include "pipeline/abi/library/private_descriptors.h"
#include "storage/base/status_macros.h"

namespace sluice::abi {
namespace {

using google::protobuf::Message;

absl::StatusOr<std::unique_ptr<Message>> ReadConfig(const Message& prototype,
                                                    SluiceBytes bytes) {
  std::unique_ptr<Message> config(prototype.New());
  if (bytes.size > INT_MAX ||
      !config->ParseFromArray(bytes.data, static_cast<int>(bytes.size))) {
    return absl::InvalidArgumentError(
        "the configuration that the host passes on cannot be read");
  }
  return config;
}

// One plugin of this library, with everything its description points to. Stays
// where it is.
class ExportedPlugin {
 public:
  virtual ~ExportedPlugin() = default;
  virtual absl::StatusOr<void*> Create(SluiceBytes config) const = 0;

  const SluicePlugin* description() const { return &description_; }

 protected:
  ExportedPlugin(const SluiceHost* host, uint32_t kind, std::string name,
                 const std::string& summary, const Message& config)
      : host_(host), name_(std::move(name)), summary_(summary) {
    const PrivateDescriptors& descriptors = PrivateDescriptors::OfThisLibrary();
    config_files_ = DescribeFiles(descriptors, *config.GetDescriptor());
    config_message_ = descriptors.OriginalName(*config.GetDescriptor());
    description_.struct_size = sizeof(description_);
    description_.context = this;
    description_.kind = kind;
    description_.name = ToBytes(name_);
    description_.summary = ToBytes(summary_);
    description_.config_files = ToBytes(config_files_);
    description_.config_message = ToBytes(config_message_);
    description_.create = CreateInstance;
  }

  const SluiceHost* host() const { return host_; }
  SluicePlugin& description() { return description_; }

 private:
  static SluiceCode CreateInstance(void* context, SluiceBytes config,
                                   void** instance,
                                   const SluiceErrorReceiver* error) noexcept {
    const auto* self = static_cast<const ExportedPlugin*>(context);
    return Return(Guarded([&]() -> absl::Status {
                    SLUICE_ASSIGN_OR_RETURN(*instance, self->Create(config));
                    return absl::OkStatus();
                  }),
                  error);
  }

  const SluiceHost* const host_;
  const std::string name_;
  const std::string summary_;
  std::string config_files_;
  std::string config_message_;
  SluicePlugin description_ = {};
};

template <typename Component>
class PluginOf final : public ExportedPlugin {
 public:
  // `export_component` gives an instance for the functions of `Component`.
  using ExportComponent = void* (*)(const SluiceHost*,
                                    std::unique_ptr<Component>);

  // `entry` outlives this.
  PluginOf(const SluiceHost* host, uint32_t kind, const std::string& name,
           const PluginEntry<Component>* entry,
           ExportComponent export_component, void (*destroy)(void*))
      : ExportedPlugin(host, kind, name, entry->summary, *entry->config),
        entry_(entry),
        export_component_(export_component) {
    description().destroy = destroy;
  }

  using ExportedPlugin::description;

  absl::StatusOr<void*> Create(SluiceBytes config) const override {
    SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<Message> message,
                            ReadConfig(*entry_->config, config));
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Component> component,
                            entry_->create(*message));
    return export_component_(host(), std::move(component));
  }

 private:
  const PluginEntry<Component>* const entry_;
  const ExportComponent export_component_;
};

// Everything that a library tells the host.
class ExportedLibrary {
 public:
  PluginRegistry& registry() { return registry_; }

  // Describes what the registry has.
  void Describe(const SluiceHost* host) {
    for (const std::string& name : registry_.source_names()) {
      auto plugin = std::make_unique<PluginOf<Source>>(
          host, SLUICE_KIND_SOURCE, name, registry_.source(name), ExportSource,
          DestroyExportedSource);
      plugin->description().source = &ExportedSourceFunctions();
      plugins_.push_back(std::move(plugin));
    }
    for (const std::string& name : registry_.transform_names()) {
      auto plugin = std::make_unique<PluginOf<Transform>>(
          host, SLUICE_KIND_TRANSFORM, name, registry_.transform(name),
          ExportTransform, DestroyExportedTransform);
      plugin->description().transform = &ExportedTransformFunctions();
      plugins_.push_back(std::move(plugin));
    }
    for (const std::string& name : registry_.sink_names()) {
      auto plugin = std::make_unique<PluginOf<Sink>>(
          host, SLUICE_KIND_SINK, name, registry_.sink(name), ExportSink,
          DestroyExportedSink);
      plugin->description().sink = &ExportedSinkFunctions();
      plugins_.push_back(std::move(plugin));
    }
    for (const auto& plugin : plugins_) {
      descriptions_.push_back(plugin->description());
    }
    list_ = {sizeof(SluicePluginList), descriptions_.data(),
             descriptions_.size()};
  }

  const SluicePluginList* list() const { return &list_; }

 private:
  PluginRegistry registry_;
  std::vector<std::unique_ptr<const ExportedPlugin>> plugins_;
  std::vector<const SluicePlugin*> descriptions_;
  SluicePluginList list_ = {};
};

}  // namespace

SluiceCode OpenLibrary(RegisterPlugins register_plugins, const SluiceHost* host,
                       const SluicePluginList** list,
                       const SluiceErrorReceiver* error) noexcept {
  return Return(Guarded([&]() -> absl::Status {
                  auto library = std::make_unique<ExportedLibrary>();
                  SLUICE_RETURN_IF_ERROR(register_plugins(library->registry()));
                  library->Describe(host);
                  *list = library->list();
                  // The host keeps pointers into it.
                  static auto* const kept =
                      new std::vector<std::unique_ptr<ExportedLibrary>>;
                  kept->push_back(std::move(library));
                  return absl::OkStatus();
                }),
                error);
}

}  // namespace sluice::abi
