#include "plugins/replay/plugin.h"

#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/executor/thread_executor.h"
#include "plugins/replay/config.pb.h"
#include "plugins/replay/replay_source.h"
#include "storage/base/status_macros.h"

namespace sluice::replay {
namespace {

constexpr uint64_t kMinLineBytes = 1 << 10;
constexpr uint64_t kMaxLineBytes = 64 << 20;

absl::Status CheckPace(const char* field, double pace) {
  if (std::isfinite(pace) && pace >= 0) return absl::OkStatus();
  return ConfigError(
      field, absl::StrCat(pace, " is not allowed; give a number above 0"));
}

absl::Status CheckCombination(const v1::ReplaySourceConfig& config) {
  SLUICE_RETURN_IF_ERROR(CheckPace("rate", config.rate()));
  SLUICE_RETURN_IF_ERROR(CheckPace("speed", config.speed()));
  if (config.speed() > 0 && config.rate() > 0) {
    return ConfigError("speed", "goes not together with rate; give one");
  }
  if (config.speed() > 0 && config.follow()) {
    return ConfigError("speed", "goes not together with follow; give one");
  }
  if (config.loop() && config.follow()) {
    return ConfigError("loop", "goes not together with follow; give one");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Source>> Create(
    const v1::ReplaySourceConfig& config) {
  ReplayOptions options;
  options.path = config.path();
  if (options.path.empty()) {
    return ConfigError("path", "is missing; give the file to read");
  }
  SLUICE_RETURN_IF_ERROR(CheckCombination(config));
  options.is_csv = config.format() == v1::CSV ||
                   (config.format() != v1::JSON_LINES &&
                    absl::EndsWithIgnoreCase(config.path(), ".csv"));
  if (options.is_csv && !config.fields().data().empty()) {
    return ConfigError("fields.data",
                       "is for JSON; the data of a CSV record are the columns "
                       "that no other field names");
  }
  options.fields = {.id = config.fields().id(),
                    .time = config.fields().time(),
                    .subject = config.fields().subject(),
                    .type = config.fields().type(),
                    .data = config.fields().data()};
  options.type = config.type().empty() ? "record" : config.type();
  options.source =
      config.source().empty()
          ? "//replay/" +
                std::filesystem::path(options.path).filename().string()
          : config.source();
  options.rate = config.rate();
  options.speed = config.speed();
  options.loop = config.loop();
  options.follow = config.follow();
  if (config.max_line_bytes() > 0) {
    if (config.max_line_bytes() < kMinLineBytes ||
        config.max_line_bytes() > kMaxLineBytes) {
      return ConfigError(
          "max_line_bytes",
          absl::StrCat(config.max_line_bytes(), " is not allowed; give ",
                       kMinLineBytes, " to ", kMaxLineBytes));
    }
    options.max_line_bytes = config.max_line_bytes();
  }
  return std::make_unique<ReplaySource>(std::move(options), [] {
    return std::make_shared<ThreadExecutor>("replay-source");
  });
}

}  // namespace

absl::Status RegisterReplay(PluginRegistry& registry) {
  return registry.AddSource<v1::ReplaySourceConfig>(
      "replay", "reads events from a file of JSON lines or CSV", Create);
}

}  // namespace sluice::replay
