#include "pipeline/plugin_process/launched_program.h"

#include <utility>

#include "pipeline/plugin_process/completions.h"
#include "pipeline/plugin_process/launch.h"
#include "storage/base/status_macros.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::DescribeRequest;
using plugin::v1::DescribeResponse;
using plugin::v1::PingRequest;
using plugin::v1::PingResponse;

// A call under way, with what gRPC writes its answer into.
template <typename Request, typename Response>
struct UnaryCall {
  std::shared_ptr<Launch> launch;  // Outlives the call.
  std::unique_ptr<grpc::ClientContext> context;
  Request request;
  Response response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
};

template <typename Call>
void Begin(const std::shared_ptr<Call>& call, absl::AnyInvocable<void()> done) {
  call->reader->StartCall();
  call->reader->Finish(
      &call->response, &call->status,
      WhenDone([call, done = std::move(done)](bool) mutable { done(); }));
}

class RealProgram final : public LaunchedProgram {
 public:
  explicit RealProgram(std::shared_ptr<Launch> launch)
      : launch_(std::move(launch)) {}

  void Describe(absl::Duration timeout, OnDescribed done) override {
    auto call = NewCall<DescribeRequest, DescribeResponse>(timeout);
    call->request = MakeDescribeRequest();
    call->reader = launch_->stub().PrepareAsyncDescribe(
        call->context.get(), call->request, Completions());
    Begin(call, [call = call.get(), done = std::move(done)]() mutable {
      done(call->status, call->response);
    });
  }

  void Ping(absl::Duration timeout, OnPinged done) override {
    auto call = NewCall<PingRequest, PingResponse>(timeout);
    call->reader = launch_->stub().PrepareAsyncPing(
        call->context.get(), call->request, Completions());
    Begin(call, [call = call.get(), done = std::move(done)]() mutable {
      done(call->status);
    });
  }

  std::shared_ptr<PluginStream> Run(PluginStream::Handler handler) override {
    return OpenPluginStream(launch_->stub(),
                            launch_->NewContext(absl::InfiniteDuration()),
                            std::move(handler));
  }

  void Terminate() override { launch_->child().Terminate(); }
  void Kill() override { launch_->child().Kill(); }

 private:
  template <typename Request, typename Response>
  std::shared_ptr<UnaryCall<Request, Response>> NewCall(
      absl::Duration timeout) const {
    auto call = std::make_shared<UnaryCall<Request, Response>>();
    call->launch = launch_;
    call->context = launch_->NewContext(timeout);
    return call;
  }

  const std::shared_ptr<Launch> launch_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<LaunchedProgram>> LaunchProgram(
    const ProgramSpec& spec, std::string log_name,
    absl::AnyInvocable<void(std::string how)> on_end) {
  SLUICE_ASSIGN_OR_RETURN(
      std::shared_ptr<Launch> launch,
      Launch::Start(spec, std::move(log_name), std::move(on_end)));
  return std::make_shared<RealProgram>(std::move(launch));
}

}  // namespace sluice::plugin_process
