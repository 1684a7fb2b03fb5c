// A program that runs, as those see it who run a component in it.
#ifndef PIPELINE_PLUGIN_PROCESS_LAUNCHED_PROGRAM_H_
#define PIPELINE_PLUGIN_PROCESS_LAUNCHED_PROGRAM_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/plugin_process/plugin_stream.h"
#include "pipeline/plugin_process/program_spec.h"
#include "proto/plugin/v1/plugin.pb.h"

namespace sluice::plugin_process {

// One process and its calls; a fake one lets tests say what a program does, and
// when.
//
// Thread-safety: all methods from any thread. Callbacks come on threads of its
// own.
class LaunchedProgram {
 public:
  using OnDescribed = absl::AnyInvocable<void(
      const grpc::Status&, const plugin::v1::DescribeResponse&)>;
  using OnPinged = absl::AnyInvocable<void(const grpc::Status&)>;

  virtual ~LaunchedProgram() = default;

  // Calls that wait until the program listens. DEADLINE_EXCEEDED: it did not
  // answer within `timeout`.
  virtual void Describe(absl::Duration timeout, OnDescribed done) = 0;
  virtual void Ping(absl::Duration timeout, OnPinged done) = 0;
  // The call that a component lives in.
  virtual std::shared_ptr<PluginStream> Run(PluginStream::Handler handler) = 0;

  // Asks the process to end, and ends it.
  virtual void Terminate() = 0;
  virtual void Kill() = 0;
};

// Starts a program, with the arguments and errors of Launch::Start().
using Launcher = std::function<absl::StatusOr<std::shared_ptr<LaunchedProgram>>(
    const ProgramSpec& spec, std::string log_name,
    absl::AnyInvocable<void(std::string how)> on_end)>;

// The launcher of real processes.
absl::StatusOr<std::shared_ptr<LaunchedProgram>> LaunchProgram(
    const ProgramSpec& spec, std::string log_name,
    absl::AnyInvocable<void(std::string how)> on_end);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_LAUNCHED_PROGRAM_H_
