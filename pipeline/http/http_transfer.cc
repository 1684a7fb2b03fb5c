#include "pipeline/http/http_transfer.h"

#include <curl/curl.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/http/curl_status.h"
#include "pipeline/http/request_text.h"

namespace sluice {
namespace {

// A transfer with nothing to say for this long asks TCP whether the other side
// is still there.
constexpr long kKeepaliveSeconds = 60;

// libcurl takes milliseconds and means "its default" or "none" by 0.
long TimeoutMillis(absl::Duration timeout) {
  const int64_t millis = std::max<int64_t>(
      1, absl::ToInt64Milliseconds(absl::Ceil(timeout, absl::Milliseconds(1))));
  return static_cast<long>(
      std::min<int64_t>(millis, std::numeric_limits<int32_t>::max()));
}

// "HTTP/1.1 200 OK", "HTTP/2 200"
int StatusOf(absl::string_view line) {
  const size_t space = line.find(' ');
  int status = 0;
  if (space != line.npos) {
    static_cast<void>(absl::SimpleAtoi(line.substr(space + 1, 3), &status));
  }
  return status;
}

long SentBytes(CURL* easy) {
  long bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes;
}

}  // namespace

HttpTransfer::HttpTransfer(HttpTransferHost* host, HttpRequest request,
                           HttpStreamHandler* handler)
    : host_(host), request_(std::move(request)), handler_(handler) {}

HttpTransfer::~HttpTransfer() { curl_slist_free_all(header_list_); }

// Describing the request.

absl::Status HttpTransfer::Configure(CURL* easy,
                                     const std::string& user_agent) {
  easy_ = easy;
  error_text_.assign(CURL_ERROR_SIZE, '\0');
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A cancelled request must not wait for the resolver's thread.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, kKeepaliveSeconds);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, kKeepaliveSeconds);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // What goes to this machine itself does not go through a proxy that the
  // environment names.
  if (IsLoopbackUrl(request_.url)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!request_.tls.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request_.tls.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (request_.max_redirects > 0) {
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, long{request_.max_redirects});
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &HttpTransfer::OnHeaderLine);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &HttpTransfer::OnBodyPiece);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &HttpTransfer::OnConnected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  SetTimeouts();
  absl::Status status = SetMethod();
  return status.ok() ? SetHeaders() : status;
}

void HttpTransfer::SetTimeouts() {
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   TimeoutMillis(request_.connect_timeout));
  if (request_.total_timeout != absl::InfiniteDuration()) {
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                     TimeoutMillis(request_.total_timeout));
  }
}

absl::Status HttpTransfer::SetMethod() {
  const std::string& method = request_.method;
  if (!IsHttpToken(method)) {
    return absl::InvalidArgumentError("the method is not a word");
  }
  const bool post = method == "POST";
  if (post || method == "PUT" || method == "PATCH" || !request_.body.empty()) {
    // Not copied: the body lives as long as this.
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.c_str());
    if (!post) curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (method != "GET") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  return absl::OkStatus();
}

absl::Status HttpTransfer::SetHeaders() {
  bool has_type = false;
  for (const HttpHeader& header : request_.headers) {
    const auto& [name, value] = header;
    if (!IsSendable(header)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "header \"", absl::CHexEscape(name), "\" cannot be sent"));
    }
    if (absl::EqualsIgnoreCase(name, "Content-Length")) continue;
    if (absl::EqualsIgnoreCase(name, "Accept-Encoding")) {
      // Told to libcurl, so that it decodes what comes.
      curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, value.c_str());
      continue;
    }
    has_type = has_type || absl::EqualsIgnoreCase(name, "Content-Type");
    // "Name:" would take a header away.
    const std::string line = value.empty() ? absl::StrCat(name, ";")
                                           : absl::StrCat(name, ": ", value);
    header_list_ = curl_slist_append(header_list_, line.c_str());
  }
  // What libcurl would add to a body: a wait for "100 Continue", and a type.
  if (!FindHeader(request_.headers, "Expect")) {
    header_list_ = curl_slist_append(header_list_, "Expect:");
  }
  if (!has_type) {
    header_list_ = curl_slist_append(header_list_, "Content-Type:");
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_);
  return absl::OkStatus();
}

// Callbacks of libcurl.

int HttpTransfer::OnConnected(void* data, char*, char*, int, int) {
  auto* self = static_cast<HttpTransfer*>(data);
  if (self->handler_ == nullptr) return CURL_PREREQFUNC_ABORT;
  long redirects = 0;
  curl_easy_getinfo(self->easy_, CURLINFO_REDIRECT_COUNT, &redirects);
  const long sent = SentBytes(self->easy_);
  if (redirects != self->curl_redirects_) {
    self->curl_redirects_ = redirects;
    self->sent_before_hop_ = sent;
  }
  // libcurl sends a request again when a reused connection dies without an
  // answer (lib/transfer.c, Curl_retry_request). The server may have acted on
  // the first one, so only what changes nothing may be repeated.
  const bool safe =
      self->request_.method == "GET" || self->request_.method == "HEAD";
  if (sent > self->sent_before_hop_ && !safe) {
    self->lost_connection_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  self->RestartIdleTimer();
  return CURL_PREREQFUNC_OK;
}

size_t HttpTransfer::OnHeaderLine(char* data, size_t size, size_t count,
                                  void* transfer) {
  auto* self = static_cast<HttpTransfer*>(transfer);
  if (self->handler_ == nullptr) return 0;
  self->NoteSignOfLife();
  self->HandleHeaderLine({data, size * count});
  // Anything but the size makes libcurl give up.
  return self->handler_ == nullptr ? 0 : size * count;
}

void HttpTransfer::HandleHeaderLine(std::string_view text) {
  if (response_ready_ || response_delivered_) return;  // Trailers.
  const absl::string_view line =
      absl::StripTrailingAsciiWhitespace({text.data(), text.size()});
  if (line.empty()) {
    HandleHeadersComplete();
  } else if (absl::StartsWith(line, "HTTP/")) {
    status_ = StatusOf(line);
    headers_.clear();
  } else if (const size_t colon = line.find(':'); colon != line.npos) {
    headers_.emplace_back(
        std::string(line.substr(0, colon)),
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1))));
  }
}

void HttpTransfer::HandleHeadersComplete() {
  if (status_ >= 100 && status_ < 200 && status_ != 101) return;
  if (WillRedirect()) {
    ++redirects_;
    return;
  }
  response_ready_ = true;
  if (!paused_) DeliverResponse();
}

bool HttpTransfer::WillRedirect() const {
  return redirects_ < request_.max_redirects && status_ >= 300 &&
         status_ < 400 && FindHeader(headers_, "Location").has_value();
}

size_t HttpTransfer::OnBodyPiece(char* data, size_t size, size_t count,
                                 void* transfer) {
  auto* self = static_cast<HttpTransfer*>(transfer);
  if (self->handler_ == nullptr) return 0;
  self->NoteSignOfLife();
  if (self->response_ready_ && !self->paused_) self->DeliverResponse();
  if (self->handler_ == nullptr) return 0;
  if (self->paused_) {
    self->curl_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  self->handler_->OnBody({data, size * count});
  return self->handler_ == nullptr ? 0 : size * count;
}

bool HttpTransfer::DeliverResponse() {
  response_ready_ = false;
  response_delivered_ = true;
  handler_->OnResponse(status_, headers_);
  return handler_ != nullptr;
}

// The end.

void HttpTransfer::SetResult(int code) {
  if (code == CURLE_TOO_MANY_REDIRECTS) code = CURLE_OK;
  const bool sent = SentBytes(easy_) > 0;
  std::string_view detail = error_text_.c_str();
  if (lost_connection_) {
    code = CURLE_GOT_NOTHING;
    detail = "the connection was lost before an answer came";
  }
  failure_ = HttpFailure{
      CurlStatus(code, sent, UrlOrigin(request_.url), detail), sent};
}

void HttpTransfer::ReleaseEasy() { easy_ = nullptr; }

void HttpTransfer::ReportEnd(HttpFailure failure) {
  failure_ = std::move(failure);
  ReportEnd();
}

void HttpTransfer::ReportEnd() {
  if (handler_ == nullptr) return;
  // A pause holds back what the server says. A deadline is the client's own.
  if (paused_ && !absl::IsDeadlineExceeded(failure_->status)) return;
  host_->executor().Cancel(idle_timer_);
  if (response_ready_ && !DeliverResponse()) return;
  std::exchange(handler_, nullptr)->OnDone(*failure_);
}

void HttpTransfer::Detach() {
  handler_ = nullptr;
  host_ = nullptr;
}

// The caller's side.

void HttpTransfer::Cancel() {
  handler_ = nullptr;
  if (host_ == nullptr) return;
  host_->executor().Cancel(idle_timer_);
  host_->Abandon(this);
}

void HttpTransfer::Pause() { paused_ = true; }

void HttpTransfer::Resume() {
  if (!std::exchange(paused_, false) || host_ == nullptr) return;
  NoteSignOfLife();
  // Not within this call: handlers do not expect to be called by it.
  host_->executor().Post([weak = weak_from_this()] {
    if (auto self = weak.lock(); self != nullptr) self->Continue();
  });
}

void HttpTransfer::Continue() {
  if (handler_ == nullptr || paused_) return;
  if (failure_.has_value()) return ReportEnd();
  if (response_ready_ && !DeliverResponse()) return;
  if (paused_ || !std::exchange(curl_paused_, false)) return;
  host_->Unpause(this);
}

void HttpTransfer::NoteSignOfLife() {
  if (request_.idle_timeout == absl::InfiniteDuration()) return;
  last_sign_ = host_->executor().MonotonicNow();
}

void HttpTransfer::RestartIdleTimer() {
  if (request_.idle_timeout == absl::InfiniteDuration()) return;
  NoteSignOfLife();
  if (idle_timer_ == 0) AwaitSilence(request_.idle_timeout);
}

// The timer is not moved at each piece: when it comes, it looks how long ago
// the last one was.
void HttpTransfer::AwaitSilence(absl::Duration wait) {
  idle_timer_ = host_->executor().PostAfter(wait, [weak = weak_from_this()] {
    if (auto self = weak.lock(); self != nullptr) self->OnIdleTimer();
  });
}

void HttpTransfer::OnIdleTimer() {
  if (handler_ == nullptr || easy_ == nullptr) return;
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  // While the other side takes the request in, it is not silent.
  if (std::exchange(uploaded_, uploaded) != uploaded) NoteSignOfLife();
  const absl::Duration silent = host_->executor().MonotonicNow() - last_sign_;
  if (paused_ || silent < request_.idle_timeout) {
    return AwaitSilence(paused_ ? request_.idle_timeout
                                : request_.idle_timeout - silent);
  }
  HttpFailure failure = {
      CurlStatus(CURLE_OPERATION_TIMEDOUT, true, UrlOrigin(request_.url),
                 "silence for longer than " +
                     absl::FormatDuration(request_.idle_timeout)),
      SentBytes(easy_) > 0};
  host_->Abandon(this);
  ReportEnd(std::move(failure));
}

}  // namespace sluice
