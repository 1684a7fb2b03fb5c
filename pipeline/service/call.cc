#include "pipeline/service/call.h"

#include <string>

#include "glog/logging.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

// Requests hold no secrets, but may hold much.
constexpr size_t kMaxAuditBytes = 500;

std::string Shortened(const google::protobuf::Message& request) {
  std::string text = request.ShortDebugString();
  if (text.size() > kMaxAuditBytes) {
    text.resize(kMaxAuditBytes);
    text += "...";
  }
  return text;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  // The codes of Abseil are those of gRPC.
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(status.message())};
}

void NoteChange(std::string_view method,
                const google::protobuf::Message& request, std::string_view by,
                const absl::Status& status) {
  LOG(INFO) << "admin: " << method << " {" << Shortened(request) << "} by "
            << by << ": " << (status.ok() ? "ok" : status.ToString());
}

grpc::ServerUnaryReactor* UnaryCalls::Look(
    grpc::CallbackServerContext* context, config::v1::Role least,
    absl::FunctionRef<absl::Status(const Caller&)> handle) const {
  const absl::StatusOr<Caller> caller = access_->Authorize(*context, least);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(caller.ok() ? handle(*caller) : caller.status()));
  return reactor;
}

grpc::ServerUnaryReactor* UnaryCalls::LookLater(
    grpc::CallbackServerContext* context, config::v1::Role least,
    absl::FunctionRef<void(const Caller&, Done done)> start) const {
  const absl::StatusOr<Caller> caller = access_->Authorize(*context, least);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!caller.ok()) {
    reactor->Finish(ToGrpc(caller.status()));
  } else {
    start(*caller, [reactor](const absl::Status& status) {
      reactor->Finish(ToGrpc(status));
    });
  }
  return reactor;
}

grpc::ServerUnaryReactor* UnaryCalls::Change(
    grpc::CallbackServerContext* context, config::v1::Role least,
    std::string_view method, const google::protobuf::Message& request,
    absl::FunctionRef<absl::Status(const Caller&)> handle) const {
  const absl::StatusOr<Caller> caller = access_->Authorize(*context, least);
  const absl::Status status = caller.ok() ? handle(*caller) : caller.status();
  NoteChange(method, request, caller.ok() ? caller->name : context->peer(),
             status);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* UnaryCalls::ChangeLater(
    grpc::CallbackServerContext* context, config::v1::Role least,
    std::string_view method, const google::protobuf::Message& request,
    absl::FunctionRef<void(const Caller&, Done done)> start) const {
  const absl::StatusOr<Caller> caller = access_->Authorize(*context, least);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!caller.ok()) {
    NoteChange(method, request, context->peer(), caller.status());
    reactor->Finish(ToGrpc(caller.status()));
  } else {
    // The request lives as long as the reactor.
    start(*caller, [reactor, method, &request,
                    name = caller->name](const absl::Status& status) {
      NoteChange(method, request, name, status);
      reactor->Finish(ToGrpc(status));
    });
  }
  return reactor;
}

}  // namespace sluice
