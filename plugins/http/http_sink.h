// The sink `http`: batches of events to any service, one request each.
#ifndef PLUGINS_HTTP_HTTP_SINK_H_
#define PLUGINS_HTTP_HTTP_SINK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/api/sink.h"
#include "pipeline/http/gzip_encoder.h"
#include "plugins/http/answer.h"
#include "plugins/http/body_encoder.h"
#include "plugins/http/config.pb.h"
#include "plugins/http/settings.h"

namespace sluice::http {

// Sends each delivery as one request, and answers it with one outcome for all
// of its events, as answer.h reads it from what the service says. A request
// that is refused for its events is therefore halved by the pipeline, until the
// guilty event stands alone.
//
// A delivery that is under way when the sink stops is kUnknown: its request may
// have gone out.
class HttpSink final : public Sink {
 public:
  // A ConfigError at the field with the mistake.
  static absl::StatusOr<std::unique_ptr<Sink>> Create(
      const v1::HttpSinkConfig& config);

  SinkTraits traits() const override;
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  // A delivery that is not answered yet.
  struct UnderWay {
    std::unique_ptr<HttpCall> call;
    DeliverCallback done;
  };

  explicit HttpSink(Settings settings);

  HttpRequest RequestFor(const Delivery& delivery);
  void OnAnswer(uint64_t id, const HttpResponse& response,
                const HttpFailure& failure);

  const Settings settings_;
  const AnswerReader answers_;
  BodyEncoder bodies_;
  // Only with `compression: gzip`.
  std::optional<GzipEncoder> gzip_;

  ComponentContext context_;
  Counter* sent_bytes_ = nullptr;
  // In the order of sending.
  std::map<uint64_t, UnderWay> under_way_;
  uint64_t next_id_ = 1;
  bool stopped_ = false;
};

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_HTTP_SINK_H_
