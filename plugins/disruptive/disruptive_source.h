// Events of the devices of one Disruptive Technologies project.
#ifndef PLUGINS_DISRUPTIVE_DISRUPTIVE_SOURCE_H_
#define PLUGINS_DISRUPTIVE_DISRUPTIVE_SOURCE_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/api/source.h"
#include "plugins/disruptive/gap_repair.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// The event stream, with every gap in it closed from event history. See
// README.md for what it promises and what not.
//
// Puts the parts together: StreamKeeper brings live events and says where they
// were missing, GapRepair fetches what is missing and keeps devices in order,
// EventOutput hands both to the pipeline with checkpoints.
class DisruptiveSource final : public Source {
 public:
  explicit DisruptiveSource(Settings settings);
  ~DisruptiveSource() override;

  // Reconnects and history overlap on purpose.
  SourceTraits traits() const override { return {.may_repeat = true}; }

  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;

  // Gaps so far; empty before Start() and after Stop().
  std::deque<std::shared_ptr<GapRecord>> gaps() const;

 private:
  class Running;
  Settings settings_;
  Executor* executor_ = nullptr;
  std::unique_ptr<Running> running_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_DISRUPTIVE_SOURCE_H_
