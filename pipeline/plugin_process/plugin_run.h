// One life of the process of a component.
#ifndef PIPELINE_PLUGIN_PROCESS_PLUGIN_RUN_H_
#define PIPELINE_PLUGIN_PROCESS_PLUGIN_RUN_H_

#include <deque>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "pipeline/executor/executor.h"
#include "pipeline/plugin_process/executor_door.h"
#include "pipeline/plugin_process/launched_program.h"
#include "pipeline/plugin_process/plugin_stream.h"
#include "pipeline/plugin_process/program_spec.h"
#include "proto/plugin/v1/plugin.pb.h"

namespace sluice::plugin_process {

// Starts a process, runs a component in it, and watches it until it is gone.
// Each life is an object of its own, with its own child, call and timers: what
// comes late of one cannot touch the next.
//
// Thread-safety: made and used on the executor.
class PluginRun : public std::enable_shared_from_this<PluginRun> {
 public:
  // Called on the executor, not from within a method of the run but Begin().
  class Owner {
   public:
    virtual ~Owner() = default;
    // The component runs.
    virtual void OnStarted() = 0;
    // It says something; not OK: what it did against the contract, which ends
    // the run.
    virtual absl::Status OnMessage(plugin::v1::PluginMessage& message) = 0;
    // The process is gone. `why` follows the name of the program in a sentence;
    // `fault`: it did what it must not. What is in `unsent` it never got. The
    // last call.
    virtual void OnEnd(const std::string& why, bool fault,
                       std::deque<plugin::v1::HostMessage> unsent) = 0;
  };

  PluginRun(Executor* executor, std::shared_ptr<const ProgramSpec> spec,
            Launcher launcher, std::string log_name, Owner* owner)
      : executor_(executor),
        door_(std::make_shared<ExecutorDoor>(executor)),
        spec_(std::move(spec)),
        launcher_(std::move(launcher)),
        log_name_(std::move(log_name)),
        owner_(owner) {}
  ~PluginRun();

  // Starts the process, and the component with `start`.
  void Begin(plugin::v1::HostMessage start);
  // The component runs, and may be sent something.
  bool running() const { return phase_ == Phase::kRunning; }
  // REQUIRES: OnStarted() came. What comes after the end is dropped.
  void Send(plugin::v1::HostMessage message);
  // Asks the component to stop, then the process to end, then kills it.
  void Stop();
  // Ends the run: `why` as in OnEnd().
  void Fail(std::string why, bool fault);
  // Kills the process, and says nothing to the owner any more.
  void Abandon();

 private:
  enum class Phase { kStarting, kRunning, kStopping, kEnding };

  void Describe();
  void OnDescribed(const grpc::Status& status,
                   const plugin::v1::DescribeResponse& described);
  void OpenStream();
  void OnMessage(plugin::v1::PluginMessage message);
  void HandleStarted(const plugin::v1::Started& started);
  void OnStreamEnd(const grpc::Status& status);
  void ScheduleHeartbeat();
  void Ping();
  void OnPinged(const grpc::Status& status);
  void Terminate();
  void SetLimit(absl::Duration limit, Executor::Task task);
  void OnChildEnd(const std::string& how);

  Executor* const executor_;
  const std::shared_ptr<ExecutorDoor> door_;
  const std::shared_ptr<const ProgramSpec> spec_;
  const Launcher launcher_;
  const std::string log_name_;
  // Null: not interested any more.
  Owner* owner_;
  plugin::v1::HostMessage start_;
  std::shared_ptr<LaunchedProgram> program_;
  std::shared_ptr<PluginStream> stream_;
  Phase phase_ = Phase::kStarting;
  // Empty: no reason of ours.
  std::string why_;
  bool fault_ = false;
  // The limit of the present phase, and the next heartbeat.
  Executor::TimerId limit_ = 0;
  Executor::TimerId heartbeat_ = 0;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PLUGIN_RUN_H_
