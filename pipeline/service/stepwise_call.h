// Calls with many answers, made bit by bit.
#ifndef PIPELINE_SERVICE_STEPWISE_CALL_H_
#define PIPELINE_SERVICE_STEPWISE_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"

namespace sluice {

// What follows a step of a StepwiseCall.
struct NextStep {
  // False: that was the last.
  bool more = false;
  // Before the next one.
  absl::Duration delay = absl::ZeroDuration();
};

// Where the steps of a StepwiseCall run.
struct StepPlace {
  // Outlives the call.
  Process* process = nullptr;
  std::string pipeline;
  // Steps only read, and run there; null: they may write, and run on the thread
  // that writes to the log, which has other things to do between them.
  Executor* reader = nullptr;
};

// Goes through something in the log of a pipeline, step by step. The next step
// is made when the caller has taken the answers of the one before, so a slow
// caller holds nothing up and nothing is queued for it. A caller that goes ends
// it between two steps. Deletes itself when the call is over.
//
// At each moment one thing is under way: a step, a write, a wait for the alarm,
// or Finish().
template <typename Response>
class StepwiseCall final : public grpc::ServerWriteReactor<Response> {
 public:
  // Appends answers.
  using Step = absl::AnyInvocable<absl::StatusOr<NextStep>(
      EventLog& log, std::vector<Response>& answers)>;
  using OnEnd = absl::AnyInvocable<void(const absl::Status&)>;

  // Keeps `slot` until it is over. `on_end`, if there is one, is called once.
  StepwiseCall(StepPlace place, CallLimit::Slot slot, Step step,
               OnEnd on_end = nullptr)
      : place_(std::move(place)),
        slot_(std::move(slot)),
        step_(std::move(step)),
        on_end_(std::move(on_end)) {
    Post();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller has gone"));
    ++written_;
    GoOn();
  }

  void OnCancel() override {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    alarm_.Cancel();
  }

  void OnDone() override { delete this; }

 private:
  void Post() {
    if (IsCancelled()) return End(absl::CancelledError("the caller has gone"));
    if (place_.reader == nullptr) {
      const absl::Status posted =
          place_.process->PostToLog(place_.pipeline, [this](EventLog& log) {
            const absl::Status status = RunStep(log);
            status.ok() ? GoOn() : End(status);
          });
      if (!posted.ok()) End(posted);
      return;
    }
    place_.reader->Post([this] {
      const absl::Status status = place_.process->ReadLog(
          place_.pipeline, [this](EventLog& log) { return RunStep(log); });
      status.ok() ? GoOn() : End(status);
    });
  }

  absl::Status RunStep(EventLog& log) {
    answers_.clear();
    written_ = 0;
    const absl::StatusOr<NextStep> then = step_(log, answers_);
    if (then.ok()) then_ = *then;
    return then.status();
  }

  void GoOn() {
    if (written_ < answers_.size()) {
      this->StartWrite(&answers_[written_]);
    } else if (!then_.more) {
      End(absl::OkStatus());
    } else if (then_.delay > absl::ZeroDuration()) {
      Wait();
    } else {
      Post();
    }
  }

  void Wait() {
    absl::MutexLock lock(&mu_);
    // What was cancelled before does not wait.
    const absl::Duration delay =
        cancelled_ ? absl::ZeroDuration() : then_.delay;
    alarm_.Set(
        std::chrono::system_clock::now() + absl::ToChronoNanoseconds(delay),
        [this](bool) { Post(); });
  }

  bool IsCancelled() {
    absl::MutexLock lock(&mu_);
    return cancelled_;
  }

  void End(const absl::Status& status) {
    if (on_end_ != nullptr) on_end_(status);
    this->Finish(ToGrpc(status));
  }

  const StepPlace place_;
  const CallLimit::Slot slot_;
  Step step_;
  OnEnd on_end_;
  std::vector<Response> answers_;
  size_t written_ = 0;
  NextStep then_;
  absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Alarm alarm_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_STEPWISE_CALL_H_
