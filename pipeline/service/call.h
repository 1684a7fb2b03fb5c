// What all calls of the admin API have in common: who may, and what is noted.
#ifndef PIPELINE_SERVICE_CALL_H_
#define PIPELINE_SERVICE_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "pipeline/service/access.h"

namespace sluice {

// The same code and message.
grpc::Status ToGrpc(const absl::Status& status);

// The line in the log that each call leaves which changes something.
void NoteChange(std::string_view method,
                const google::protobuf::Message& request, std::string_view by,
                const absl::Status& status);

// Answers calls with one request and one answer.
class UnaryCalls {
 public:
  // `access` outlives it.
  explicit UnaryCalls(const AccessPolicy* access) : access_(access) {}

  // Runs `handle`, which fills in the answer, if the caller has at least the
  // role `least`.
  grpc::ServerUnaryReactor* Look(
      grpc::CallbackServerContext* context, config::v1::Role least,
      absl::FunctionRef<absl::Status(const Caller&)> handle) const;

  // Runs `start`, which hands the work to somebody else; `done` is called once
  // when it is over, from any thread.
  using Done = absl::AnyInvocable<void(absl::Status)>;
  grpc::ServerUnaryReactor* LookLater(
      grpc::CallbackServerContext* context, config::v1::Role least,
      absl::FunctionRef<void(const Caller&, Done done)> start) const;

  // The same for a call that changes something: it leaves a line in the log
  // with who, what and how it ended, refused ones too.
  grpc::ServerUnaryReactor* Change(
      grpc::CallbackServerContext* context, config::v1::Role least,
      std::string_view method, const google::protobuf::Message& request,
      absl::FunctionRef<absl::Status(const Caller&)> handle) const;
  grpc::ServerUnaryReactor* ChangeLater(
      grpc::CallbackServerContext* context, config::v1::Role least,
      std::string_view method, const google::protobuf::Message& request,
      absl::FunctionRef<void(const Caller&, Done done)> start) const;

 private:
  const AccessPolicy* access_;
};

// A call that is refused before it begins. Deletes itself.
template <typename Response>
class RefusedCall final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedCall(const absl::Status& status) {
    this->Finish(ToGrpc(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_CALL_H_
