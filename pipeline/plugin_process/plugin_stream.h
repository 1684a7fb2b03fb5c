// The two directions of a running component.
#ifndef PIPELINE_PLUGIN_PROCESS_PLUGIN_STREAM_H_
#define PIPELINE_PLUGIN_PROCESS_PLUGIN_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>

#include "proto/plugin/v1/plugin.grpc.pb.h"

namespace sluice::plugin_process {

// One call of Plugin.Run. What is sent waits here until gRPC takes it; what
// comes is read one by one, as its owner asks for it, so a program that says
// too much fills its own buffers.
//
// Thread-safety: all methods from any thread.
class PluginStream {
 public:
  // On a thread of the stream's own.
  struct Handler {
    // Then ReadNext() brings the next one.
    std::function<void(plugin::v1::PluginMessage)> on_message;
    // The call is over; the last call. Not after Close().
    std::function<void(grpc::Status)> on_end;
  };

  virtual ~PluginStream() = default;

  virtual void Send(plugin::v1::HostMessage message) = 0;
  virtual void ReadNext() = 0;
  // Ends the call; nothing is said to the handler that has not begun.
  virtual void Close() = 0;
  // What was sent and never handed to gRPC: the program surely does not have
  // it. After Close().
  virtual std::deque<plugin::v1::HostMessage> TakeUnsent() = 0;
};

// Makes the call. `context` is its own, with its metadata.
std::shared_ptr<PluginStream> OpenPluginStream(
    plugin::v1::Plugin::Stub& stub,
    std::unique_ptr<grpc::ClientContext> context,
    PluginStream::Handler handler);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PLUGIN_STREAM_H_
