// Calls that answer again and again.
#ifndef PIPELINE_SERVICE_PERIODIC_CALL_H_
#define PIPELINE_SERVICE_PERIODIC_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"

namespace sluice {

// Sends an answer at once, and then one at every interval until there is no
// more to say or the caller goes. What a slow caller could not take in time is
// left out, never queued. Deletes itself when the call is over.
//
// At each moment one thing is under way: a write, a wait for the alarm, or
// Finish().
template <typename Response>
class PeriodicCall final : public grpc::ServerWriteReactor<Response> {
 public:
  // Fills in an answer; false: it is the last. Called on threads of gRPC.
  using Produce = absl::AnyInvocable<absl::StatusOr<bool>(Response&)>;

  // Keeps `slot` until it is over.
  PeriodicCall(absl::Duration interval, CallLimit::Slot slot, Produce produce)
      : interval_(interval),
        slot_(std::move(slot)),
        produce_(std::move(produce)) {}

  // To be called once, from any thread: the first answer is due, or, with an
  // error, the call is refused.
  void Begin(const absl::Status& status) {
    if (status.ok()) {
      Send();
    } else {
      this->Finish(ToGrpc(status));
    }
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mu_);
    if (!ok || cancelled_) {
      this->Finish(grpc::Status::CANCELLED);
    } else if (!more_) {
      this->Finish(grpc::Status::OK);
    } else {
      alarm_.Set(std::chrono::system_clock::now() +
                     absl::ToChronoNanoseconds(interval_),
                 [this](bool due) {
                   if (due) {
                     Send();
                   } else {
                     this->Finish(grpc::Status::CANCELLED);
                   }
                 });
    }
  }

  void OnCancel() override {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    alarm_.Cancel();
  }

  void OnDone() override { delete this; }

 private:
  void Send() {
    response_.Clear();
    const absl::StatusOr<bool> more = produce_(response_);
    if (!more.ok()) {
      this->Finish(ToGrpc(more.status()));
      return;
    }
    more_ = *more;
    this->StartWrite(&response_);
  }

  const absl::Duration interval_;
  const CallLimit::Slot slot_;
  Produce produce_;
  Response response_;
  bool more_ = true;
  absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Alarm alarm_;
};

// The interval that a request asks for; not given: 1 s.
//   kInvalidArgument: below 200 ms or above 1 h.
absl::StatusOr<absl::Duration> IntervalOf(
    bool given, const google::protobuf::Duration& interval);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_PERIODIC_CALL_H_
