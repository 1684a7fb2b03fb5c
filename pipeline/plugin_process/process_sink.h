// A sink that is a program of its own.
#ifndef PIPELINE_PLUGIN_PROCESS_PROCESS_SINK_H_
#define PIPELINE_PLUGIN_PROCESS_PROCESS_SINK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "absl/functional/any_invocable.h"
#include "pipeline/api/sink.h"
#include "pipeline/plugin_process/supervisor.h"

namespace sluice::plugin_process {

// Brings what a program says of its sink into bounds.
SinkTraits ReadSinkTraits(const plugin::v1::SinkTraits& traits,
                          size_t max_message_bytes);

// Speaks the contract of Sink (pipeline/api/sink.h) on the one side and that of
// Plugin.Run on the other. What is under way is kept here, with the events:
// when the process is gone, a delivery that it may have begun counts as
// unknown, and one that never reached it goes to the next process.
class ProcessSink final : public Sink, private Supervisor::Owner {
 public:
  ProcessSink(PluginChoice choice, SinkTraits traits,
              Launcher launcher = LaunchProgram)
      : traits_(traits),
        supervisor_(std::move(choice), static_cast<Supervisor::Owner*>(this),
                    std::move(launcher)) {}
  ~ProcessSink() override;

  SinkTraits traits() const override { return traits_; }
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  // A delivery that is not answered.
  struct Open {
    Delivery delivery;
    DeliverCallback done;
    // False: it waits for a process.
    bool sent = false;
    Executor::TimerId timer = 0;
  };

  // Supervisor::Owner:
  void OnRunning() override;
  absl::Status OnMessage(plugin::v1::PluginMessage& message) override;
  void OnLost(const std::string& why,
              std::deque<plugin::v1::HostMessage> unsent) override;

  void Send(uint64_t id, Open& open);
  void GiveUpWaiting(uint64_t id);
  void GiveUpAnswer(uint64_t id);
  // Takes it out, and answers it.
  void Complete(uint64_t id, DeliveryResult result);

  const SinkTraits traits_;
  Executor* executor_ = nullptr;
  uint64_t last_delivery_ = 0;
  std::map<uint64_t, Open> open_;
  Supervisor supervisor_;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROCESS_SINK_H_
