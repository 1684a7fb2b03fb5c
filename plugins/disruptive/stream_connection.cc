#include "plugins/disruptive/stream_connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/http/excerpt.h"
#include "plugins/disruptive/text.h"
#include "plugins/disruptive/vocabulary.h"

namespace sluice::disruptive {
namespace {

// From sending the request to the status line.
constexpr absl::Duration kHeadTimeout = absl::Seconds(20);
constexpr size_t kMaxErrorBody = 8 << 10;

// gRPC codes stand in error frames beside HTTP ones
// (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
int HttpCodeOf(int code) {
  switch (code) {
    case 3:
      return 400;
    case 5:
      return 404;
    case 7:
      return 403;
    case 8:
      return 429;
    case 16:
      return 401;
    default:
      return code < 100 ? 500 : code;
  }
}

StreamEnd::Kind KindOf(int http_code) {
  using Kind = StreamEnd::Kind;
  switch (http_code) {
    case 401:
      return Kind::kUnauthorized;
    case 403:
    case 404:
      return Kind::kProject;
    case 408:
    case 409:
    case 425:
      return Kind::kLost;
    case 429:
      return Kind::kThrottled;
    default:
      return http_code >= 300 && http_code < 500 ? Kind::kRefused : Kind::kLost;
  }
}

// A protobuf duration: seconds with a fraction if need be, and "s".
std::string PingInterval(absl::Duration interval) {
  return absl::StrCat(absl::ToDoubleSeconds(interval), "s");
}

}  // namespace

std::string StreamUrl(const Settings& settings) {
  std::string url = absl::StrCat(settings.base_url, "/projects/",
                                 settings.project, "/devices:stream");
  for (const std::string& id : settings.device_ids) {
    AppendQuery(&url, "device_ids", id);
  }
  for (const std::string& type : settings.device_types) {
    AppendQuery(&url, "device_types", type);
  }
  for (const auto& [label, value] : settings.label_filters) {
    AppendQuery(&url, "label_filters",
                value.has_value() ? absl::StrCat(label, "=", *value) : label);
  }
  for (const std::string& type : settings.event_types) {
    AppendQuery(&url, "event_types", type);
  }
  // Labels are kept right by their changes, whatever else is wanted.
  if (settings.labels && !settings.WantsType(kLabelsChanged)) {
    AppendQuery(&url, "event_types", kLabelsChanged);
  }
  AppendQuery(&url, "ping_interval", PingInterval(settings.ping_interval));
  return url;
}

StreamConnection::StreamConnection(const Settings* settings, Executor* executor,
                                   HttpClient* http, Authorizer* authorizer,
                                   EventDecoder* decoder, Listener* listener)
    : settings_(settings),
      executor_(executor),
      http_(http),
      authorizer_(authorizer),
      decoder_(decoder),
      listener_(listener),
      splitter_(settings->framing, settings->max_line_bytes, this),
      head_timer_(executor) {}

StreamConnection::~StreamConnection() { *alive_ = false; }

void StreamConnection::Open() {
  authorizer_->Get([this, alive = alive_](const absl::StatusOr<Grant>& grant) {
    if (!*alive || closed_) return;
    if (grant.ok()) return Send(*grant);
    const StreamEnd::Kind kind = absl::IsUnauthenticated(grant.status())
                                     ? StreamEnd::Kind::kNoCredentials
                                 : absl::IsFailedPrecondition(grant.status())
                                     ? StreamEnd::Kind::kCertificate
                                     : StreamEnd::Kind::kLost;
    End({kind, std::string(grant.status().message()), std::nullopt});
  });
}

void StreamConnection::Send(const Grant& grant) {
  grant_ = grant;
  HttpRequest request;
  request.url = StreamUrl(*settings_);
  request.headers = {{"Authorization", grant.header},
                     {"Accept", settings_->framing == Framing::kServerSentEvents
                                    ? "text/event-stream"
                                    : "application/json"},
                     {"Cache-Control", "no-cache"}};
  request.total_timeout = absl::InfiniteDuration();
  request.idle_timeout = settings_->silence_limit();
  request.tls.ca_file = settings_->ca_file;
  call_ = http_->Stream(std::move(request), this);
  head_timer_.Start(kHeadTimeout, [this] {
    End({StreamEnd::Kind::kLost, "the service does not answer", std::nullopt});
  });
}

void StreamConnection::Close() {
  closed_ = true;
  splitter_.Stop();
  head_timer_.Cancel();
  call_.reset();
}

void StreamConnection::SetPaused(bool paused) {
  if (paused == paused_) return;
  paused_ = paused;
  // An opening is not held up: what it says about a gap cannot wait.
  if (!open_ || call_ == nullptr) return;
  if (paused) {
    call_->Pause();
  } else {
    call_->Resume();
  }
}

void StreamConnection::End(StreamEnd end) {
  if (closed_) return;
  Close();
  listener_->OnStreamEnd(this, std::move(end));
}

void StreamConnection::OnResponse(int status, const HttpHeaders& headers) {
  head_timer_.Cancel();
  if (closed_) return;
  if (status == 200) {
    open_ = true;
    if (paused_) call_->Pause();
    listener_->OnStreamOpen(this, headers);
    return;
  }
  status_ = status;
  if (const auto value = FindHeader(headers, "Retry-After")) {
    retry_after_ = ParseRetryAfter(*value, executor_->Now());
  }
  // The explanation follows; it is not worth a long wait.
  head_timer_.Start(kHeadTimeout, [this] { EndAfterAnswer(); });
}

void StreamConnection::EndAfterAnswer() {
  StreamEnd end;
  end.kind = KindOf(status_);
  end.message = absl::StrCat("the service answered ", status_, " (",
                             ErrorMessage(error_body_), ")");
  end.retry_after = retry_after_;
  // The vendor's error page: wait at least 10 s after a gateway timeout.
  if (status_ == 504) {
    end.retry_after =
        std::max(retry_after_.value_or(absl::Seconds(10)), absl::Seconds(10));
  }
  End(std::move(end));
}

void StreamConnection::OnBody(std::string_view piece) {
  if (closed_) return;
  if (!open_) {
    const size_t room =
        kMaxErrorBody - std::min(kMaxErrorBody, error_body_.size());
    error_body_.append(piece.substr(0, room));
    return;
  }
  splitter_.Feed(piece);
  if (!closed_) listener_->OnStreamIdle(this);
}

void StreamConnection::OnDone(const HttpFailure& failure) {
  if (closed_) return;
  if (status_ != 0) return EndAfterAnswer();
  StreamEnd end;
  if (absl::IsFailedPrecondition(failure.status)) {
    end.kind = StreamEnd::Kind::kCertificate;
  }
  end.message = failure.status.ok() ? "the service ended the stream"
                                    : absl::StrCat("the stream was lost: ",
                                                   failure.status.message());
  End(std::move(end));
}

void StreamConnection::OnFrame(std::string_view bytes) {
  const Frame& frame = decoder_->DecodeFrame(bytes);
  switch (frame.kind) {
    case Frame::Kind::kEvent:
      listener_->OnStreamEvent(this, frame.event);
      break;
    case Frame::Kind::kPing:
      listener_->OnStreamPing(
          this, frame.ping_time_unix_nanos.has_value()
                    ? std::optional<absl::Time>(
                          absl::FromUnixNanos(*frame.ping_time_unix_nanos))
                    : std::nullopt);
      break;
    case Frame::Kind::kError:
      OnErrorFrame(frame);
      break;
    case Frame::Kind::kMalformed:
      listener_->OnStreamMalformed(
          this, {std::string(bytes), frame.reason, frame.message});
      break;
  }
}

void StreamConnection::OnErrorFrame(const Frame& frame) {
  StreamEnd end;
  end.kind = KindOf(HttpCodeOf(frame.error_code));
  end.message = absl::StrCat(
      "the service ended the stream with error ", frame.error_code, " (",
      frame.message.empty() ? "no explanation" : Excerpt(frame.message), ")");
  End(std::move(end));
}

void StreamConnection::OnOversizedFrame(std::string_view beginning) {
  listener_->OnStreamMalformed(
      this, {std::string(beginning), "too_large",
             absl::StrCat("a line of the stream is over ",
                          settings_->max_line_bytes, " bytes; it was cut")});
}

}  // namespace sluice::disruptive
