#include "tools/sandbox/disruptive/event_streams.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

// gRPC codes and the HTTP statuses they stand for.
constexpr int kCancelled = 1;
constexpr int kResourceExhausted = 8;
constexpr int kRequestTimeout = 408;
constexpr int kTooManyRequests = 429;

// Shorter ones would keep the server busy with pings alone.
constexpr absl::Duration kShortestPing = absl::Milliseconds(10);

struct EndName {
  StreamEnd end;
  std::string_view name;
};
constexpr EndName kEndNames[] = {
    {StreamEnd::kClean, "clean"},
    {StreamEnd::kErrorFrame, "error"},
    {StreamEnd::kOldErrorFrame, "old_error"},
    {StreamEnd::kFin, "fin"},
    {StreamEnd::kReset, "reset"},
};

bool WantsServerSentEvents(const HttpServerRequest& request) {
  const auto accept = FindHeader(request.headers, "Accept");
  return accept.has_value() &&
         absl::StrContains(absl::AsciiStrToLower(ToAbsl(*accept)),
                           "text/event-stream");
}

// Every so many there is one; 0: never.
bool IsTurn(int64_t number, int64_t every) {
  return every > 0 && number % every == 0;
}

}  // namespace

std::string_view StreamEndName(StreamEnd end) {
  for (const EndName& each : kEndNames) {
    if (each.end == end) return each.name;
  }
  return "unknown";
}

std::optional<StreamEnd> ParseStreamEnd(std::string_view name) {
  for (const EndName& each : kEndNames) {
    if (each.name == name) return each.end;
  }
  return std::nullopt;
}

std::optional<absl::Duration> ParseInterval(std::string_view text) {
  absl::Duration interval;
  if (text.empty() || !absl::ascii_isdigit(text.front()) ||
      !absl::ParseDuration(ToAbsl(text), &interval) ||
      interval < kShortestPing || interval == absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return interval;
}

EventStreams::EventStreams(EventStreamsOptions options, PingText ping_text)
    : options_(options), ping_text_(std::move(ping_text)) {}

EventStreams::~EventStreams() = default;

absl::Status EventStreams::Open(std::string_view project,
                                const HttpServerRequest& request,
                                std::shared_ptr<HttpResponder> responder) {
  const DisruptiveQuery query(request.query);
  auto stream = std::make_unique<Stream>();
  stream->id = next_id_++;
  stream->project = project;
  stream->filter = DeviceFilter::FromQuery(query, options_.any_label);
  for (std::string& type : query.All("event_types")) {
    stream->event_types.insert(std::move(type));
  }
  stream->server_sent_events = WantsServerSentEvents(request);
  if (const auto text = query.One("ping_interval")) {
    const std::optional<absl::Duration> interval = ParseInterval(*text);
    if (!interval.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid ping_interval \"", *text, "\""));
    }
    stream->ping_interval = *interval;
  }
  ForgetDisconnected();
  ++opened_;
  const uint64_t id = stream->id;
  if (stream->ping_interval > absl::ZeroDuration()) {
    stream->ping_timer =
        executor_->PostAfter(stream->ping_interval, [this, id] { Ping(id); });
  }
  stream->end_timer = executor_->PostAfter(options_.lifetime, [this, id] {
    Stream* expired = Find(id);
    if (expired == nullptr) return;
    expired->end_timer = 0;
    End(*expired, options_.end, kRequestTimeout, "closing stream");
  });
  responder->Begin(
      200, {{"Content-Type", stream->server_sent_events ? "text/event-stream"
                                                        : "application/json"}});
  stream->responder = std::move(responder);
  streams_.push_back(std::move(stream));
  return absl::OkStatus();
}

bool EventStreams::Offer(const Device& device, std::string_view event_type,
                         std::string_view envelope) {
  ++offered_;
  const bool twice = IsTurn(offered_, options_.duplicate_every);
  const bool late = IsTurn(offered_, options_.reorder_every);
  bool heard = false;
  for (const std::unique_ptr<Stream>& stream : streams_) {
    if (stream->project != device.project) continue;
    if (!stream->event_types.empty() &&
        !stream->event_types.contains(ToAbsl(event_type))) {
      continue;
    }
    if (!stream->filter.Matches(device)) continue;
    if (!stream->responder->connected()) continue;
    AppendEvent(*stream, envelope, twice ? 2 : 1, late);
    heard = true;
  }
  return heard;
}

void EventStreams::Flush() {
  if (stalled()) return;
  std::vector<Stream*> too_slow;
  std::vector<Stream*> full;
  for (const std::unique_ptr<Stream>& stream : streams_) {
    if (stream->unsent.empty()) continue;
    WriteUnsent(*stream);
    if (stream->responder->pending_bytes() > options_.max_pending_bytes) {
      too_slow.push_back(stream.get());
    } else if (options_.max_frames > 0 &&
               stream->frames >= options_.max_frames) {
      full.push_back(stream.get());
    }
  }
  for (Stream* stream : full) {
    End(*stream, options_.end, kRequestTimeout, "closing stream");
  }
  for (Stream* stream : too_slow) {
    End(*stream, StreamEnd::kErrorFrame, kTooManyRequests,
        "the reader is too slow");
  }
}

int EventStreams::Cut(StreamEnd end, std::optional<int64_t> count) {
  ForgetDisconnected();
  int cut = 0;
  while (!streams_.empty() && (!count.has_value() || cut < *count)) {
    End(*streams_.front(), end, kRequestTimeout, "closing stream");
    ++cut;
  }
  return cut;
}

void EventStreams::Stall(absl::Duration duration) {
  stalled_until_ = executor_->MonotonicNow() + duration;
  executor_->PostAfter(duration, [this] { Flush(); });
}

void EventStreams::SendRaw(std::string_view bytes) {
  for (const std::unique_ptr<Stream>& stream : streams_) {
    stream->unsent.emplace_back(bytes);
  }
  Flush();
}

int EventStreams::open() {
  ForgetDisconnected();
  return static_cast<int>(streams_.size());
}

EventStreams::Stream* EventStreams::Find(uint64_t id) {
  for (const std::unique_ptr<Stream>& stream : streams_) {
    if (stream->id == id) return stream.get();
  }
  return nullptr;
}

void EventStreams::AppendEvent(Stream& stream, std::string_view envelope,
                               int copies, bool late) {
  if (late && stream.held_back.empty()) {
    stream.held_back = envelope;
    return;
  }
  for (int i = 0; i < copies; ++i) AppendFrame(stream, envelope);
}

void EventStreams::WriteUnsent(Stream& stream) {
  for (std::string& chunk : stream.unsent) {
    stream.responder->Write(std::move(chunk));
  }
  stream.unsent.clear();
}

void EventStreams::AppendFrame(Stream& stream, std::string_view envelope) {
  ++frames_;
  ++stream.frames;
  const bool sse = stream.server_sent_events;
  stream.unsent.push_back(
      absl::StrCat(sse ? "data: " : "", R"({"result":{"event":)",
                   ToAbsl(envelope), sse ? "}}\n\n" : "}}\n"));
  if (!stream.held_back.empty()) {
    AppendFrame(stream, std::exchange(stream.held_back, std::string()));
  }
}

void EventStreams::AppendErrorFrame(Stream& stream, StreamEnd end, int code,
                                    std::string_view message) {
  std::string text;
  AppendJsonLineString(message, &text);
  std::string frame = stream.server_sent_events ? "data: " : "";
  if (end == StreamEnd::kErrorFrame) {
    absl::StrAppend(&frame, R"({"error":{"code":)", code, R"(,"message":)",
                    text, R"(,"details":[]}})");
  } else {
    const bool timeout = code == kRequestTimeout;
    absl::StrAppend(&frame, R"({"error":{"grpcCode":)",
                    timeout ? kCancelled : kResourceExhausted,
                    R"(,"httpCode":)", code, R"(,"message":)", text,
                    R"(,"httpStatus":")",
                    timeout ? "Request Timeout" : "Too Many Requests",
                    R"(","details":[]}})");
  }
  frame += stream.server_sent_events ? "\n\n" : "\n";
  stream.unsent.push_back(std::move(frame));
}

void EventStreams::Ping(uint64_t id) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  stream->ping_timer = 0;
  if (!stream->responder->connected()) {
    Forget(*stream);
    return;
  }
  if (pings_) {
    // A ping says that everything older has been told.
    if (!stream->held_back.empty()) {
      AppendFrame(*stream, std::exchange(stream->held_back, std::string()));
    }
    AppendFrame(*stream, ping_text_(stream->project));
    Flush();
  }
  // Flush() may have ended it.
  stream = Find(id);
  if (stream == nullptr) return;
  stream->ping_timer =
      executor_->PostAfter(stream->ping_interval, [this, id] { Ping(id); });
}

void EventStreams::End(Stream& stream, StreamEnd end, int code,
                       std::string_view message) {
  HttpResponder& responder = *stream.responder;
  if (end == StreamEnd::kFin || end == StreamEnd::kReset) {
    responder.Abort(end == StreamEnd::kReset);
  } else {
    if (end != StreamEnd::kClean) {
      AppendErrorFrame(stream, end, code, message);
    }
    WriteUnsent(stream);
    responder.End();
  }
  Forget(stream);
}

void EventStreams::Forget(Stream& stream) {
  ++ended_;
  if (stream.ping_timer != 0) executor_->Cancel(stream.ping_timer);
  if (stream.end_timer != 0) executor_->Cancel(stream.end_timer);
  std::erase_if(streams_,
                [&stream](const auto& each) { return each.get() == &stream; });
}

void EventStreams::ForgetDisconnected() {
  std::vector<Stream*> gone;
  for (const std::unique_ptr<Stream>& stream : streams_) {
    if (!stream->responder->connected()) gone.push_back(stream.get());
  }
  for (Stream* stream : gone) Forget(*stream);
}

}  // namespace sluice::sandbox
