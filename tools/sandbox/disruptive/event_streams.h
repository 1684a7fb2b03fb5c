// The open streams of the emulated Disruptive Technologies API.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_EVENT_STREAMS_H_
#define TOOLS_SANDBOX_DISRUPTIVE_EVENT_STREAMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/disruptive/device_registry.h"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

// How a stream ends.
enum class StreamEnd {
  kClean,          // the body ends properly
  kErrorFrame,     // a frame {"error": {"code": ...}}, then a proper end
  kOldErrorFrame,  // the same with grpcCode and httpCode, as captured in 2021
  kFin,            // the connection is closed in the middle of the body
  kReset,          // the same by TCP RST
};
// "clean", "error", "old_error", "fin", "reset".
std::string_view StreamEndName(StreamEnd end);
std::optional<StreamEnd> ParseStreamEnd(std::string_view name);

struct EventStreamsOptions {
  // The service ends each stream after so long.
  absl::Duration lifetime = absl::Hours(1);
  StreamEnd end = StreamEnd::kErrorFrame;
  // One of several label filters is enough; the vendor's client says "or" for
  // the stream.
  bool any_label = true;
  // A reader that is so far behind is cut off with an error frame.
  size_t max_pending_bytes = 16 << 20;
  // Every so many events, one is sent twice; 0: never.
  int64_t duplicate_every = 0;
  // Every so many events, one goes behind the next frame; 0: never.
  int64_t reorder_every = 0;
  // A stream ends after so many frames; 0: never.
  int64_t max_frames = 0;
};

// Events to all who listen, live only. Runs on one executor.
class EventStreams {
 public:
  // Gives the text of a ping event for a project.
  using PingText = std::function<std::string(std::string_view project)>;

  EventStreams(EventStreamsOptions options, PingText ping_text);
  ~EventStreams();
  EventStreams(const EventStreams&) = delete;
  EventStreams& operator=(const EventStreams&) = delete;

  void Start(Executor* executor) { executor_ = executor; }

  // Opens a stream on `responder`. kInvalidArgument: ping_interval cannot be
  // understood; nothing was answered.
  absl::Status Open(std::string_view project, const HttpServerRequest& request,
                    std::shared_ptr<HttpResponder> responder);

  // Puts an event into each stream that wants it; it goes out with Flush().
  // True: at least one does.
  bool Offer(const Device& device, std::string_view event_type,
             std::string_view envelope);
  void Flush();

  // Ends all streams, or the `count` oldest. Returns how many.
  int Cut(StreamEnd end, std::optional<int64_t> count = std::nullopt);

  // Holds back every byte for `duration`, pings included.
  void Stall(absl::Duration duration);

  // Sends these bytes on all streams as they are.
  void SendRaw(std::string_view bytes);

  void set_pings(bool on) { pings_ = on; }
  EventStreamsOptions& options() { return options_; }

  // Streams whose peer is still there.
  int open();
  int64_t opened() const { return opened_; }
  int64_t ended() const { return ended_; }
  int64_t frames() const { return frames_; }

 private:
  struct Stream {
    uint64_t id = 0;
    std::string project;
    DeviceFilter filter;
    absl::flat_hash_set<std::string> event_types;
    bool server_sent_events = false;
    absl::Duration ping_interval;
    std::shared_ptr<HttpResponder> responder;
    std::vector<std::string> unsent;  // A chunk each.
    std::string held_back;            // Goes behind the next frame.
    int64_t frames = 0;
    Executor::TimerId ping_timer = 0;
    Executor::TimerId end_timer = 0;
  };

  Stream* Find(uint64_t id);
  static void WriteUnsent(Stream& stream);
  void AppendFrame(Stream& stream, std::string_view envelope);
  // An event, `copies` times, now or (`late`) behind the next frame.
  void AppendEvent(Stream& stream, std::string_view envelope, int copies,
                   bool late);
  void AppendErrorFrame(Stream& stream, StreamEnd end, int code,
                        std::string_view message);
  void Ping(uint64_t id);
  // Ends a stream and forgets it.
  void End(Stream& stream, StreamEnd end, int code, std::string_view message);
  void Forget(Stream& stream);
  void ForgetDisconnected();
  bool stalled() const { return executor_->MonotonicNow() < stalled_until_; }

  EventStreamsOptions options_;
  const PingText ping_text_;
  Executor* executor_ = nullptr;
  uint64_t next_id_ = 1;
  std::vector<std::unique_ptr<Stream>> streams_;  // by age
  absl::Duration stalled_until_ = -absl::InfiniteDuration();
  bool pings_ = true;
  int64_t offered_ = 0;
  int64_t opened_ = 0;
  int64_t ended_ = 0;
  int64_t frames_ = 0;
};

// A protobuf Duration in JSON form ("10s", "1.5s"), and "500ms". Nullopt:
// neither, or not above zero.
std::optional<absl::Duration> ParseInterval(std::string_view text);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_EVENT_STREAMS_H_
