#include "pipeline/abi/host/http_calls.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/abi/abi_bytes.h"

namespace sluice::abi {
namespace {

constexpr size_t kMaxHeaders = 1000;
constexpr uint32_t kMaxRedirects = 20;

absl::Duration TimeoutOf(int64_t nanos) {
  return nanos <= 0 ? absl::InfiniteDuration() : absl::Nanoseconds(nanos);
}

absl::StatusOr<HttpRequest> ReadRequest(const SluiceHttpRequest* borrowed) {
  const auto wrong = [] {
    return absl::InvalidArgumentError(
        "wants a request that points to bytes that are nowhere");
  };
  const SluiceHttpRequest crossed = ReadStruct(borrowed);
  if (!IsValid(crossed.method) || !IsValid(crossed.url) ||
      !IsValid(crossed.body) || !IsValid(crossed.ca_file)) {
    return wrong();
  }
  if (crossed.header_count > kMaxHeaders ||
      (crossed.header_count != 0 && crossed.headers == nullptr)) {
    return wrong();
  }
  HttpRequest request;
  request.method = ToView(crossed.method);
  request.url = ToView(crossed.url);
  for (size_t i = 0; i < crossed.header_count; ++i) {
    const SluiceHttpHeader& header = crossed.headers[i];
    if (!IsValid(header.name) || !IsValid(header.value)) return wrong();
    request.headers.emplace_back(ToView(header.name), ToView(header.value));
  }
  request.body = ToView(crossed.body);
  request.connect_timeout = TimeoutOf(crossed.connect_timeout_nanos);
  request.total_timeout = TimeoutOf(crossed.total_timeout_nanos);
  request.idle_timeout = TimeoutOf(crossed.idle_timeout_nanos);
  request.max_redirects =
      static_cast<int>(std::min(crossed.max_redirects, kMaxRedirects));
  request.tls.ca_file = ToView(crossed.ca_file);
  return request;
}

}  // namespace

// One request, and whom to tell about it.
class HttpCalls::Call final : public HttpStreamHandler {
 public:
  Call(HttpCalls* calls, uint64_t number, const SluiceHttpHandler& handler)
      : calls_(calls), number_(number), handler_(handler) {}

  void Send(HttpClient& client, HttpRequest request) {
    call_ = client.Stream(std::move(request), this);
  }
  HttpCall& call() { return *call_; }

  // HttpStreamHandler:
  void OnResponse(int status, const HttpHeaders& headers) override {
    std::vector<SluiceHttpHeader> crossing;
    for (const auto& [name, value] : headers) {
      crossing.push_back({ToBytes(name), ToBytes(value)});
    }
    handler_.on_response(handler_.context, status, crossing.data(),
                         crossing.size());
  }
  void OnBody(std::string_view piece) override {
    handler_.on_body(handler_.context, ToBytes(piece));
  }
  void OnDone(const HttpFailure& failure) override {
    // From here on nobody finds it; it ends with this call.
    const auto self = std::move(calls_->calls_.extract(number_).mapped());
    const absl::string_view message = failure.status.message();
    handler_.on_done(
        handler_.context, static_cast<SluiceCode>(failure.status.code()),
        {message.data(), message.size()}, failure.maybe_sent ? 1 : 0);
  }

 private:
  HttpCalls* const calls_;
  const uint64_t number_;
  const SluiceHttpHandler handler_;
  std::unique_ptr<HttpCall> call_;
};

HttpCalls::HttpCalls(HttpClient* client) : client_(client) {}

HttpCalls::~HttpCalls() = default;

absl::StatusOr<uint64_t> HttpCalls::Start(const SluiceHttpRequest* borrowed,
                                          const SluiceHttpHandler* handler) {
  if (client_ == nullptr) {
    return absl::UnavailableError("wants HTTP where there is none");
  }
  const SluiceHttpHandler functions = ReadStruct(handler);
  if (functions.on_response == nullptr || functions.on_body == nullptr ||
      functions.on_done == nullptr) {
    return absl::InvalidArgumentError(
        "wants a request without saying whom to tell of its answer");
  }
  absl::StatusOr<HttpRequest> request = ReadRequest(borrowed);
  if (!request.ok()) return request.status();
  const uint64_t number = ++last_;
  auto call = std::make_unique<Call>(this, number, functions);
  call->Send(*client_, *std::move(request));
  calls_.emplace(number, std::move(call));
  return number;
}

void HttpCalls::Cancel(uint64_t number) { calls_.erase(number); }

void HttpCalls::Pause(uint64_t number) {
  const auto found = calls_.find(number);
  if (found != calls_.end()) found->second->call().Pause();
}

void HttpCalls::Resume(uint64_t number) {
  const auto found = calls_.find(number);
  if (found != calls_.end()) found->second->call().Resume();
}

}  // namespace sluice::abi
