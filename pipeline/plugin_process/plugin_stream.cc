#include "pipeline/plugin_process/plugin_stream.h"

#include <utility>

#include "pipeline/plugin_process/completions.h"

namespace sluice::plugin_process {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

std::shared_ptr<PluginStream> PluginStream::Open(
    plugin::v1::Plugin::Stub& stub,
    std::unique_ptr<grpc::ClientContext> context, Handler handler) {
  auto stream = std::make_shared<PluginStream>();
  absl::MutexLock lock(&stream->mu_);
  stream->context_ = std::move(context);
  stream->handler_ = std::move(handler);
  stream->call_ = stub.PrepareAsyncRun(stream->context_.get(), Completions());
  stream->call_->StartCall(
      WhenDone([stream](bool ok) { stream->OnStarted(ok); }));
  return stream;
}

void PluginStream::OnStarted(bool ok) {
  absl::MutexLock lock(&mu_);
  if (closed_) return;
  if (!ok) return Finish();
  started_ = true;
  call_->Read(&incoming_, WhenDone([self = shared_from_this()](bool read) {
    self->OnRead(read);
  }));
  WriteNext();
}

void PluginStream::ReadNext() {
  absl::MutexLock lock(&mu_);
  if (closed_ || finishing_) return;
  call_->Read(&incoming_, WhenDone([self = shared_from_this()](bool read) {
    self->OnRead(read);
  }));
}

void PluginStream::OnRead(bool ok) {
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

void PluginStream::Send(HostMessage message) {
  absl::MutexLock lock(&mu_);
  unsent_.push_back(std::move(message));
  if (started_) WriteNext();
}

void PluginStream::WriteNext() {
  if (writing_ || closed_ || finishing_ || unsent_.empty()) return;
  outgoing_ = std::move(unsent_.front());
  unsent_.pop_front();
  writing_ = true;
  call_->Write(outgoing_, WhenDone([self = shared_from_this()](bool ok) {
                 self->OnWritten(ok);
               }));
}

void PluginStream::OnWritten(bool ok) {
  absl::MutexLock lock(&mu_);
  // If it failed, the read that waits says why.
  if (!ok) return;
  writing_ = false;
  WriteNext();
}

void PluginStream::Finish() {
  if (std::exchange(finishing_, true)) return;
  call_->Finish(&status_, WhenDone([self = shared_from_this()](bool) {
    self->OnFinished();
  }));
}

void PluginStream::OnFinished() {
  Handler handler;
  {
    absl::MutexLock lock(&mu_);
    if (closed_) return;
    handler = std::exchange(handler_, {});
  }
  handler.on_end(status_);
}

void PluginStream::Close() {
  Handler dropped;
  absl::MutexLock lock(&mu_);
  if (std::exchange(closed_, true)) return;
  context_->TryCancel();
  dropped = std::exchange(handler_, {});
}

std::deque<HostMessage> PluginStream::TakeUnsent() {
  absl::MutexLock lock(&mu_);
  return std::exchange(unsent_, {});
}

}  // namespace sluice::plugin_process
