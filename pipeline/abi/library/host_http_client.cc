#include "pipeline/abi/library/host_http_client.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/library/guarded.h"
#include "storage/base/to_absl.h"

namespace sluice::abi {
namespace {

// Infinite is none, which crosses as 0.
int64_t TimeoutOf(absl::Duration timeout) {
  return timeout == absl::InfiniteDuration() ? 0 : ToNanos(timeout);
}

// A request under way. While it is, the host calls its handler.
class HostHttpCall final : public HttpCall {
 public:
  HostHttpCall(HostPort port, HttpStreamHandler* handler)
      : port_(port), handler_(handler) {}
  ~HostHttpCall() override {
    if (number_ != 0) port_.host->http_cancel(port_.component, number_);
  }

  // False: the host does not take it.
  bool Send(const HttpRequest& request);
  // Ends it as if it had been sent in vain.
  void Fail(Executor& executor);

  // HttpCall:
  void Pause() override { port_.host->http_pause(port_.component, number_); }
  void Resume() override { port_.host->http_resume(port_.component, number_); }

 private:
  static HostHttpCall& At(void* context) {
    return *static_cast<HostHttpCall*>(context);
  }
  static void OnResponse(void* context, int32_t status,
                         const SluiceHttpHeader* headers,
                         size_t header_count) noexcept;
  static void OnBody(void* context, SluiceBytes piece) noexcept;
  static void OnDone(void* context, SluiceCode code, SluiceBytes message,
                     uint8_t maybe_sent) noexcept;

  const HostPort port_;
  HttpStreamHandler* const handler_;
  uint64_t number_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

bool HostHttpCall::Send(const HttpRequest& request) {
  std::vector<SluiceHttpHeader> headers;
  for (const auto& [name, value] : request.headers) {
    headers.push_back({ToBytes(name), ToBytes(value)});
  }
  const SluiceHttpRequest crossing = {
      .struct_size = sizeof(SluiceHttpRequest),
      .method = ToBytes(request.method),
      .url = ToBytes(request.url),
      .headers = headers.data(),
      .header_count = headers.size(),
      .body = ToBytes(request.body),
      .connect_timeout_nanos = TimeoutOf(request.connect_timeout),
      .total_timeout_nanos = TimeoutOf(request.total_timeout),
      .idle_timeout_nanos = TimeoutOf(request.idle_timeout),
      .max_redirects = static_cast<uint32_t>(request.max_redirects),
      .ca_file = ToBytes(request.tls.ca_file),
  };
  const SluiceHttpHandler handler = {sizeof(SluiceHttpHandler), this,
                                     OnResponse, OnBody, OnDone};
  number_ = port_.host->http_start(port_.component, &crossing, &handler);
  return number_ != 0;
}

void HostHttpCall::Fail(Executor& executor) {
  executor.Post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    handler_->OnDone(
        {absl::UnavailableError("sluice does not take this request"), false});
  });
}

void HostHttpCall::OnResponse(void* context, int32_t status,
                              const SluiceHttpHeader* headers,
                              size_t header_count) noexcept {
  const HostPort port = At(context).port_;
  GuardedTask(*port.host, port.component, [&] {
    HttpHeaders read;
    for (size_t i = 0; i < header_count; ++i) {
      read.emplace_back(ToView(headers[i].name), ToView(headers[i].value));
    }
    At(context).handler_->OnResponse(status, read);
  });
}

void HostHttpCall::OnBody(void* context, SluiceBytes piece) noexcept {
  const HostPort port = At(context).port_;
  GuardedTask(*port.host, port.component,
              [&] { At(context).handler_->OnBody(ToView(piece)); });
}

void HostHttpCall::OnDone(void* context, SluiceCode code, SluiceBytes message,
                          uint8_t maybe_sent) noexcept {
  HostHttpCall& self = At(context);
  self.number_ = 0;  // Not to be cancelled any more.
  const HostPort port = self.port_;
  GuardedTask(*port.host, port.component, [&] {
    self.handler_->OnDone({absl::Status(static_cast<absl::StatusCode>(code),
                                        ToAbsl(ToView(message))),
                           maybe_sent != 0});
  });
}

}  // namespace

std::unique_ptr<HttpCall> HostHttpClient::Stream(HttpRequest request,
                                                 HttpStreamHandler* handler) {
  auto call = std::make_unique<HostHttpCall>(port_, handler);
  if (!call->Send(request)) call->Fail(*executor_);
  return call;
}

}  // namespace sluice::abi
