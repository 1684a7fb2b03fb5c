#include "pipeline/plugin_process/plugin_stream.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "pipeline/plugin_process/completions.h"

namespace sluice::plugin_process {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

namespace {

class GrpcStream final : public PluginStream,
                         public std::enable_shared_from_this<GrpcStream> {
 public:
  GrpcStream(std::unique_ptr<grpc::ClientContext> context, Handler handler)
      : context_(std::move(context)), handler_(std::move(handler)) {}

  void Open(plugin::v1::Plugin::Stub& stub);

  void Send(HostMessage message) override;
  void ReadNext() override;
  void Close() override;
  std::deque<HostMessage> TakeUnsent() override;

 private:
  using Call = grpc::ClientAsyncReaderWriter<HostMessage, PluginMessage>;

  void OnStarted(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished();
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Finish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::Mutex mu_;
  const std::unique_ptr<grpc::ClientContext> context_;
  // Null once the handler has nothing to be told any more: it may hold what
  // holds this.
  Handler handler_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Call> call_;
  PluginMessage incoming_;
  grpc::Status status_;
  std::deque<HostMessage> unsent_ ABSL_GUARDED_BY(mu_);
  // With gRPC as long as `writing_`.
  HostMessage outgoing_;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool finishing_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

void GrpcStream::Open(plugin::v1::Plugin::Stub& stub) {
  absl::MutexLock lock(&mu_);
  call_ = stub.PrepareAsyncRun(context_.get(), Completions());
  call_->StartCall(
      WhenDone([self = shared_from_this()](bool ok) { self->OnStarted(ok); }));
}

void GrpcStream::OnStarted(bool ok) {
  absl::MutexLock lock(&mu_);
  if (closed_) return;
  if (!ok) return Finish();
  started_ = true;
  call_->Read(&incoming_, WhenDone([self = shared_from_this()](bool read) {
    self->OnRead(read);
  }));
  WriteNext();
}

void GrpcStream::ReadNext() {
  absl::MutexLock lock(&mu_);
  if (closed_ || finishing_) return;
  call_->Read(&incoming_, WhenDone([self = shared_from_this()](bool read) {
    self->OnRead(read);
  }));
}

void GrpcStream::OnRead(bool ok) {
  std::function<void(PluginMessage)> on_message;
  {
    absl::MutexLock lock(&mu_);
    if (closed_) return;
    if (!ok) return Finish();
    on_message = handler_.on_message;
  }
  PluginMessage message;
  message.Swap(&incoming_);
  on_message(std::move(message));
}

void GrpcStream::Send(HostMessage message) {
  absl::MutexLock lock(&mu_);
  unsent_.push_back(std::move(message));
  if (started_) WriteNext();
}

void GrpcStream::WriteNext() {
  if (writing_ || closed_ || finishing_ || unsent_.empty()) return;
  outgoing_ = std::move(unsent_.front());
  unsent_.pop_front();
  writing_ = true;
  call_->Write(outgoing_, WhenDone([self = shared_from_this()](bool ok) {
                 self->OnWritten(ok);
               }));
}

void GrpcStream::OnWritten(bool ok) {
  absl::MutexLock lock(&mu_);
  // If it failed, the read that waits says why.
  if (!ok) return;
  writing_ = false;
  WriteNext();
}

void GrpcStream::Finish() {
  if (std::exchange(finishing_, true)) return;
  call_->Finish(&status_, WhenDone([self = shared_from_this()](bool) {
    self->OnFinished();
  }));
}

void GrpcStream::OnFinished() {
  Handler handler;
  {
    absl::MutexLock lock(&mu_);
    if (closed_) return;
    handler = std::exchange(handler_, {});
  }
  handler.on_end(status_);
}

void GrpcStream::Close() {
  Handler dropped;
  absl::MutexLock lock(&mu_);
  if (std::exchange(closed_, true)) return;
  context_->TryCancel();
  dropped = std::exchange(handler_, {});
}

std::deque<HostMessage> GrpcStream::TakeUnsent() {
  absl::MutexLock lock(&mu_);
  return std::exchange(unsent_, {});
}

}  // namespace

std::shared_ptr<PluginStream> OpenPluginStream(
    plugin::v1::Plugin::Stub& stub,
    std::unique_ptr<grpc::ClientContext> context,
    PluginStream::Handler handler) {
  auto stream =
      std::make_shared<GrpcStream>(std::move(context), std::move(handler));
  stream->Open(stub);
  return stream;
}

}  // namespace sluice::plugin_process
