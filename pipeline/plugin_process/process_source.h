// A source that is a program of its own.
#ifndef PIPELINE_PLUGIN_PROCESS_PROCESS_SOURCE_H_
#define PIPELINE_PLUGIN_PROCESS_PROCESS_SOURCE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "pipeline/api/source.h"
#include "pipeline/plugin_process/supervisor.h"

namespace sluice::plugin_process {

// Speaks the contract of Source (pipeline/api/source.h) on the one side and
// that of Plugin.Run on the other. An emission that has arrived here is not
// lost with the process: it goes into the queue, and the next process begins at
// its checkpoint.
class ProcessSource final : public Source, private Supervisor::Owner {
 public:
  ProcessSource(PluginChoice choice, SourceTraits traits,
                Launcher launcher = LaunchProgram)
      : traits_(traits),
        supervisor_(std::move(choice), static_cast<Supervisor::Owner*>(this),
                    std::move(launcher)) {}
  ~ProcessSource() override { *alive_ = false; }

  SourceTraits traits() const override { return traits_; }
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override { return finished_ && arrived_.empty(); }

 private:
  // Supervisor::Owner:
  void FillStart(plugin::v1::Start& start) override;
  void OnRunning() override { GiveCredit(); }
  absl::Status OnMessage(plugin::v1::PluginMessage& message) override;
  void OnLost(const std::string& why,
              std::deque<plugin::v1::HostMessage> unsent) override;
  bool WantsRestart() const override { return !finished_; }

  absl::Status Take(plugin::v1::Emission& crossed);
  // Moves what has arrived into the queue, as far as there is room.
  void Drain();
  void GiveCredit();
  void Acknowledge(uint64_t process, uint64_t emission,
                   const absl::Status& status);

  const SourceTraits traits_;
  Emitter* emitter_ = nullptr;
  // Of the last emission that arrived.
  std::optional<std::string> checkpoint_;
  // At most as many as there is credit.
  std::deque<Emission> arrived_;
  // What the process may still emit, and what it is yet to be told of.
  uint32_t credit_ = 0;
  uint32_t owed_credit_ = 0;
  // Which process it is; rises.
  uint64_t process_ = 0;
  bool waits_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  // Callbacks that come after this is gone find it false.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Supervisor supervisor_;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROCESS_SOURCE_H_
