// The sink `webhook`: posts each event to a URL as a CloudEvent, its attributes
// in headers and its data as the body.
#include "webhook/plugin.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "pipeline/api/http_result.h"
#include "pipeline/api/secret.h"
#include "pipeline/api/sink.h"
#include "webhook/config.pb.h"

namespace webhook {
namespace {

using sluice::DeliveryResult;
using sluice::HttpFailure;
using sluice::HttpRequest;
using sluice::HttpResponse;
using sluice::Outcome;

// A header ends where its line does.
bool FitsInHeaders(const sluice::EventView& event) {
  for (const auto text : {event.id(), event.source(), event.type(),
                          event.subject(), event.datacontenttype()}) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos) {
      return false;
    }
  }
  return true;
}

class WebhookSink final : public sluice::Sink {
 public:
  WebhookSink(std::string url, std::string token)
      : url_(std::move(url)), token_(std::move(token)) {}

  sluice::SinkTraits traits() const override {
    sluice::SinkTraits traits;
    traits.max_batch_events = 1;  // A request for each event,
    traits.max_in_flight = 8;     // and so many of them at once.
    return traits;
  }

  absl::Status Start(const sluice::ComponentContext& context) override {
    context_ = context;
    return absl::OkStatus();
  }

  void Deliver(sluice::Delivery delivery, DeliverCallback done) override {
    const sluice::EventView& event = delivery.items[0].event;
    if (!FitsInHeaders(event)) {
      return done(DeliveryResult::All(
          Outcome::Rejected("line_end", "an attribute has a line end in it")));
    }
    const uint64_t id = next_id_++;
    Post& post = under_way_[id];
    post.done = std::move(done);
    post.call = context_.http->Fetch(
        RequestFor(event, delivery.timeout),
        [this, id](const HttpResponse& response, const HttpFailure& failure) {
          // Taken out first: `done` may deliver the next event.
          auto answered = under_way_.extract(id);
          answered.mapped().done(sluice::HttpDeliveryResult(
              response, failure, context_.executor->Now()));
        });
  }

  void Stop(absl::AnyInvocable<void()> done) override {
    std::map<uint64_t, Post> posts;
    posts.swap(under_way_);
    for (auto& [id, post] : posts) {
      post.call = nullptr;  // Cancelled: its callback does not come any more.
      post.done(DeliveryResult::All(Outcome::Unknown("stopped under way")));
    }
    done();
  }

 private:
  struct Post {
    std::unique_ptr<sluice::HttpCall> call;
    DeliverCallback done;
  };

  HttpRequest RequestFor(const sluice::EventView& event,
                         absl::Duration timeout) const {
    HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {
        {"Content-Type", std::string(event.datacontenttype())},
        {"ce-specversion", "1.0"},
        {"ce-id", std::string(event.id())},
        {"ce-source", std::string(event.source())},
        {"ce-type", std::string(event.type())},
        {"ce-subject", std::string(event.subject())},
    };
    if (!token_.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + token_);
    }
    request.body = std::string(event.data());
    request.total_timeout = timeout;
    return request;
  }

  const std::string url_;
  const std::string token_;
  sluice::ComponentContext context_;
  std::map<uint64_t, Post> under_way_;
  uint64_t next_id_ = 1;
};

absl::StatusOr<std::unique_ptr<sluice::Sink>> Create(
    const v1::WebhookSinkConfig& config) {
  if (!absl::StartsWith(config.url(), "http://") &&
      !absl::StartsWith(config.url(), "https://")) {
    return sluice::ConfigError("url", "is needed, with http:// or https://");
  }
  std::string token;
  if (config.has_token()) {
    absl::StatusOr<std::string> read = sluice::ReadSecret(config.token());
    if (!read.ok()) {
      return sluice::ConfigError("token", std::string(read.status().message()));
    }
    token = *std::move(read);
  }
  return std::make_unique<WebhookSink>(config.url(), std::move(token));
}

}  // namespace

absl::Status RegisterWebhook(sluice::PluginRegistry& registry) {
  return registry.AddSink<v1::WebhookSinkConfig>(
      "webhook", "posts each event to a URL", Create);
}

}  // namespace webhook
