// The two directions of a running component.
#ifndef PIPELINE_PLUGIN_PROCESS_PLUGIN_STREAM_H_
#define PIPELINE_PLUGIN_PROCESS_PLUGIN_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "proto/plugin/v1/plugin.grpc.pb.h"

namespace sluice::plugin_process {

// One call of Plugin.Run. What is sent waits here until gRPC takes it; what
// comes is read one by one, as its owner asks for it, so a program that says
// too much fills its own buffers.
//
// Thread-safety: all methods from any thread.
class PluginStream : public std::enable_shared_from_this<PluginStream> {
 public:
  // On the thread of Completions().
  struct Handler {
    // Then ReadNext() brings the next one.
    std::function<void(plugin::v1::PluginMessage)> on_message;
    // The call is over; the last call. Not after Close().
    std::function<void(grpc::Status)> on_end;
  };

  // `context` is the call's, with its metadata.
  static std::shared_ptr<PluginStream> Open(
      plugin::v1::Plugin::Stub& stub,
      std::unique_ptr<grpc::ClientContext> context, Handler handler);

  void Send(plugin::v1::HostMessage message);
  void ReadNext();
  // Ends the call; nothing is said to the handler that has not begun.
  void Close();
  // What was sent and never handed to gRPC: the program surely does not have
  // it. After Close().
  std::deque<plugin::v1::HostMessage> TakeUnsent();

 private:
  using Call = grpc::ClientAsyncReaderWriter<plugin::v1::HostMessage,
                                             plugin::v1::PluginMessage>;

  void OnStarted(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished();
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Finish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::Mutex mu_;
  std::unique_ptr<grpc::ClientContext> context_;
  // Null once the handler has nothing to be told any more: it may hold what
  // holds this.
  Handler handler_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<Call> call_;
  plugin::v1::PluginMessage incoming_;
  grpc::Status status_;
  std::deque<plugin::v1::HostMessage> unsent_ ABSL_GUARDED_BY(mu_);
  // With gRPC as long as `writing_`.
  plugin::v1::HostMessage outgoing_;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool finishing_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PLUGIN_STREAM_H_
