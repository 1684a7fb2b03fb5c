#include "plugins/generate/plugin.h"

#include <cmath>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "plugins/generate/config.pb.h"
#include "plugins/generate/generate_source.h"

namespace sluice::generate {
namespace {

// Far above what a machine can make; keeps the timetable's arithmetic exact.
constexpr double kMaxRate = 1e9;
constexpr uint32_t kMaxDevices = 1'000'000'000;
constexpr uint32_t kMaxPayloadBytes = 8 << 20;

absl::StatusOr<std::unique_ptr<Source>> Create(
    const v1::GenerateSourceConfig& config) {
  GenerateOptions options;
  options.count = config.count();
  options.seed = config.seed();
  options.rate = config.rate();
  if (!std::isfinite(options.rate) || options.rate < 0 ||
      options.rate > kMaxRate) {
    return ConfigError("rate",
                       absl::StrCat(options.rate,
                                    " is not allowed; give 0 (as fast as "
                                    "possible) to 1e9 events per second"));
  }
  if (config.devices() > kMaxDevices) {
    return ConfigError(
        "devices", absl::StrCat(config.devices(), " is not allowed; give 1 to ",
                                kMaxDevices));
  }
  if (config.devices() > 0) options.devices = config.devices();
  if (config.payload_bytes() > 0) {
    if (config.payload_bytes() < GeneratedEventWriter::kMinPayloadBytes ||
        config.payload_bytes() > kMaxPayloadBytes) {
      return ConfigError(
          "payload_bytes",
          absl::StrCat(config.payload_bytes(), " is not allowed; give ",
                       GeneratedEventWriter::kMinPayloadBytes, " to ",
                       kMaxPayloadBytes));
    }
    options.payload_bytes = config.payload_bytes();
  }
  return std::make_unique<GenerateSource>(options);
}

}  // namespace

absl::Status RegisterGenerate(PluginRegistry& registry) {
  return registry.AddSource<v1::GenerateSourceConfig>(
      "generate", "makes up device events, the same at every run", Create);
}

}  // namespace sluice::generate
