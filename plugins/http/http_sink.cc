#include "plugins/http/http_sink.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "storage/base/status_macros.h"

namespace sluice::http {
namespace {

// Whatever `timeout` allows: a service that cannot be reached is told sooner.
constexpr absl::Duration kMaxConnectTimeout = absl::Seconds(10);

}  // namespace

absl::StatusOr<std::unique_ptr<Sink>> HttpSink::Create(
    const v1::HttpSinkConfig& config) {
  SLUICE_ASSIGN_OR_RETURN(Settings settings, ReadSettings(config));
  return std::unique_ptr<Sink>(new HttpSink(std::move(settings)));
}

HttpSink::HttpSink(Settings settings)
    : settings_(std::move(settings)),
      answers_(settings_.statuses, settings_.credentials_field,
               settings_.secrets),
      bodies_(settings_.format) {
  if (settings_.gzip) gzip_.emplace();
}

SinkTraits HttpSink::traits() const {
  SinkTraits traits;
  traits.max_batch_events = settings_.max_batch_events;
  traits.max_batch_bytes = settings_.max_batch_bytes;
  traits.max_in_flight = settings_.in_flight;
  traits.idempotent = settings_.idempotent;
  traits.timeout = settings_.timeout;
  return traits;
}

absl::Status HttpSink::Start(const ComponentContext& context) {
  context_ = context;
  sent_bytes_ =
      context.metrics->counter("http_sent_bytes_total", context.metric_labels(),
                               "Bytes of request bodies, as they are sent.");
  return absl::OkStatus();
}

void HttpSink::Deliver(Delivery delivery, DeliverCallback done) {
  if (stopped_) {
    return done(DeliveryResult::All(Outcome::Retry("the sink is stopped")));
  }
  HttpRequest request = RequestFor(delivery);
  sent_bytes_->Add(request.body.size());
  const uint64_t id = next_id_++;
  UnderWay& under_way = under_way_[id];
  under_way.done = std::move(done);
  under_way.call = context_.http->Fetch(
      std::move(request),
      [this, id](const HttpResponse& response, const HttpFailure& failure) {
        OnAnswer(id, response, failure);
      });
}

HttpRequest HttpSink::RequestFor(const Delivery& delivery) {
  HttpRequest request;
  request.method = settings_.method;
  request.url = settings_.url;
  request.headers = settings_.headers;
  request.body = bodies_.Encode(delivery.items);
  if (gzip_.has_value()) request.body = gzip_->Encode(request.body);
  request.total_timeout = std::min(delivery.timeout, settings_.timeout);
  request.connect_timeout = std::min(request.total_timeout, kMaxConnectTimeout);
  request.max_response_bytes = kMaxAnswerBytes;
  request.tls = settings_.tls;
  return request;
}

void HttpSink::OnAnswer(uint64_t id, const HttpResponse& response,
                        const HttpFailure& failure) {
  // Taken out first: `done` may bring the next delivery.
  auto answered = under_way_.extract(id);
  answered.mapped().done(
      answers_.Read(response, failure, context_.executor->Now()));
}

void HttpSink::Stop(absl::AnyInvocable<void()> done) {
  stopped_ = true;
  std::map<uint64_t, UnderWay> under_way;
  under_way.swap(under_way_);
  for (auto& [id, delivery] : under_way) {
    delivery.call = nullptr;  // Cancelled: its callback does not come any more.
    delivery.done(DeliveryResult::All(
        Outcome::Unknown("the sink was stopped before the answer came")));
  }
  done();
}

}  // namespace sluice::http
