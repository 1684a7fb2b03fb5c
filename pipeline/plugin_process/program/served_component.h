// A component that runs in a program for sluice.
#ifndef PIPELINE_PLUGIN_PROCESS_PROGRAM_SERVED_COMPONENT_H_
#define PIPELINE_PLUGIN_PROCESS_PROGRAM_SERVED_COMPONENT_H_

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/plugin_process/program/outbox.h"
#include "proto/plugin/v1/plugin.pb.h"

namespace sluice::plugin_process {

// What sluice asks of a component, and what the component answers.
//
// Thread-safety: made, used and destroyed on the component's executor.
class ServedComponent {
 public:
  virtual ~ServedComponent() = default;
  // Starts it, as `start` says.
  virtual absl::Status Start(const plugin::v1::Start& start) = 0;
  // Neither a start nor a stop. Not OK: sluice says what cannot be.
  virtual absl::Status OnMessage(const plugin::v1::HostMessage& message) = 0;
  // Calls `done` once it has stopped and said everything.
  virtual void Stop(absl::AnyInvocable<void()> done) = 0;
};

// `context` has everything but the names; what it points to and `outbox`
// outlive the component.
//   kInvalidArgument: there is no such plugin, or it refuses the configuration.
absl::StatusOr<std::unique_ptr<ServedComponent>> MakeServed(
    const PluginRegistry& registry, const plugin::v1::Start& start,
    const ComponentContext& context, Outbox* outbox, size_t max_message_bytes);

// Makes a message of `prototype`'s type of what sluice passes on.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ReadConfig(
    const google::protobuf::Message& prototype, const std::string& config);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROGRAM_SERVED_COMPONENT_H_
