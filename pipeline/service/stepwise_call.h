// Calls with many answers, made bit by bit.
#ifndef PIPELINE_SERVICE_STEPWISE_CALL_H_
#define PIPELINE_SERVICE_STEPWISE_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"

namespace sluice {

// Goes through something in the log of a pipeline: step by step on the thread
// that writes to it, which has other things to do between the steps. The next
// step is made when the caller has taken the answers of the one before, so a
// slow caller holds nothing up and nothing is queued for it. A caller that goes
// ends it between two steps. Deletes itself when the call is over.
template <typename Response>
class StepwiseCall final : public grpc::ServerWriteReactor<Response> {
 public:
  // Appends answers; true: there is more to do.
  using Step = absl::AnyInvocable<absl::StatusOr<bool>(
      EventLog& log, std::vector<Response>& answers)>;
  using OnEnd = absl::AnyInvocable<void(const absl::Status&)>;

  // `process` outlives the call. `on_end` is called once.
  StepwiseCall(Process* process, std::string pipeline, Step step, OnEnd on_end)
      : process_(process),
        pipeline_(std::move(pipeline)),
        step_(std::move(step)),
        on_end_(std::move(on_end)) {
    Post();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller has gone"));
    ++next_;
    GoOn();
  }

  void OnDone() override { delete this; }

 private:
  void Post() {
    const absl::Status posted =
        process_->PostToLog(pipeline_, [this](EventLog& log) { RunStep(log); });
    if (!posted.ok()) End(posted);
  }

  void RunStep(EventLog& log) {
    answers_.clear();
    next_ = 0;
    const absl::StatusOr<bool> more = step_(log, answers_);
    if (!more.ok()) return End(more.status());
    more_ = *more;
    GoOn();
  }

  void GoOn() {
    if (next_ < answers_.size()) {
      this->StartWrite(&answers_[next_]);
    } else if (more_) {
      Post();
    } else {
      End(absl::OkStatus());
    }
  }

  void End(const absl::Status& status) {
    on_end_(status);
    this->Finish(ToGrpc(status));
  }

  Process* const process_;
  const std::string pipeline_;
  Step step_;
  OnEnd on_end_;
  std::vector<Response> answers_;
  size_t next_ = 0;
  bool more_ = false;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_STEPWISE_CALL_H_
