#include "pipeline/topology/test_plugins.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/api/secret.h"
#include "pipeline/topology/test_plugins.pb.h"

namespace sluice {
namespace {

using topology_test::KeepConfig;
using topology_test::PostConfig;
using topology_test::TickerConfig;

class IdleSource final : public Source {
 public:
  absl::Status Start(const ComponentContext&, Emitter*,
                     std::optional<std::string>) override {
    return absl::OkStatus();
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
};

class IdleSink final : public Sink {
 public:
  SinkTraits traits() const override { return {}; }
  absl::Status Start(const ComponentContext&) override {
    return absl::OkStatus();
  }
  void Deliver(Delivery, DeliverCallback done) override {
    done(DeliveryResult::All(Outcome::Delivered()));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
};

class PassAll final : public Transform {
 public:
  absl::Status Apply(const EventView& event, TransformOutput& output) override {
    output.Pass(event);
    return absl::OkStatus();
  }
};

absl::StatusOr<std::unique_ptr<Source>> MakeTicker(const TickerConfig& config) {
  if (config.rate() <= 0) {
    return ConfigError("rate", "must be above 0 events per second");
  }
  for (int i = 0; i < config.device_types_size(); ++i) {
    const std::string& type = config.device_types(i);
    if (type == "temperature" || type == "humidity") continue;
    return ConfigError(absl::StrCat("device_types[", i, "]"),
                       absl::StrCat("\"", type,
                                    "\" is not a device type; allowed: "
                                    "temperature, humidity"));
  }
  return std::make_unique<IdleSource>();
}

absl::StatusOr<std::unique_ptr<Sink>> MakePost(const PostConfig& config) {
  if (config.url().empty()) return ConfigError("url", "is needed");
  if (!config.url().starts_with("http")) {
    return ConfigError("url",
                       absl::StrCat("\"", config.url(), "\" is no address"));
  }
  const absl::StatusOr<std::string> password = ReadSecret(config.password());
  if (!password.ok()) {
    return ConfigError("password", std::string(password.status().message()));
  }
  return std::make_unique<IdleSink>();
}

absl::StatusOr<std::unique_ptr<Transform>> MakeKeep(const KeepConfig& config) {
  if (config.when() == "throw") throw std::runtime_error("thrown");
  if (config.when() == "no") return absl::InvalidArgumentError("never");
  return std::make_unique<PassAll>();
}

}  // namespace

void RegisterTestPlugins(PluginRegistry& registry) {
  CHECK(registry.AddSource<TickerConfig>("ticker", "ticks", MakeTicker).ok());
  CHECK(registry.AddTransform<KeepConfig>("keep", "keeps", MakeKeep).ok());
  CHECK(registry.AddSink<PostConfig>("post", "posts", MakePost).ok());
  CHECK(registry
            .AddSink<KeepConfig>(
                "null", "accepts everything",
                [](const KeepConfig&) -> absl::StatusOr<std::unique_ptr<Sink>> {
                  return std::make_unique<IdleSink>();
                })
            .ok());
}

}  // namespace sluice
