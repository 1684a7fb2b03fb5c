#include "tests/plugins/trial_plugin.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/secret.h"
#include "storage/base/status_macros.h"
#include "tests/plugins/trial.pb.h"

namespace sluice {
namespace {

using trial::v1::TrialConfig;

// Keeps what it is given, to answer when it likes.
class TrialSink final : public Sink {
 public:
  TrialSink(TrialConfig config, std::string password)
      : config_(std::move(config)), password_(std::move(password)) {}

  SinkTraits traits() const override {
    SinkTraits traits;
    traits.max_batch_events = 10;
    traits.max_in_flight = 2;
    traits.idempotent = true;
    return traits;
  }

  absl::Status Start(const ComponentContext& context) override {
    context_ = context;
    const MetricLabels labels = context.metric_labels();
    events_ = context.metrics->counter("trial_events_total", labels, "Events.");
    context.metrics->gauge("trial_password_bytes", labels)
        ->Set(static_cast<int64_t>(password_.size()));
    context.metrics->gauge("trial_weights", labels)
        ->Add(config_.weights().at("a"));
    context.metrics->histogram("trial_random_seconds", labels)
        ->Note(absl::Seconds(absl::Uniform(*context.random, 0.0, 1.0)));
    context.health->Report({HealthState::kHealthy, ""});
    return absl::OkStatus();
  }

  void Deliver(Delivery delivery, DeliverCallback done) override {
    const bool first = std::exchange(first_, false);
    if (first && config_.first() == trial::v1::THROW) {
      throw std::runtime_error("first of all");
    }
    if (first && config_.first() == trial::v1::THROW_LATER) {
      context_.executor->Post([] { throw std::runtime_error("a bit later"); });
    }
    if (config_.first() == trial::v1::AT_ONCE) {
      Answer(delivery, done);
      return;
    }
    context_.executor->PostAfter(
        absl::Seconds(config_.wait().seconds()) +
            absl::Nanoseconds(config_.wait().nanos()),
        [this, alive = std::weak_ptr<bool>(alive_),
         delivery = std::move(delivery), done = std::move(done)]() mutable {
          if (!alive.expired()) Answer(delivery, done);
        });
  }

  void Stop(absl::AnyInvocable<void()> done) override {
    alive_ = nullptr;
    done();
  }

 private:
  void Answer(const Delivery& delivery, DeliverCallback& done) {
    events_->Add(delivery.items.size());
    DeliveryResult result;
    for (const DeliveryItem& item : delivery.items) {
      // Reading the event after the answer of another one must be fine, too.
      result.outcomes.push_back(
          item.event.subject() == "device-9"
              ? Outcome::Rejected("nine",
                                  absl::StrCat("no nines like ",
                                               std::string(item.event.id())))
              : Outcome::Delivered());
    }
    std::move(done)(std::move(result));
  }

  const TrialConfig config_;
  const std::string password_;
  ComponentContext context_;
  Counter* events_ = nullptr;
  bool first_ = true;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

absl::StatusOr<std::unique_ptr<Sink>> MakeTrial(const TrialConfig& config) {
  const absl::StatusOr<std::string> password = ReadSecret(config.password());
  if (!password.ok()) {
    return ConfigError("password", std::string(password.status().message()));
  }
  for (int i = 0; i < config.targets_size(); ++i) {
    if (config.targets(i) == "throw") throw std::runtime_error("as told");
    if (config.targets(i) != "good") {
      return ConfigError(absl::StrCat("targets[", i, "]"), "must be good");
    }
  }
  return std::make_unique<TrialSink>(config, *password);
}

}  // namespace

absl::Status RegisterTrial(PluginRegistry& registry) {
  return registry.AddSink<TrialConfig>("trial", "is difficult", MakeTrial);
}

}  // namespace sluice
