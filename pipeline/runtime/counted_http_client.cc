#include "pipeline/runtime/counted_http_client.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

std::string ResultName(int status, const HttpFailure& failure) {
  if (failure.status.ok()) return absl::StrCat(status / 100, "xx");
  return absl::AsciiStrToLower(absl::StatusCodeToString(failure.status.code()));
}

}  // namespace

class CountedHttpClient::Call final : public HttpCall,
                                      public HttpStreamHandler {
 public:
  Call(CountedHttpClient* client, HttpStreamHandler* handler)
      : client_(client), handler_(handler) {}
  ~Call() override {
    if (!ended_) client_->Count("cancelled");
  }

  void Start(HttpRequest request) {
    call_ = client_->client_->Stream(std::move(request), this);
  }

  void Pause() override { call_->Pause(); }
  void Resume() override { call_->Resume(); }

  // Each of these may destroy this call.
  void OnResponse(int status, const HttpHeaders& headers) override {
    status_ = status;
    handler_->OnResponse(status, headers);
  }
  void OnBody(std::string_view piece) override { handler_->OnBody(piece); }
  void OnDone(const HttpFailure& failure) override {
    ended_ = true;
    client_->Count(ResultName(status_, failure));
    handler_->OnDone(failure);
  }

 private:
  CountedHttpClient* const client_;
  HttpStreamHandler* const handler_;
  int status_ = 0;
  bool ended_ = false;
  std::unique_ptr<HttpCall> call_;
};

CountedHttpClient::CountedHttpClient(HttpClient* client,
                                     MetricRegistry* registry, std::string name,
                                     MetricLabels labels)
    : client_(client),
      registry_(registry),
      name_(std::move(name)),
      labels_(std::move(labels)) {
  // There from the start, so that rates can be drawn from the first request.
  for (const char* result : {"2xx", "4xx", "5xx"}) {
    MetricLabels with_result = labels_;
    with_result.emplace_back("result", result);
    registry_->counter(name_, with_result,
                       "HTTP requests that ended, by class of status or by "
                       "what they failed with.");
  }
}

std::unique_ptr<HttpCall> CountedHttpClient::Stream(
    HttpRequest request, HttpStreamHandler* handler) {
  auto call = std::make_unique<Call>(this, handler);
  call->Start(std::move(request));
  return call;
}

void CountedHttpClient::Count(std::string_view result) {
  auto counter = counters_.find(result);
  if (counter == counters_.end()) {
    MetricLabels labels = labels_;
    labels.emplace_back("result", result);
    counter =
        counters_.emplace(result, registry_->counter(name_, labels)).first;
  }
  counter->second->Add();
}

}  // namespace sluice
