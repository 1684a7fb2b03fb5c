// Lines over TCP or a Unix socket.
#ifndef PLUGINS_LINES_STREAM_INPUT_H_
#define PLUGINS_LINES_STREAM_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/api/listen_keeper.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/net/stream_server.h"
#include "plugins/lines/emission_relay.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/lines_input.h"
#include "plugins/lines/lines_settings.h"

namespace sluice::lines {

class LineReceiver;

// Reads all connections on the thread of one StreamServer. What a read brings
// is decoded there and handed over as one emission, or as a few where lines
// grow; when so much waits that is not in the queue yet, reading stops, and TCP
// holds the senders back.
class StreamInput final : public LinesInput,
                          public std::enable_shared_from_this<StreamInput> {
 public:
  StreamInput(StreamSettings settings, InputParts parts);

  void Start() override;
  void Stop(absl::AnyInvocable<void()> done) override;
  uint16_t port() const override {
    return server_ == nullptr ? 0 : server_->port();
  }

 private:
  friend class LineReceiver;

  absl::StatusOr<std::string> Listen();

  // On the server's thread, for receivers.
  //
  // Something of so many bytes is handed over, or was taken.
  void AddWaiting(size_t bytes) { waiting_bytes_ += bytes; }
  void RemoveWaiting(size_t bytes);
  bool too_much_waits() const;
  void ResumeLater(std::weak_ptr<LineReceiver> receiver) {
    held_back_.push_back(std::move(receiver));
  }

  // On the executor.
  //
  // Runs `task` on the server's thread, if there is one still.
  void PostToServer(Executor::Task task);

  const StreamSettings settings_;
  const InputParts parts_;
  Gauge* const connections_;
  const std::shared_ptr<EmissionRelay> relay_;
  ListenKeeper keeper_;

  // The server's thread's.
  const std::unique_ptr<LineDecoder> decoder_;
  // What the read under way brings; empty between two reads.
  LineBatch batch_;
  size_t waiting_bytes_ = 0;
  // Receivers that stopped because of the others.
  std::vector<std::weak_ptr<LineReceiver>> held_back_;

  // Last: its thread uses the others.
  std::unique_ptr<StreamServer> server_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_STREAM_INPUT_H_
