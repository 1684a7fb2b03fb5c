#include "pipeline/http/http_client.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

// The three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850, asctime.
constexpr const char* kDateFormats[] = {"%a, %d %b %Y %H:%M:%S GMT",
                                        "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %e %H:%M:%S %Y"};

absl::Duration SecondsOf(absl::string_view digits) {
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(digits, &seconds)) {
    seconds = std::numeric_limits<int64_t>::max();  // Too long to be a number.
  }
  return absl::Seconds(seconds);
}

// Collects an answer for Fetch().
class FetchCall final : public HttpCall, public HttpStreamHandler {
 public:
  using Done = absl::AnyInvocable<void(HttpResponse, HttpFailure)>;

  FetchCall(size_t max_response_bytes, Done done)
      : max_response_bytes_(max_response_bytes), done_(std::move(done)) {}

  void Start(HttpClient* client, HttpRequest request) {
    call_ = client->Stream(std::move(request), this);
  }

  void Pause() override {
    if (call_ != nullptr) call_->Pause();
  }
  void Resume() override {
    if (call_ != nullptr) call_->Resume();
  }

  void OnResponse(int status, const HttpHeaders& headers) override {
    response_.status = status;
    response_.headers = headers;
    size_t length = 0;
    if (auto value = FindHeader(headers, "Content-Length");
        value && absl::SimpleAtoi(ToAbsl(*value), &length)) {
      // A hint from the other side; not worth trusting with much memory.
      response_.body.reserve(
          std::min({length, max_response_bytes_, size_t{256} << 10}));
    }
  }

  void OnBody(std::string_view piece) override {
    const size_t room = max_response_bytes_ - response_.body.size();
    response_.body.append(piece.substr(0, room));
    if (piece.size() <= room) return;
    call_.reset();
    Finish({absl::ResourceExhaustedError(absl::StrCat(
                "the answer is longer than ", max_response_bytes_, " bytes")),
            /*maybe_sent=*/true});
  }

  void OnDone(const HttpFailure& failure) override { Finish(failure); }

 private:
  // The last thing done with this object: `done` may destroy it.
  void Finish(HttpFailure failure) {
    Done done = std::move(done_);
    done(std::move(response_), std::move(failure));
  }

  const size_t max_response_bytes_;
  Done done_;
  HttpResponse response_;
  std::unique_ptr<HttpCall> call_;
};

}  // namespace

std::optional<std::string_view> FindHeader(const HttpHeaders& headers,
                                           std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, ToAbsl(name))) return value;
  }
  return std::nullopt;
}

std::optional<absl::Duration> ParseRetryAfter(std::string_view value,
                                              absl::Time now) {
  const absl::string_view text = absl::StripAsciiWhitespace(ToAbsl(value));
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return SecondsOf(text);
  }
  // ParseTime() also takes "infinite-future", which is no HTTP date.
  if (!absl::ascii_isupper(text.front())) return std::nullopt;
  for (const char* format : kDateFormats) {
    absl::Time time;
    if (!absl::ParseTime(format, text, &time, nullptr)) continue;
    return std::max(time - now, absl::ZeroDuration());
  }
  return std::nullopt;
}

std::unique_ptr<HttpCall> HttpClient::Fetch(
    HttpRequest request,
    absl::AnyInvocable<void(HttpResponse, HttpFailure)> done) {
  auto call =
      std::make_unique<FetchCall>(request.max_response_bytes, std::move(done));
  call->Start(this, std::move(request));
  return call;
}

}  // namespace sluice
