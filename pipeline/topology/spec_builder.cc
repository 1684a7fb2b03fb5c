#include "pipeline/topology/spec_builder.h"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "pipeline/net/listen_address.h"
#include "pipeline/topology/admin_spec.h"
#include "pipeline/topology/memory_plan.h"
#include "pipeline/topology/scalar_values.h"

namespace sluice {
namespace {

using google::protobuf::Message;

constexpr uint64_t kMaxBytes = uint64_t{100} << 40;
constexpr uint64_t kMinMemoryBytes = uint64_t{16} << 20;
constexpr uint64_t kMinLogBytes = uint64_t{1} << 20;
constexpr uint64_t kMinDeadLetterBytes = uint64_t{1} << 20;
constexpr uint64_t kMinMaxEventBytes = uint64_t{1} << 10;
constexpr uint64_t kMaxMaxEventBytes = uint64_t{64} << 20;
constexpr absl::Duration kMaxDedupeWindow = absl::Hours(24 * 30);
constexpr absl::Duration kMaxRetryWait = absl::Hours(24);
constexpr size_t kMaxNameBytes = 63;

// A value of an environment variable this short is not taken out of messages:
// it would be found in every other word, and is no secret.
constexpr size_t kMinRedactedBytes = 4;

class RegistryTable final : public PluginTable {
 public:
  explicit RegistryTable(const PluginRegistry& registry)
      : registry_(registry) {}

  std::shared_ptr<Message> NewConfig(
      const google::protobuf::Descriptor& component,
      std::string_view name) const override {
    if (&component == config::v1::Source::descriptor()) {
      return ConfigOf(registry_.source(name));
    }
    if (&component == config::v1::Transform::descriptor()) {
      return ConfigOf(registry_.transform(name));
    }
    if (&component == config::v1::Sink::descriptor()) {
      return ConfigOf(registry_.sink(name));
    }
    return nullptr;
  }

  std::vector<std::string> Names(
      const google::protobuf::Descriptor& component) const override {
    if (&component == config::v1::Source::descriptor()) {
      return registry_.source_names();
    }
    if (&component == config::v1::Transform::descriptor()) {
      return registry_.transform_names();
    }
    if (&component == config::v1::Sink::descriptor()) {
      return registry_.sink_names();
    }
    return {};
  }

  std::string OtherKind(std::string_view name) const override {
    if (registry_.source(name) != nullptr) return "a source";
    if (registry_.transform(name) != nullptr) return "a transform";
    if (registry_.sink(name) != nullptr) return "a sink";
    return "";
  }

 private:
  template <typename Component>
  static std::shared_ptr<Message> ConfigOf(
      const PluginEntry<Component>* entry) {
    return entry == nullptr ? nullptr : entry->NewConfig();
  }

  const PluginRegistry& registry_;
};

// The items of a message's map in order of their names.
template <typename Map>
auto InOrder(const Map& map) {
  std::map<std::string_view, const typename Map::mapped_type*> ordered;
  for (const auto& [name, value] : map) ordered.emplace(name, &value);
  return ordered;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

std::string CountOf(size_t n, std::string_view noun) {
  return absl::StrCat(n, " ", std::string(noun), n == 1 ? "" : "s");
}

class Builder {
 public:
  Builder(const ReadResult& read, const PluginRegistry& registry,
          ConfigProblems& problems)
      : read_(read), registry_(registry), problems_(problems) {}

  ProcessSpec Build(const config::v1::Config& config) {
    ProcessSpec spec;
    spec.data_dir = config.data_dir();
    if (spec.data_dir.empty() && !problems_.HasPath("data_dir")) {
      Add("data_dir",
          "a data directory is needed: the folder that keeps the logs, e.g. "
          "/var/lib/sluice");
    }
    spec.memory_bytes = Bytes("memory_bytes", config.memory_bytes(),
                              spec.memory_bytes, kMinMemoryBytes, kMaxBytes);
    BuildAdmin(config.admin(), &spec);
    CheckNotEmpty("pipelines", config.pipelines().empty(), "pipeline");
    for (const auto& [name, pipeline] : InOrder(config.pipelines())) {
      spec.pipelines.push_back(BuildPipeline(name, *pipeline));
    }
    CheckMemory(spec);
    if (config.has_monitoring()) {
      spec.monitoring = BuildMonitoring("monitoring", config.monitoring());
    }
    return spec;
  }

 private:
  void BuildAdmin(const config::v1::Admin& config, ProcessSpec* spec) {
    absl::StatusOr<AdminSpec> built = BuildAdminSpec(config, spec->data_dir);
    if (built.ok()) {
      spec->admin = *std::move(built);
      return;
    }
    const std::string path = JoinKey("admin", ConfigErrorField(built.status()));
    if (problems_.HasPath(path)) return;
    Add(path, std::string(built.status().message()));
  }

  // Says nothing about a file with other mistakes: they may be the reason.
  void CheckMemory(const ProcessSpec& spec) {
    const uint64_t least = LeastMemory(spec);
    if (!problems_.empty() || spec.memory_bytes >= least) return;
    size_t sinks = 0;
    for (const PipelineSpec& pipeline : spec.pipelines) {
      sinks += pipeline.sinks.size();
    }
    constexpr uint64_t kMiB = 1 << 20;
    Add("memory_bytes",
        absl::StrCat(ByteSizeText(spec.memory_bytes), " is not enough for ",
                     CountOf(spec.pipelines.size(), "pipeline"), " with ",
                     CountOf(sinks, "sink"),
                     " and events as large as max_event_bytes; give at least ",
                     ByteSizeText((least + kMiB - 1) / kMiB * kMiB)));
  }

  void Add(std::string_view path, std::string_view message) {
    problems_.Add(read_.lines.Find(path), path, message);
  }

  // Whether the file gives `path`, with a value that could be read.
  bool Given(std::string_view path) const {
    return read_.lines.Has(path) && !problems_.HasPath(path);
  }

  uint64_t Bytes(std::string_view path, uint64_t value, uint64_t fallback,
                 uint64_t min, uint64_t max) {
    if (!Given(path)) return fallback;
    if (value >= min && value <= max) return value;
    Add(path, absl::StrCat("must be from ", ByteSizeText(min), " to ",
                           ByteSizeText(max)));
    return fallback;
  }

  absl::Duration Time(std::string_view path,
                      const google::protobuf::Duration& value,
                      absl::Duration fallback, absl::Duration min,
                      absl::Duration max) {
    if (!Given(path)) return fallback;
    const absl::Duration duration = FromProto(value);
    if (duration >= min && duration <= max) return duration;
    Add(path, max == absl::InfiniteDuration()
                  ? absl::StrCat("must be at least ", DurationText(min))
                  : absl::StrCat("must be from ", DurationText(min), " to ",
                                 DurationText(max)));
    return fallback;
  }

  void CheckNotEmpty(std::string_view path, bool empty, const char* what) {
    if (!empty || problems_.HasPath(path)) return;
    Add(path,
        absl::StrCat("at least one ", what, " is needed; give it a name: ",
                     std::string(path.substr(path.rfind('.') + 1)),
                     ": {NAME: {...}}"));
  }

  // Names become folders and labels of metrics.
  void CheckName(std::string_view name, std::string_view path) {
    const auto is_alnum = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    };
    const bool good = !name.empty() && name.size() <= kMaxNameBytes &&
                      is_alnum(name.front()) &&
                      std::all_of(name.begin(), name.end(), [&](char c) {
                        return is_alnum(c) || c == '_' || c == '-';
                      });
    if (good) return;
    Add(path, absl::StrCat(Quote(name), " cannot be a name; allowed: 1 to ",
                           kMaxNameBytes,
                           " of a-z, 0-9, _ and -, the first a letter or a "
                           "digit"));
  }

  PipelineSpec BuildPipeline(std::string_view name,
                             const config::v1::Pipeline& config) {
    const std::string path = JoinKey("pipelines", name);
    CheckName(name, path);
    PipelineSpec spec;
    spec.name = name;
    BuildLog(JoinKey(path, "log"), config.log(), &spec);
    BuildDeadLetters(JoinKey(path, "dead_letters"), config.dead_letters(),
                     &spec);
    spec.max_event_bytes =
        Bytes(JoinKey(path, "max_event_bytes"), config.max_event_bytes(),
              spec.max_event_bytes, kMinMaxEventBytes,
              std::min(kMaxMaxEventBytes, spec.log.max_bytes));
    config::v1::AcknowledgementLevel acknowledge = config.acknowledge();
    if (acknowledge == config::v1::ACKNOWLEDGEMENT_LEVEL_UNSPECIFIED) {
      acknowledge = SourceSpec().acknowledge;
    }
    BuildSources(JoinKey(path, "sources"), config, acknowledge, &spec);
    for (int i = 0; i < config.transforms_size(); ++i) {
      TransformSpec transform;
      FillPlugin(JoinIndex(JoinKey(path, "transforms"), i),
                 &PluginRegistry::transform, &transform);
      spec.transforms.push_back(std::move(transform));
    }
    BuildSinks(JoinKey(path, "sinks"), config, &spec);
    return spec;
  }

  MonitoringSpec BuildMonitoring(const std::string& path,
                                 const config::v1::Monitoring& config) {
    MonitoringSpec spec;
    const std::string listen_path = JoinKey(path, "listen");
    if (config.listen().empty()) {
      if (!problems_.HasWithin(path)) {
        Add(listen_path,
            "an address to listen on is needed, e.g. 127.0.0.1:9464");
      }
      return spec;
    }
    const absl::StatusOr<ListenAddress> listen =
        ParseListenAddress(config.listen());
    if (!listen.ok()) {
      Add(listen_path, std::string(listen.status().message()));
      return spec;
    }
    spec.address = listen->address;
    spec.port = listen->port;
    return spec;
  }

  void BuildLog(const std::string& path, const config::v1::Log& config,
                PipelineSpec* spec) {
    LogOptions& log = spec->log;
    if (config.overflow() != config::v1::OVERFLOW_POLICY_UNSPECIFIED) {
      spec->overflow = config.overflow();
    }
    log.max_bytes = Bytes(JoinKey(path, "max_bytes"), config.max_bytes(),
                          log.max_bytes, kMinLogBytes, kMaxBytes);
    log.retain_time =
        Time(JoinKey(path, "retain_time"), config.retain_time(),
             log.retain_time, absl::ZeroDuration(), absl::InfiniteDuration());
    log.retain_bytes =
        Bytes(JoinKey(path, "retain_bytes"), config.retain_bytes(),
              log.retain_bytes, 0, log.max_bytes);
    log.dedupe_window =
        Time(JoinKey(path, "dedupe_window"), config.dedupe_window(),
             log.dedupe_window, absl::ZeroDuration(), kMaxDedupeWindow);
  }

  void BuildDeadLetters(const std::string& path,
                        const config::v1::DeadLetters& config,
                        PipelineSpec* spec) {
    LogOptions& log = spec->log;
    log.dead_letter_max_bytes =
        Bytes(JoinKey(path, "max_bytes"), config.max_bytes(),
              log.dead_letter_max_bytes, kMinDeadLetterBytes, kMaxBytes);
    log.dead_letter_max_age = Time(JoinKey(path, "max_age"), config.max_age(),
                                   log.dead_letter_max_age, absl::Seconds(1),
                                   absl::InfiniteDuration());
  }

  void BuildSources(const std::string& path, const config::v1::Pipeline& config,
                    config::v1::AcknowledgementLevel acknowledge,
                    PipelineSpec* spec) {
    CheckNotEmpty(path, config.sources().empty(), "source");
    for (const auto& [name, source] : InOrder(config.sources())) {
      SourceSpec built;
      built.name = name;
      built.acknowledge =
          source->acknowledge() == config::v1::ACKNOWLEDGEMENT_LEVEL_UNSPECIFIED
              ? acknowledge
              : source->acknowledge();
      const std::string source_path = JoinKey(path, name);
      CheckName(name, source_path);
      FillPlugin(source_path, &PluginRegistry::source, &built);
      spec->sources.push_back(std::move(built));
    }
  }

  void BuildSinks(const std::string& path, const config::v1::Pipeline& config,
                  PipelineSpec* spec) {
    CheckNotEmpty(path, config.sinks().empty(), "sink");
    for (const auto& [name, sink] : InOrder(config.sinks())) {
      SinkSpec built;
      built.name = name;
      const std::string sink_path = JoinKey(path, name);
      CheckName(name, sink_path);
      if (config.sources().contains(std::string(name))) {
        // Metrics and dead letters name a component by its name alone.
        Add(sink_path, "a source of this pipeline has the same name");
      }
      built.retry = BuildRetry(JoinKey(sink_path, "retry"), sink->retry());
      if (sink->on_unknown() != config::v1::UNKNOWN_POLICY_UNSPECIFIED) {
        built.on_unknown = sink->on_unknown();
      }
      built.start_from_oldest = sink->start() != config::v1::NEWEST;
      FillPlugin(sink_path, &PluginRegistry::sink, &built);
      spec->sinks.push_back(std::move(built));
    }
  }

  RetryPolicy BuildRetry(const std::string& path,
                         const config::v1::Retry& config) {
    RetryPolicy retry;
    const std::string max_path = JoinKey(path, "max");
    retry.max = Time(max_path, config.max(), retry.max, absl::Milliseconds(1),
                     kMaxRetryWait);
    // A short `max` alone takes `initial` down with it.
    retry.initial = Time(JoinKey(path, "initial"), config.initial(),
                         std::min(retry.initial, retry.max),
                         absl::Milliseconds(1), retry.max);
    retry.max_attempts = config.max_attempts();
    retry.max_age =
        Time(JoinKey(path, "max_age"), config.max_age(), retry.max_age,
             absl::Milliseconds(1), absl::InfiniteDuration());
    return retry;
  }

  // Sets `plugin` and `create` of a spec from the plugin at `path`, after the
  // factory has accepted its configuration.
  template <typename Component, typename Spec>
  void FillPlugin(const std::string& path,
                  const PluginEntry<Component>* (PluginRegistry::*find)(
                      std::string_view) const,
                  Spec* spec) {
    const auto found = read_.plugins.find(path);
    if (found == read_.plugins.end()) return;  // A mistake noted already.
    const PluginConfig& plugin = found->second;
    spec->plugin = plugin.name;
    spec->config = plugin.config;
    const PluginEntry<Component>& entry = *(registry_.*find)(plugin.name);
    spec->origin = entry.origin;
    spec->create = [create = entry.create, config = plugin.config] {
      return create(*config);
    };
    const absl::Status status = TryCreate(spec->create);
    if (status.ok()) return;
    std::string field_path = JoinKey(path, plugin.name);
    const std::string field = ConfigErrorField(status);
    if (!field.empty() && field.front() != '[') field_path += '.';
    field_path += field;
    // With mistakes in it already, only what is said of a value that stands in
    // the file and could be read is sure to be more than a consequence.
    if (!plugin.complete && (field.empty() || !read_.lines.Has(field_path) ||
                             problems_.HasWithin(field_path))) {
      return;
    }
    Add(field_path, WithoutVariables(read_, std::string(status.message())));
  }

  template <typename Factory>
  static absl::Status TryCreate(const Factory& create) {
    try {
      return create().status();
    } catch (const std::exception& error) {
      return absl::InternalError(
          absl::StrCat("the plugin failed on this: ", error.what()));
    } catch (...) {
      return absl::InternalError("the plugin failed on this");
    }
  }

  const ReadResult& read_;
  const PluginRegistry& registry_;
  ConfigProblems& problems_;
};

}  // namespace

std::unique_ptr<PluginTable> MakePluginTable(const PluginRegistry& registry) {
  return std::make_unique<RegistryTable>(registry);
}

std::string WithoutVariables(const ReadResult& read, std::string message) {
  for (const auto& [name, value] : read.variables) {
    if (value.size() < kMinRedactedBytes) continue;
    message =
        absl::StrReplaceAll(message, {{value, absl::StrCat("${", name, "}")}});
  }
  return message;
}

ProcessSpec BuildSpec(const config::v1::Config& config, const ReadResult& read,
                      const PluginRegistry& registry,
                      ConfigProblems& problems) {
  return Builder(read, registry, problems).Build(config);
}

}  // namespace sluice
