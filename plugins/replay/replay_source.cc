#include "plugins/replay/replay_source.h"

#include <algorithm>
#include <utility>

#include "storage/base/status_macros.h"

namespace sluice::replay {
namespace {

// Below so many pieces the next read begins.
constexpr size_t kLowPieces = 8;
// Further behind than this the timetable moves: time lost is not made up for.
constexpr absl::Duration kMaxLag = absl::Milliseconds(100);
constexpr absl::Duration kMinRetryWait = absl::Seconds(1);
constexpr absl::Duration kMaxRetryWait = absl::Minutes(1);

}  // namespace

ReplaySource::ReplaySource(ReplayOptions options, IoExecutorFactory io_factory)
    : options_(std::move(options)),
      io_factory_(std::move(io_factory)),
      retry_wait_(kMinRetryWait) {}

SourceTraits ReplaySource::traits() const { return {.may_repeat = false}; }

absl::Status ReplaySource::Start(const ComponentContext& context,
                                 Emitter* emitter,
                                 std::optional<std::string> checkpoint) {
  context_ = context;
  emitter_ = emitter;
  SLUICE_ASSIGN_OR_RETURN(reader_, ReplayReader::Create(options_, checkpoint));
  running_ = std::make_shared<bool>(true);
  if (options_.follow) {
    absl::StatusOr<std::unique_ptr<FileWatch>> watch =
        FileWatch::Create(options_.path);
    if (!watch.ok()) {
      context_.health->Report(
          {HealthState::kPaused,
           "path: " + std::string(watch.status().message())});
      return absl::OkStatus();
    }
    watch_ = *std::move(watch);
  }
  io_ = io_factory_();
  ReadMore();
  return absl::OkStatus();
}

void ReplaySource::Stop(absl::AnyInvocable<void()> done) {
  running_.reset();
  if (emit_timer_ != 0) context_.executor->Cancel(emit_timer_);
  if (retry_timer_ != 0) context_.executor->Cancel(retry_timer_);
  if (io_ == nullptr) return done();
  if (watch_ != nullptr) watch_->Interrupt();
  // Behind the read under way.
  io_->Post([this, done = std::move(done)]() mutable {
    context_.executor->Post(std::move(done));
  });
}

bool ReplaySource::finished() const {
  return at_end_ && pieces_.empty() && !refused_.has_value();
}

void ReplaySource::ReadMore() {
  if (is_reading_ || is_waiting_ || at_end_ || retry_timer_ != 0 ||
      pieces_.size() >= kLowPieces) {
    return;
  }
  is_reading_ = true;
  io_->Post([this, running = std::weak_ptr<bool>(running_)] {
    context_.executor->Post([this, running, ahead = reader_->Read()]() mutable {
      if (!running.expired()) TakeReadAhead(std::move(ahead));
    });
  });
}

void ReplaySource::ReadAfterChange() {
  is_waiting_ = true;
  io_->Post([this, running = std::weak_ptr<bool>(running_)] {
    watch_->Wait();
    context_.executor->Post([this, running] {
      if (running.expired()) return;
      is_waiting_ = false;
      ReadMore();
    });
  });
}

void ReplaySource::TakeReadAhead(absl::StatusOr<ReadAhead> ahead) {
  is_reading_ = false;
  if (!ahead.ok()) return HandleError(ahead.status());
  retry_wait_ = kMinRetryWait;
  context_.health->Report({HealthState::kHealthy, ""});
  std::move(ahead->pieces.begin(), ahead->pieces.end(),
            std::back_inserter(pieces_));
  if (ahead->state == ReadAhead::State::kEnd) at_end_ = true;
  if (ahead->state == ReadAhead::State::kWait) ReadAfterChange();
  // When something is being emitted already, it goes on by itself.
  if (!refused_.has_value() && emit_timer_ == 0) {
    EmitDue();
  }
}

void ReplaySource::HandleError(const absl::Status& error) {
  const std::string message(error.message());
  if (absl::IsNotFound(error) && options_.follow) {
    context_.health->Report({HealthState::kDegraded, message});
    return ReadAfterChange();
  }
  if (!absl::IsUnavailable(error)) {
    context_.health->Report({HealthState::kPaused, message});
    return;
  }
  context_.health->Report({HealthState::kDegraded, message});
  retry_timer_ = context_.executor->PostAfter(retry_wait_, [this] {
    retry_timer_ = 0;
    ReadMore();
  });
  retry_wait_ = std::min(2 * retry_wait_, kMaxRetryWait);
}

void ReplaySource::EmitDue() {
  ReadMore();
  if (!refused_.has_value()) {
    if (pieces_.empty()) return;
    const absl::Duration wait = UntilDue();
    if (wait > absl::ZeroDuration()) {
      emit_timer_ = context_.executor->PostAfter(wait, [this] {
        emit_timer_ = 0;
        EmitDue();
      });
      return;
    }
    Piece& piece = pieces_.front();
    refused_.emplace();
    refused_->events = std::move(piece.events);
    refused_->malformed = std::move(piece.malformed);
    refused_->checkpoint = std::move(piece.checkpoint);
    pieces_.pop_front();
  }
  if (!emitter_->TryEmit(*refused_)) {
    emitter_->NotifyWhenReady([this, running = std::weak_ptr<bool>(running_)] {
      if (!running.expired()) EmitDue();
    });
    return;
  }
  refused_.reset();
  // One piece per task keeps the executor free for others.
  emit_timer_ = context_.executor->PostAfter(absl::ZeroDuration(), [this] {
    emit_timer_ = 0;
    EmitDue();
  });
}

absl::Duration ReplaySource::UntilDue() {
  if (options_.rate <= 0 && options_.speed <= 0) return absl::ZeroDuration();
  const absl::Duration now = context_.executor->MonotonicNow();
  const absl::Duration due = pieces_.front().due;
  if (!timetable_start_.has_value()) timetable_start_ = now - due;
  if (now - (*timetable_start_ + due) > kMaxLag) timetable_start_ = now - due;
  return *timetable_start_ + due - now;
}

}  // namespace sluice::replay
