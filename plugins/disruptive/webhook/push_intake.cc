#include "plugins/disruptive/webhook/push_intake.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/disruptive/webhook/push_request.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {
namespace {

// Bound on what is remembered of pushes that wait to be safe, as with a sink
// that is down and `acknowledge: delivered`.
constexpr size_t kMostWaiting = 10'000;

// Nobody can tell what was meant: not worth keeping.
bool IsNoJson(const Frame& frame) {
  return frame.reason == "malformed_json" || frame.reason == "invalid_utf8";
}

}  // namespace

std::shared_ptr<PushIntake> PushIntake::Create(absl::Duration answer_timeout,
                                               Executor* executor,
                                               Emitter* emitter,
                                               Counters counters,
                                               OnBlocked on_blocked) {
  return std::shared_ptr<PushIntake>(new PushIntake(
      answer_timeout, executor, emitter, counters, std::move(on_blocked)));
}

PushIntake::PushIntake(absl::Duration answer_timeout, Executor* executor,
                       Emitter* emitter, Counters counters,
                       OnBlocked on_blocked)
    : answer_timeout_(answer_timeout),
      executor_(executor),
      emitter_(emitter),
      counters_(counters),
      on_blocked_(std::move(on_blocked)) {}

void PushIntake::Take(std::string_view body,
                      std::shared_ptr<HttpResponder> responder) {
  counters_.pushes->Add();
  if (stopped_) return PutOff(*responder, "stopping");
  if (blocked_) return PutOff(*responder, "the queue is full");
  if (waiting_.size() >= kMostWaiting) {
    return PutOff(*responder, "too many events wait to be safe");
  }
  const Frame& frame = decoder_.DecodePush(body);
  Emission emission;
  switch (frame.kind) {
    case Frame::Kind::kEvent: {
      EventBatchBuilder builder;
      builder.Add(frame.event);
      emission.events = builder.Build();
      break;
    }
    case Frame::Kind::kPing:
      responder->Send({.status = 200});
      return;
    default:
      counters_.malformed->Add();
      if (IsNoJson(frame)) {
        return responder->Send(PlainAnswer(
            400, absl::StrCat("the body is no JSON object: ", frame.message)));
      }
      emission.malformed.push_back(
          {std::string(body), frame.reason, frame.message});
  }
  Emit(std::move(emission), std::move(responder));
}

void PushIntake::Emit(Emission emission,
                      std::shared_ptr<HttpResponder> responder) {
  const uint64_t number = next_number_++;
  emission.on_acknowledged = [weak = weak_from_this(),
                              number](const absl::Status& status) {
    if (auto self = weak.lock()) self->OnAcknowledged(number, status);
  };
  // The acknowledgement may come before TryEmit() returns.
  waiting_[number].responder = responder;
  if (!emitter_->TryEmit(emission)) {
    waiting_.erase(number);
    AwaitRoom();
    return PutOff(*responder, "the queue is full");
  }
  const auto waiting = waiting_.find(number);
  if (waiting == waiting_.end()) return;
  counters_.waiting->Set(static_cast<int64_t>(waiting_.size()));
  waiting->second.timer =
      executor_->PostAfter(answer_timeout_, [weak = weak_from_this(), number] {
        if (auto self = weak.lock()) self->OnOverdue(number);
      });
}

void PushIntake::AwaitRoom() {
  blocked_ = true;
  on_blocked_(true);
  emitter_->NotifyWhenReady([weak = weak_from_this()] {
    auto self = weak.lock();
    if (self == nullptr || self->stopped_) return;
    self->blocked_ = false;
    self->on_blocked_(false);
  });
}

void PushIntake::OnOverdue(uint64_t number) {
  const auto waiting = waiting_.find(number);
  if (waiting == waiting_.end()) return;
  waiting->second.timer = 0;
  PutOff(*waiting->second.responder, "the event is not safe yet");
  waiting->second.responder = nullptr;
}

void PushIntake::OnAcknowledged(uint64_t number, const absl::Status& status) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  const Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  counters_.waiting->Set(static_cast<int64_t>(waiting_.size()));
  if (waiting.timer != 0) executor_->Cancel(waiting.timer);
  if (waiting.responder != nullptr) {
    if (status.ok()) {
      counters_.acknowledged->Add();
      waiting.responder->Send({.status = 200});
    } else {
      PutOff(*waiting.responder, "stopping");
    }
  }
  if (waiting_.empty()) FinishStop();
}

void PushIntake::PutOff(HttpResponder& responder, std::string_view why) {
  counters_.put_off->Add();
  responder.Send(ComeAgain(why));
}

void PushIntake::Stop(absl::Duration patience,
                      absl::AnyInvocable<void()> done) {
  stopped_ = true;
  on_stopped_ = std::move(done);
  if (waiting_.empty()) return FinishStop();
  executor_->PostAfter(patience, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->FinishStop();
  });
}

void PushIntake::FinishStop() {
  if (!on_stopped_) return;
  for (auto& [number, waiting] : waiting_) {
    if (waiting.timer != 0) executor_->Cancel(waiting.timer);
    if (waiting.responder != nullptr) PutOff(*waiting.responder, "stopping");
  }
  waiting_.clear();
  counters_.waiting->Set(0);
  std::exchange(on_stopped_, nullptr)();
}

}  // namespace sluice::disruptive
