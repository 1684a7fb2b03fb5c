#include "pipeline/plugin_process/process_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/plugin_process/launch.h"
#include "storage/event/event_batch.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

// Emissions that may be on their way: enough to keep a source busy during a
// round trip, few enough for memory.
constexpr uint32_t kCredit = 8;

constexpr size_t kMaxReasonBytes = 64;

absl::StatusOr<Emission> ReadEmission(plugin::v1::Emission& crossed) {
  Emission emission;
  if (!crossed.events().empty()) {
    absl::StatusOr<EventBatchPtr> events =
        EventBatch::Parse(std::move(*crossed.mutable_events()));
    if (!events.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("emits what cannot be read: ",
                       std::string(events.status().message())));
    }
    emission.events = *std::move(events);
  }
  for (plugin::v1::Malformed& malformed : *crossed.mutable_malformed()) {
    emission.malformed.push_back(
        {std::move(*malformed.mutable_bytes()),
         BoundedText(malformed.reason(), kMaxReasonBytes),
         BoundedText(malformed.message())});
  }
  if (crossed.has_checkpoint()) emission.checkpoint = crossed.checkpoint();
  return emission;
}

}  // namespace

absl::Status ProcessSource::Start(const ComponentContext& context,
                                  Emitter* emitter,
                                  std::optional<std::string> checkpoint) {
  emitter_ = emitter;
  checkpoint_ = std::move(checkpoint);
  supervisor_.Start(context);
  return absl::OkStatus();
}

void ProcessSource::FillStart(plugin::v1::Start& start) {
  if (checkpoint_.has_value()) start.set_checkpoint(*checkpoint_);
  // What arrived from the process before has its place, too.
  credit_ = kCredit - static_cast<uint32_t>(arrived_.size());
  start.set_credit(credit_);
  owed_credit_ = 0;
  ++process_;
}

void ProcessSource::GiveCredit() {
  if (owed_credit_ == 0 || !supervisor_.running()) return;
  HostMessage message;
  message.mutable_credit()->set_emissions(owed_credit_);
  credit_ += std::exchange(owed_credit_, 0);
  supervisor_.Send(std::move(message));
}

absl::Status ProcessSource::OnMessage(PluginMessage& message) {
  if (message.has_emission()) return Take(*message.mutable_emission());
  if (message.has_finished()) {
    finished_ = true;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "says what only a sink has to say, and is a source");
}

absl::Status ProcessSource::Take(plugin::v1::Emission& crossed) {
  if (stopping_) return absl::OkStatus();
  if (credit_ == 0) {
    return absl::InvalidArgumentError("emits more than it has credit for");
  }
  if (finished_) {
    return absl::InvalidArgumentError(
        "emits after it has said that it is "
        "finished");
  }
  absl::StatusOr<Emission> emission = ReadEmission(crossed);
  if (!emission.ok()) return emission.status();
  --credit_;
  if (emission->checkpoint.has_value()) checkpoint_ = emission->checkpoint;
  if (crossed.emission() != 0) {
    emission->on_acknowledged =
        [this, alive = alive_, process = process_,
         id = crossed.emission()](const absl::Status& status) {
          if (*alive) Acknowledge(process, id, status);
        };
  }
  arrived_.push_back(*std::move(emission));
  Drain();
  return absl::OkStatus();
}

void ProcessSource::Drain() {
  if (waits_ || stopping_) return;
  while (!arrived_.empty() && emitter_->TryEmit(arrived_.front())) {
    arrived_.pop_front();
    ++owed_credit_;
  }
  GiveCredit();
  if (arrived_.empty()) return;
  waits_ = true;
  emitter_->NotifyWhenReady([this, alive = alive_] {
    if (!*alive) return;
    waits_ = false;
    Drain();
  });
}

void ProcessSource::Acknowledge(uint64_t process, uint64_t emission,
                                const absl::Status& status) {
  // A new process does not know what one before it has emitted.
  if (process != process_ || !supervisor_.running()) return;
  HostMessage message;
  message.mutable_acknowledgement()->set_emission(emission);
  if (!status.ok()) {
    message.mutable_acknowledgement()->set_error(
        status.message().empty() ? "the pipeline stops"
                                 : std::string(status.message()));
  }
  supervisor_.Send(std::move(message));
}

void ProcessSource::OnLost(const std::string&, std::deque<HostMessage>) {
  // Its credit went with it; what arrived stays.
  credit_ = owed_credit_ = 0;
}

void ProcessSource::Stop(absl::AnyInvocable<void()> done) {
  stopping_ = true;
  // They are read again from the checkpoint that is stored.
  arrived_.clear();
  supervisor_.Stop(std::move(done));
}

}  // namespace sluice::plugin_process
