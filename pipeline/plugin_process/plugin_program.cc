#include "pipeline/plugin_process/plugin_program.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "pipeline/foreign/foreign_config.h"
#include "pipeline/plugin_process/process_sink.h"
#include "pipeline/plugin_process/process_source.h"
#include "pipeline/plugin_process/program_spec.h"
#include "storage/base/status_macros.h"

namespace sluice::plugin_process {
namespace {

using google::protobuf::Message;
using plugin::v1::CheckRequest;
using plugin::v1::CheckResponse;
using plugin::v1::DescribeResponse;
using plugin::v1::PluginDescription;
using plugin::v1::PluginKind;

constexpr int kMaxPlugins = 1000;
constexpr size_t kMaxNameBytes = 63;
constexpr size_t kMaxSummaryBytes = 300;

bool IsPluginName(std::string_view name) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= kMaxNameBytes && is_alnum(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alnum(c) || c == '_' || c == '-';
         });
}

// The same bytes for the same configuration.
std::string Serialize(const Message& config) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  {
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    config.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// Asks a program whether configurations are good, once for each.
//
// Thread-safety: all methods from any thread.
class Checker {
 public:
  Checker(std::shared_ptr<const ProgramSpec> spec,
          const std::shared_ptr<PluginProbe>& probe)
      : spec_(std::move(spec)), probe_(probe) {}

  absl::StatusOr<CheckResponse> Check(const PluginChoice& choice) {
    absl::MutexLock lock(&mu_);
    const Key key = {choice.kind, choice.plugin, choice.config};
    const auto found = good_.find(key);
    if (found != good_.end()) return found->second;
    CheckRequest request;
    request.set_kind(choice.kind);
    request.set_plugin(choice.plugin);
    request.set_config(choice.config);
    std::shared_ptr<PluginProbe> probe = probe_.lock();
    if (probe == nullptr) probe = std::make_shared<PluginProbe>(spec_);
    SLUICE_ASSIGN_OR_RETURN(CheckResponse response, probe->Check(request));
    if (response.error().empty()) {
      good_.emplace(key, response);
      return response;
    }
    const std::string error = BoundedText(response.error());
    if (response.error_field().empty()) {
      return absl::InvalidArgumentError(error);
    }
    return ConfigError(BoundedText(response.error_field()), error);
  }

 private:
  using Key = std::tuple<PluginKind, std::string, std::string>;

  const std::shared_ptr<const ProgramSpec> spec_;
  const std::weak_ptr<PluginProbe> probe_;
  // Held while the program is asked: a probe answers one at a time.
  absl::Mutex mu_;
  std::map<Key, CheckResponse> good_ ABSL_GUARDED_BY(mu_);
};

// A plugin with the type of its configuration.
struct ReadyPlugin {
  PluginChoice choice;  // Without a configuration.
  std::string summary;
  std::shared_ptr<const ForeignConfig> config;
};

absl::Status CheckKind(const PluginDescription& description,
                       const std::string& label) {
  switch (description.kind()) {
    case plugin::v1::SOURCE:
    case plugin::v1::SINK:
      return absl::OkStatus();
    case plugin::v1::TRANSFORM:
      return absl::InvalidArgumentError(absl::StrCat(
          label,
          " is a transform, and only sources and sinks can be processes; link "
          "it in, or load it from a library"));
    default:
      return absl::InvalidArgumentError(absl::StrCat(
          label, " is of kind ", static_cast<int>(description.kind()),
          "; there are 1 (source) and 3 (sink)"));
  }
}

absl::StatusOr<ReadyPlugin> ReadPlugin(
    const PluginDescription& description,
    const std::shared_ptr<const ProgramSpec>& spec) {
  if (!IsPluginName(description.name())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a plugin of ", spec->label(), " has the name \"",
        BoundedText(description.name(), 100),
        "\"; allowed: 1 to 63 of a-z, 0-9, _ and -, the first a letter or a "
        "digit"));
  }
  ReadyPlugin ready;
  ready.choice = {spec, description.kind(), description.name(), ""};
  SLUICE_RETURN_IF_ERROR(CheckKind(description, ready.choice.label()));
  ready.summary = BoundedText(description.summary(), kMaxSummaryBytes);
  auto config = ForeignConfig::Create(description.config_files(),
                                      description.config_message());
  if (!config.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        ready.choice.label(), ": ", std::string(config.status().message())));
  }
  ready.config = *std::move(config);
  return ready;
}

absl::StatusOr<std::vector<ReadyPlugin>> ReadPlugins(
    const DescribeResponse& described,
    const std::shared_ptr<const ProgramSpec>& spec) {
  if (described.plugins().empty() || described.plugins_size() > kMaxPlugins) {
    return absl::InvalidArgumentError(
        absl::StrCat(spec->label(), " lists ", described.plugins_size(),
                     " plugins; allowed: 1 to ", kMaxPlugins));
  }
  std::vector<ReadyPlugin> plugins;
  std::set<std::pair<PluginKind, std::string>> names;
  for (const PluginDescription& description : described.plugins()) {
    SLUICE_ASSIGN_OR_RETURN(ReadyPlugin ready, ReadPlugin(description, spec));
    if (!names.emplace(description.kind(), description.name()).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          spec->label(), " lists the plugin ", description.name(), " twice"));
    }
    plugins.push_back(std::move(ready));
  }
  return plugins;
}

std::unique_ptr<Sink> MakeSink(PluginChoice choice,
                               const CheckResponse& checked) {
  const SinkTraits traits =
      ReadSinkTraits(checked.sink(), choice.program->max_message_bytes);
  return std::make_unique<ProcessSink>(std::move(choice), traits);
}

std::unique_ptr<Source> MakeSource(PluginChoice choice,
                                   const CheckResponse& checked) {
  SourceTraits traits;
  traits.may_repeat = !checked.source().never_repeats();
  return std::make_unique<ProcessSource>(std::move(choice), traits);
}

// An entry of the table, whose components `make` makes.
template <typename Component>
PluginEntry<Component> EntryOf(
    const ReadyPlugin& ready, const std::shared_ptr<Checker>& checker,
    const std::string& origin,
    std::unique_ptr<Component> (*make)(PluginChoice, const CheckResponse&)) {
  PluginEntry<Component> entry =
      MakeForeignEntry<Component>(ready.config, ready.summary);
  entry.process = ready.choice.program->name;
  entry.origin = origin;
  entry.create =
      [choice = ready.choice, checker, make](
          const Message& config) -> absl::StatusOr<std::unique_ptr<Component>> {
    PluginChoice configured = choice;
    configured.config = Serialize(config);
    SLUICE_ASSIGN_OR_RETURN(const CheckResponse checked,
                            checker->Check(configured));
    return make(std::move(configured), checked);
  };
  return entry;
}

absl::Status CheckNames(const std::vector<ReadyPlugin>& plugins,
                        const PluginRegistry& registry) {
  for (const ReadyPlugin& ready : plugins) {
    const std::string& name = ready.choice.plugin;
    const bool is_source = ready.choice.kind == plugin::v1::SOURCE;
    if (is_source ? registry.source(name) == nullptr
                  : registry.sink(name) == nullptr) {
      continue;
    }
    return absl::AlreadyExistsError(absl::StrCat(
        ready.choice.program->label(), " has a ",
        is_source ? "source " : "sink ", name,
        ", and there is one of this name already; give it another name"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddPluginsOfProgram(const config::v1::PluginProgram& config,
                                 PluginRegistry& registry, Probes& probes) {
  SLUICE_ASSIGN_OR_RETURN(ProgramSpec read, ReadProgramSpec(config));
  const auto spec = std::make_shared<const ProgramSpec>(std::move(read));
  const auto probe = std::make_shared<PluginProbe>(spec);
  SLUICE_ASSIGN_OR_RETURN(const DescribeResponse described, probe->Describe());
  SLUICE_ASSIGN_OR_RETURN(const std::vector<ReadyPlugin> plugins,
                          ReadPlugins(described, spec));
  SLUICE_RETURN_IF_ERROR(CheckNames(plugins, registry));
  probes.push_back(probe);
  const auto checker = std::make_shared<Checker>(spec, probe);
  const std::string origin = Serialize(config);
  for (const ReadyPlugin& ready : plugins) {
    if (ready.choice.kind == plugin::v1::SOURCE) {
      SLUICE_RETURN_IF_ERROR(
          registry.Add(ready.choice.plugin,
                       EntryOf<Source>(ready, checker, origin, MakeSource)));
    } else {
      SLUICE_RETURN_IF_ERROR(
          registry.Add(ready.choice.plugin,
                       EntryOf<Sink>(ready, checker, origin, MakeSink)));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::plugin_process
