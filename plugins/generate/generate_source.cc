#include "plugins/generate/generate_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::generate {
namespace {

// Large enough that the cost of a task and of a batch disappears, small enough
// that other tasks of the executor wait well under a millisecond.
constexpr uint64_t kMaxChunkEvents = 1000;
constexpr size_t kMaxChunkBytes = 512 << 10;
// From a rate of one event per tick on, events due within a tick go out
// together.
constexpr absl::Duration kTick = absl::Milliseconds(1);
constexpr double kTicksPerSecond = 1000;
// Further behind than this the timetable starts anew.
constexpr absl::Duration kMaxLag = absl::Milliseconds(100);

}  // namespace

GenerateSource::GenerateSource(GenerateOptions options) : options_(options) {
  builder_.LeaveRoomForIngestTime();
}

SourceTraits GenerateSource::traits() const { return {.may_repeat = false}; }

absl::Status GenerateSource::Start(const ComponentContext& context,
                                   Emitter* emitter,
                                   std::optional<std::string> checkpoint) {
  if (checkpoint.has_value() && !absl::SimpleAtoi(*checkpoint, &next_index_)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "checkpoint \"", *checkpoint, "\" is not the index of an event"));
  }
  context_ = context;
  emitter_ = emitter;
  writer_ = std::make_unique<GeneratedEventWriter>(
      options_.seed, options_.devices, options_.payload_bytes,
      absl::StrCat("//generate/", context.name));
  chunk_events_ = std::clamp<uint64_t>(kMaxChunkBytes / writer_->event_bytes(),
                                       1, kMaxChunkEvents);
  running_ = std::make_shared<bool>(true);
  context_.health->Report({HealthState::kHealthy, ""});
  RestartTimetable();
  context_.executor->Post([this, running = std::weak_ptr<bool>(running_)] {
    if (!running.expired()) Step();
  });
  return absl::OkStatus();
}

void GenerateSource::Stop(absl::AnyInvocable<void()> done) {
  running_.reset();
  if (timer_ != 0) context_.executor->Cancel(timer_);
  pending_ = Emission();
  done();
}

bool GenerateSource::finished() const {
  return options_.count > 0 && next_index_ >= options_.count &&
         pending_.events == nullptr;
}

void GenerateSource::Step() {
  if (pending_.events == nullptr) {
    const uint64_t due = Due();
    if (due > 0) FillPending(due);
  }
  if (pending_.events != nullptr) {
    if (!emitter_->TryEmit(pending_)) return StepWhenReady();
    pending_ = Emission();
  }
  if (!finished()) StepWhenDue();
}

uint64_t GenerateSource::Due() const {
  uint64_t due = chunk_events_;
  if (options_.count > 0) {
    due = next_index_ < options_.count
              ? std::min(due, options_.count - next_index_)
              : 0;
  }
  if (options_.rate <= 0) return due;
  const absl::Duration now = context_.executor->MonotonicNow();
  if (DueTime(next_index_) > now) return 0;
  const double elapsed = absl::ToDoubleSeconds(now - first_due_);
  // Event first_index_ + n is due n / rate seconds after the first; the event
  // just found to be due counts even where rounding says otherwise.
  const double scheduled = elapsed * options_.rate + 1;
  const double emitted = static_cast<double>(next_index_ - first_index_);
  return std::min<uint64_t>(
      due, static_cast<uint64_t>(std::max(1.0, scheduled - emitted)));
}

void GenerateSource::FillPending(uint64_t events) {
  builder_.Reserve(events, events * writer_->event_bytes());
  const int64_t now = absl::ToUnixNanos(context_.executor->Now());
  for (uint64_t i = 0; i < events; ++i) {
    writer_->Write(next_index_ + i, now, &builder_);
  }
  next_index_ += events;
  pending_.events = builder_.Build();
  pending_.checkpoint = absl::StrCat(next_index_);
}

void GenerateSource::StepWhenReady() {
  emitter_->NotifyWhenReady([this, running = std::weak_ptr<bool>(running_)] {
    if (!running.expired()) Step();
  });
}

void GenerateSource::StepWhenDue() {
  auto step = [this, running = std::weak_ptr<bool>(running_)] {
    if (running.expired()) return;
    timer_ = 0;
    Step();
  };
  if (options_.rate <= 0) return context_.executor->Post(std::move(step));
  absl::Duration wait =
      DueTime(next_index_) - context_.executor->MonotonicNow();
  if (wait < -kMaxLag) {
    RestartTimetable();
  } else if (wait > absl::ZeroDuration() && options_.rate >= kTicksPerSecond) {
    wait = std::max(wait, kTick);
  }
  timer_ = context_.executor->PostAfter(wait, std::move(step));
}

absl::Duration GenerateSource::DueTime(uint64_t index) const {
  return first_due_ + absl::Seconds(static_cast<double>(index - first_index_) /
                                    options_.rate);
}

void GenerateSource::RestartTimetable() {
  first_index_ = next_index_;
  first_due_ = context_.executor->MonotonicNow();
}

}  // namespace sluice::generate
