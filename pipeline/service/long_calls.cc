#include "pipeline/service/long_calls.h"

namespace sluice {
namespace {

constexpr absl::Duration kDefaultGrace = absl::Seconds(10);
constexpr absl::Duration kMaxGrace = absl::Minutes(5);

}  // namespace

grpc::ServerUnaryReactor* LongCalls::Change(
    grpc::CallbackServerContext* context, config::v1::Role least,
    std::string_view method, const google::protobuf::Message& request,
    absl::AnyInvocable<absl::Status(const Caller&)> handle) {
  return calls_.ChangeLater(context, least, method, request,
                            [&](const Caller& caller, UnaryCalls::Done done) {
                              Run(context, caller, std::move(handle),
                                  std::move(done));
                            });
}

grpc::ServerUnaryReactor* LongCalls::Look(
    grpc::CallbackServerContext* context, config::v1::Role least,
    absl::AnyInvocable<absl::Status(const Caller&)> handle) {
  return calls_.LookLater(
      context, least, [&](const Caller& caller, UnaryCalls::Done done) {
        Run(context, caller, std::move(handle), std::move(done));
      });
}

void LongCalls::Run(grpc::CallbackServerContext* context, const Caller& caller,
                    absl::AnyInvocable<absl::Status(const Caller&)> handle,
                    UnaryCalls::Done done) {
  thread_.Post([context, caller, handle = std::move(handle),
                done = std::move(done)]() mutable {
    // Whoever gave up has been told that it failed.
    done(context->IsCancelled() ? absl::CancelledError("the caller has gone")
                                : handle(caller));
  });
}

absl::StatusOr<absl::Duration> GraceOf(
    bool given, const google::protobuf::Duration& grace) {
  if (!given) return kDefaultGrace;
  const absl::Duration value =
      absl::Seconds(grace.seconds()) + absl::Nanoseconds(grace.nanos());
  if (value >= absl::ZeroDuration() && value <= kMaxGrace) return value;
  return absl::InvalidArgumentError("grace: must be from 0s to 5m");
}

}  // namespace sluice
