// Keeps the process of a component running.
#ifndef PIPELINE_PLUGIN_PROCESS_SUPERVISOR_H_
#define PIPELINE_PLUGIN_PROCESS_SUPERVISOR_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/plugin_process/plugin_run.h"
#include "pipeline/plugin_process/program_spec.h"
#include "pipeline/runtime/backoff.h"
#include "proto/plugin/v1/plugin.pb.h"

namespace sluice::plugin_process {

// Which plugin of which program, with what configuration.
struct PluginChoice {
  std::shared_ptr<const ProgramSpec> program;
  plugin::v1::PluginKind kind = plugin::v1::PLUGIN_KIND_UNSPECIFIED;
  std::string plugin;
  // Serialized.
  std::string config;

  // For messages: "plugin acme of plugin process NAME".
  std::string label() const {
    return "plugin " + plugin + " of " + program->label();
  }
};

// Starts the process of a component, starts it again with backoff whenever it
// is gone, counts that, tells the operator, and puts an end to it.
//
// Thread-safety: used on the component's executor.
class Supervisor : private PluginRun::Owner {
 public:
  // The component; called on the executor.
  class Owner {
   public:
    virtual ~Owner() = default;
    // What a new process is to know beside the choice and the names.
    virtual void FillStart(plugin::v1::Start& start) {
      static_cast<void>(start);
    }
    // From now on Send() reaches the component.
    virtual void OnRunning() = 0;
    // An answer, an emission or an end. Not OK: what the plugin did against the
    // contract; the process is killed, and OnLost() follows.
    virtual absl::Status OnMessage(plugin::v1::PluginMessage& message) = 0;
    // The process is gone: it has not answered what it was sent, and surely has
    // not what is in `unsent`. `why` is a sentence that names the plugin.
    virtual void OnLost(const std::string& why,
                        std::deque<plugin::v1::HostMessage> unsent) = 0;
    // False: there is nothing more to do for it, so it need not be started
    // again.
    virtual bool WantsRestart() const { return true; }
  };

  // `owner` outlives this.
  Supervisor(PluginChoice choice, Owner* owner, Launcher launcher)
      : choice_(std::move(choice)),
        owner_(owner),
        launcher_(std::move(launcher)) {}
  // Kills a process that still runs.
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // What `context` points to outlives this. Call it once.
  void Start(const ComponentContext& context);
  bool started() const { return context_.executor != nullptr; }
  bool running() const { return running_ && run_->running(); }
  // How long until a process is started; zero: one is there, or about to be.
  absl::Duration until_start() const;

  // REQUIRES: running().
  void Send(plugin::v1::HostMessage message) { run_->Send(std::move(message)); }
  // Kills the process for `what` it did.
  void Fault(std::string what) {
    if (run_ != nullptr) run_->Fail(std::move(what), true);
  }
  // Stops component and process; `done` is called once, when both are gone, or
  // when not even SIGKILL has ended the process.
  void Stop(absl::AnyInvocable<void()> done);

  const PluginChoice& choice() const { return choice_; }

 private:
  // PluginRun::Owner:
  void OnStarted() override;
  absl::Status OnMessage(plugin::v1::PluginMessage& message) override;
  void OnEnd(const std::string& why, bool fault,
             std::deque<plugin::v1::HostMessage> unsent) override;

  void StartRun();
  void ScheduleRestart(const std::string& why);
  absl::Status ApplyHealth(const plugin::v1::Health& health);
  absl::Status ApplyMetrics(const plugin::v1::MetricReport& report);
  absl::Status ApplyChange(const plugin::v1::MetricReport::Change& change);
  void FinishStop();

  const PluginChoice choice_;
  Owner* const owner_;
  const Launcher launcher_;
  ComponentContext context_;
  Backoff backoff_{absl::ZeroDuration(), absl::ZeroDuration()};
  Counter* restarts_ = nullptr;
  Counter* faults_ = nullptr;
  // Those that the plugin has, over all its processes.
  std::set<std::pair<std::string, MetricLabels>> metrics_;
  std::shared_ptr<PluginRun> run_;
  bool running_ = false;
  // Since when the component has run; infinite: it does not yet.
  absl::Duration running_since_;
  Executor::TimerId restart_ = 0;
  absl::Duration restart_due_;
  absl::AnyInvocable<void()> stopped_;
  bool stopping_ = false;
  Executor::TimerId stop_limit_ = 0;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_SUPERVISOR_H_
