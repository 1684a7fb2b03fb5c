// A source of prepared events like those of real devices.
#ifndef TOOLS_BENCH_DEVICES_SOURCE_H_
#define TOOLS_BENCH_DEVICES_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/api/component.h"
#include "pipeline/api/source.h"
#include "tools/bench/bench_events.h"

namespace sluice::bench {

// Emits the prepared batches in a cycle as fast as the queue takes them, one to
// a task of the executor, until `count` events are out. The checkpoint is the
// number of events that are out, so a restart with a larger count goes on
// there.
class DevicesSource final : public Source {
 public:
  explicit DevicesSource(uint64_t count) : count_(count), batches_(0) {}

  SourceTraits traits() const override { return {.may_repeat = false}; }
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override;

 private:
  void Step();
  // A task that runs Step(), unless the source is stopped before.
  absl::AnyInvocable<void()> NextStep();

  const uint64_t count_;
  BatchCycle batches_;
  uint64_t emitted_ = 0;
  // What the queue had no room for.
  Emission pending_;
  ComponentContext context_;
  Emitter* emitter_ = nullptr;
  // Gone once the source has stopped; what was posted before looks at it.
  std::shared_ptr<bool> running_;
};

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_DEVICES_SOURCE_H_
