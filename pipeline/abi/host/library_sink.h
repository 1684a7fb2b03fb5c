// A sink of a library.
#ifndef PIPELINE_ABI_HOST_LIBRARY_SINK_H_
#define PIPELINE_ABI_HOST_LIBRARY_SINK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "pipeline/abi/host/component_host.h"
#include "pipeline/abi/host/library_plugin.h"
#include "pipeline/api/sink.h"

namespace sluice::abi {

// Speaks the contract of Sink (pipeline/api/sink.h) on the one side and that of
// SluiceSinkFunctions on the other.
class LibrarySink final : public Sink, private ComponentHost::Owner {
 public:
  explicit LibrarySink(Instance instance);
  ~LibrarySink() override;

  SinkTraits traits() const override { return traits_; }
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  // A delivery that the sink has not answered.
  struct Open {
    // Keeps the bytes.
    Delivery delivery;
    std::vector<SluiceDeliveryItem> items;
    // Null: answered, and still held because the sink may be reading it.
    DeliverCallback done;
  };

  // ComponentHost::Owner:
  SluiceCode Complete(uint64_t delivery,
                      const SluiceDeliveryResult* result) override;
  void Stopped() override;

  // Answers what is open: nobody will.
  void AnswerOpen(std::string_view why);
  void GiveUpStopping();

  const SluiceSinkFunctions& functions() const {
    return instance_.plugin().sink;
  }

  Instance instance_;
  const SinkTraits traits_;
  // Null: not running. Destroyed after the instance.
  std::unique_ptr<ComponentHost> host_;
  Executor* executor_ = nullptr;
  bool stopped_ = false;
  absl::AnyInvocable<void()> done_;
  Executor::TimerId stop_timer_ = 0;
  uint64_t last_delivery_ = 0;
  std::map<uint64_t, std::unique_ptr<Open>> open_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_LIBRARY_SINK_H_
