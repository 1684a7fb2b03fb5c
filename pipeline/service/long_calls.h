// Calls that wait for pipelines to stop and start.
#ifndef PIPELINE_SERVICE_LONG_CALLS_H_
#define PIPELINE_SERVICE_LONG_CALLS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/service/call.h"

namespace sluice {

// Does what calls ask for one after the other, on a thread of its own, so that
// they may block.
class LongCalls {
 public:
  // `access` outlives it.
  LongCalls(const AccessPolicy* access, const std::string& thread_name)
      : calls_(access), thread_(thread_name) {}

  // As UnaryCalls::Change(), with `handle` on the thread. It may use the
  // request and the answer of the call until it returns.
  grpc::ServerUnaryReactor* Change(
      grpc::CallbackServerContext* context, config::v1::Role least,
      std::string_view method, const google::protobuf::Message& request,
      absl::AnyInvocable<absl::Status(const Caller&)> handle);

  // The same for a call that only looks.
  grpc::ServerUnaryReactor* Look(
      grpc::CallbackServerContext* context, config::v1::Role least,
      absl::AnyInvocable<absl::Status(const Caller&)> handle);

  // Runs `work` on the thread.
  void Post(absl::AnyInvocable<void()> work) { thread_.Post(std::move(work)); }

 private:
  // Calls `done` with what `handle` says, unless the caller has gone by then.
  void Run(grpc::CallbackServerContext* context, const Caller& caller,
           absl::AnyInvocable<absl::Status(const Caller&)> handle,
           UnaryCalls::Done done);

  const UnaryCalls calls_;
  ThreadExecutor thread_;
};

// How long what stops may take to end; not given: 10 s.
//   kInvalidArgument: below zero or above 5 min.
absl::StatusOr<absl::Duration> GraceOf(bool given,
                                       const google::protobuf::Duration& grace);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_LONG_CALLS_H_
