#include "pipeline/plugin_process/plugin_probe.h"

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/base/status_macros.h"

namespace sluice::plugin_process {
namespace {

// A process that dies breaks its call first; how it died says more.
constexpr absl::Duration kUntilItsEnd = absl::Milliseconds(500);

// Runs `ask` on a thread that no signal reaches. Threads that gRPC and children
// need inherit that, and stay: a SIGTERM for the process must not end up there,
// whatever its main thread does with signals later.
void WithoutSignals(const std::function<void()>& ask) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(ask);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  thread.join();
}

}  // namespace

PluginProbe::~PluginProbe() {
  if (launch_ != nullptr) launch_->child().Kill();
}

absl::Status PluginProbe::StartProcess() {
  if (launch_ != nullptr) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(
      launch_, Launch::Start(*spec_, spec_->label(),
                             [shared = shared_](const std::string& how) {
                               absl::MutexLock lock(&shared->mu);
                               shared->ended = true;
                               shared->how = how;
                               if (shared->call != nullptr)
                                 shared->call->TryCancel();
                             }));
  return absl::OkStatus();
}

absl::Status PluginProbe::Ask(const Call& call) {
  absl::Status status;
  WithoutSignals([&] { status = AskOnThisThread(call); });
  return status;
}

absl::Status PluginProbe::AskOnThisThread(const Call& call) {
  SLUICE_RETURN_IF_ERROR(StartProcess());
  const auto context = launch_->NewContext(spec_->start_timeout);
  {
    absl::MutexLock lock(&shared_->mu);
    shared_->call = context.get();
    if (shared_->ended) context->TryCancel();
  }
  const grpc::Status status = call(launch_->stub(), context.get());
  {
    absl::MutexLock lock(&shared_->mu);
    shared_->call = nullptr;
  }
  return status.ok() ? absl::OkStatus() : Explain(status);
}

absl::Status PluginProbe::Explain(const grpc::Status& status) {
  const auto error = [this](const std::string& why) {
    return absl::InvalidArgumentError(absl::StrCat(spec_->label(), " ", why));
  };
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return error(absl::StrCat("did not answer within ",
                              absl::FormatDuration(spec_->start_timeout)));
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::CANCELLED) {
    absl::MutexLock lock(&shared_->mu);
    if (shared_->mu.AwaitWithTimeout(absl::Condition(&shared_->ended),
                                     kUntilItsEnd)) {
      return error(shared_->how);
    }
  }
  return error(
      absl::StrCat("answered an error: ", BoundedText(status.error_message()),
                   " (code ", static_cast<int>(status.error_code()), ")"));
}

absl::StatusOr<plugin::v1::DescribeResponse> PluginProbe::Describe() {
  plugin::v1::DescribeResponse response;
  SLUICE_RETURN_IF_ERROR(
      Ask([&](plugin::v1::Plugin::Stub& stub, grpc::ClientContext* context) {
        return stub.Describe(context, MakeDescribeRequest(), &response);
      }));
  SLUICE_RETURN_IF_ERROR(CheckVersion(*spec_, response));
  return response;
}

absl::StatusOr<plugin::v1::CheckResponse> PluginProbe::Check(
    const plugin::v1::CheckRequest& request) {
  plugin::v1::CheckResponse response;
  SLUICE_RETURN_IF_ERROR(
      Ask([&](plugin::v1::Plugin::Stub& stub, grpc::ClientContext* context) {
        return stub.Check(context, request, &response);
      }));
  return response;
}

}  // namespace sluice::plugin_process
