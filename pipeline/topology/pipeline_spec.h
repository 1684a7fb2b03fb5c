// What the runtime is to build: a checked configuration, every default filled
// in.
#ifndef PIPELINE_TOPOLOGY_PIPELINE_SPEC_H_
#define PIPELINE_TOPOLOGY_PIPELINE_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "pipeline/api/sink.h"
#include "pipeline/api/source.h"
#include "pipeline/api/transform.h"
#include "proto/config/v1/config.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// Plain values, copied freely. The defaults below and in LogOptions are those
// of the configuration file (docs/configuration.md); no other place has them.
// Enums never hold their UNSPECIFIED value here.

// `create` makes a fresh instance each time it is called: at start, and again
// whenever a component has to be made anew. It holds a copy of the plugin's
// configuration, may be called from any thread, and touches nothing outside
// except the secrets that the configuration refers to, which it reads anew.
//   kInvalidArgument: the surroundings changed since the configuration was
//   loaded, e.g. the file of a secret is gone; the message names it.
template <typename Component>
using ComponentFactory =
    std::function<absl::StatusOr<std::unique_ptr<Component>>()>;

// A plugin and its configuration.
template <typename Component>
struct PluginSpec {
  // Name of the plugin, e.g. "disruptive".
  std::string plugin;
  // Of the plugin's entry in the table.
  std::string origin;
  // What the file says; null where there is no file.
  std::shared_ptr<const google::protobuf::Message> config;
  ComponentFactory<Component> create;
};

struct SourceSpec : PluginSpec<Source> {
  // Unique among the sources of its pipeline.
  std::string name;
  config::v1::AcknowledgementLevel acknowledge = config::v1::DURABLE;
};

struct TransformSpec : PluginSpec<Transform> {};

// The wait before try n+1 of a delivery is random between zero and
// min(max, initial * 2^(n-1)).
struct RetryPolicy {
  absl::Duration initial = absl::Milliseconds(200);
  absl::Duration max = absl::Seconds(30);
  // After so many attempts an event becomes a dead letter; 0: never.
  uint32_t max_attempts = 0;
  // So long after it was taken in an event becomes a dead letter.
  absl::Duration max_age = absl::InfiniteDuration();
};

struct SinkSpec : PluginSpec<Sink> {
  // Unique among the sinks of its pipeline; also the name of its cursor.
  std::string name;
  RetryPolicy retry;
  config::v1::UnknownPolicy on_unknown = config::v1::RETRY;
  // Where a sink new to the log begins: with the oldest event held, or with the
  // next to come.
  bool start_from_oldest = true;
};

struct PipelineSpec {
  // Unique in the process. Names of pipelines, sources and sinks are
  // [a-z0-9][a-z0-9_-]{0,62}, so each is a safe folder and metric name.
  std::string name;
  // In order of name; at least one.
  std::vector<SourceSpec> sources;
  // In the order they are applied; may be empty.
  std::vector<TransformSpec> transforms;
  // In order of name; at least one.
  std::vector<SinkSpec> sinks;
  // `tail_bytes` keeps its default: the runtime shares out memory_bytes.
  LogOptions log;
  config::v1::OverflowPolicy overflow = config::v1::BLOCK;
  // Largest event taken, encoded.
  size_t max_event_bytes = size_t{1} << 20;
};

// Where the admin API listens, and for whom.
struct AdminSpec {
  // "unix:/path", "127.0.0.1:7070", or empty: it does not.
  std::string listen;
  // True: nobody asked for this address.
  bool is_default = false;
  uint32_t socket_mode = 0600;
  std::string certificate_file;
  std::string private_key_file;
  std::string tokens_file;
  std::string client_ca_file;
  // Never ROLE_UNSPECIFIED.
  std::map<std::string, config::v1::Role> clients;

  friend bool operator==(const AdminSpec&, const AdminSpec&) = default;
};

// Where metrics and health are served.
struct MonitoringSpec {
  std::string address = "127.0.0.1";  // As a number, IPv4 or IPv6.
  uint16_t port = 0;                  // 0: a free one.

  friend bool operator==(const MonitoringSpec&,
                         const MonitoringSpec&) = default;
};

struct ProcessSpec {
  std::string data_dir;
  AdminSpec admin;
  // For everything that holds events in memory, all pipelines together.
  uint64_t memory_bytes = uint64_t{256} << 20;
  // In order of name; at least one.
  std::vector<PipelineSpec> pipelines;
  std::optional<MonitoringSpec> monitoring;
};

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_PIPELINE_SPEC_H_
