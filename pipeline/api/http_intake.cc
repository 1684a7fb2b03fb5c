#include "pipeline/api/http_intake.h"

#include <utility>

#include "pipeline/http/http_answer.h"

namespace sluice {
namespace {

// Bound on what is remembered of requests that wait to be safe, as with a sink
// that is down and `acknowledge: delivered`.
constexpr size_t kMostWaiting = 10'000;

void Count(Counter* counter) {
  if (counter != nullptr) counter->Add();
}

}  // namespace

std::shared_ptr<HttpIntake> HttpIntake::Create(absl::Duration answer_timeout,
                                               Executor* executor,
                                               Emitter* emitter,
                                               Counters counters,
                                               OnBlocked on_blocked) {
  return std::shared_ptr<HttpIntake>(new HttpIntake(
      answer_timeout, executor, emitter, counters, std::move(on_blocked)));
}

HttpIntake::HttpIntake(absl::Duration answer_timeout, Executor* executor,
                       Emitter* emitter, Counters counters,
                       OnBlocked on_blocked)
    : answer_timeout_(answer_timeout),
      executor_(executor),
      emitter_(emitter),
      counters_(counters),
      on_blocked_(std::move(on_blocked)) {}

bool HttpIntake::Admit(HttpResponder& responder) {
  if (stopped_) {
    PutOff(responder, "stopping");
  } else if (blocked_) {
    PutOff(responder, "the queue is full");
  } else if (waiting_.size() >= kMostWaiting) {
    PutOff(responder, "too many events wait to be safe");
  } else {
    return true;
  }
  return false;
}

void HttpIntake::Emit(Emission emission,
                      std::shared_ptr<HttpResponder> responder,
                      HttpResponse answer) {
  const uint64_t number = next_number_++;
  emission.on_acknowledged = [weak = weak_from_this(),
                              number](const absl::Status& status) {
    if (auto self = weak.lock()) self->OnAcknowledged(number, status);
  };
  // The acknowledgement may come before TryEmit() returns.
  waiting_[number] = {.responder = responder, .answer = std::move(answer)};
  if (!emitter_->TryEmit(emission)) {
    waiting_.erase(number);
    AwaitRoom();
    return PutOff(*responder, "the queue is full");
  }
  const auto waiting = waiting_.find(number);
  if (waiting == waiting_.end()) return;
  NoteWaiting();
  waiting->second.timer =
      executor_->PostAfter(answer_timeout_, [weak = weak_from_this(), number] {
        if (auto self = weak.lock()) self->OnOverdue(number);
      });
}

void HttpIntake::AwaitRoom() {
  blocked_ = true;
  NoteWaiting();
  if (on_blocked_) on_blocked_(true);
  emitter_->NotifyWhenReady([weak = weak_from_this()] {
    auto self = weak.lock();
    if (self == nullptr || self->stopped_) return;
    self->blocked_ = false;
    self->NoteWaiting();
    if (self->on_blocked_) self->on_blocked_(false);
  });
}

void HttpIntake::OnOverdue(uint64_t number) {
  const auto waiting = waiting_.find(number);
  if (waiting == waiting_.end()) return;
  waiting->second.timer = 0;
  PutOff(*waiting->second.responder, "the event is not safe yet");
  waiting->second.responder = nullptr;
}

void HttpIntake::OnAcknowledged(uint64_t number, const absl::Status& status) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  NoteWaiting();
  if (waiting.timer != 0) executor_->Cancel(waiting.timer);
  if (waiting.responder != nullptr) {
    if (status.ok()) {
      Count(counters_.acknowledged);
      waiting.responder->Send(std::move(waiting.answer));
    } else {
      PutOff(*waiting.responder, "stopping");
    }
  }
  if (waiting_.empty()) FinishStop();
}

void HttpIntake::PutOff(HttpResponder& responder, std::string_view why) {
  Count(counters_.put_off);
  responder.Send(ComeAgain(why));
}

void HttpIntake::NoteWaiting() {
  if (counters_.waiting != nullptr) {
    counters_.waiting->Set(static_cast<int64_t>(waiting_.size()));
  }
  open_.store(!blocked_ && !stopped_ && waiting_.size() < kMostWaiting,
              std::memory_order_relaxed);
}

void HttpIntake::Stop(absl::Duration patience,
                      absl::AnyInvocable<void()> done) {
  stopped_ = true;
  NoteWaiting();
  on_stopped_ = std::move(done);
  if (waiting_.empty()) return FinishStop();
  executor_->PostAfter(patience, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->FinishStop();
  });
}

void HttpIntake::FinishStop() {
  if (!on_stopped_) return;
  for (auto& [number, waiting] : waiting_) {
    if (waiting.timer != 0) executor_->Cancel(waiting.timer);
    if (waiting.responder != nullptr) PutOff(*waiting.responder, "stopping");
  }
  waiting_.clear();
  NoteWaiting();
  std::exchange(on_stopped_, nullptr)();
}

}  // namespace sluice
