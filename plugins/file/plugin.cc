#include "plugins/file/plugin.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/executor/thread_executor.h"
#include "plugins/file/config.pb.h"
#include "plugins/file/file_sink.h"

namespace sluice::file {
namespace {

constexpr uint64_t kMinBytes = 1 << 20;
constexpr uint32_t kMaxKeepFiles = 10'000;

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<RotatingFileOptions> ReadRotation(
    const v1::FileSinkConfig& config) {
  RotatingFileOptions options;
  options.path = config.path();
  if (options.path.empty()) {
    return ConfigError("path", "is missing; give the file to append to");
  }
  if (options.path.back() == '/') {
    return ConfigError("path", absl::StrCat("\"", options.path,
                                            "\" is a folder; give a file"));
  }
  if (config.max_bytes() > 0) {
    if (config.max_bytes() < kMinBytes) {
      return ConfigError(
          "max_bytes",
          absl::StrCat(config.max_bytes(), " is not allowed; give at least ",
                       kMinBytes, " (1 MiB)"));
    }
    options.max_bytes = config.max_bytes();
  }
  if (config.has_max_age()) {
    options.max_age = ToDuration(config.max_age());
    if (options.max_age < absl::Seconds(1)) {
      return ConfigError("max_age",
                         absl::StrCat(absl::FormatDuration(options.max_age),
                                      " is not allowed; give at least 1s"));
    }
  }
  if (config.has_keep_files()) {
    if (config.keep_files() > kMaxKeepFiles) {
      return ConfigError(
          "keep_files",
          absl::StrCat(config.keep_files(), " is not allowed; give 0 to ",
                       kMaxKeepFiles));
    }
    options.keep_files = static_cast<int>(config.keep_files());
  }
  return options;
}

absl::StatusOr<std::unique_ptr<Sink>> Create(const v1::FileSinkConfig& config,
                                             const FileCalls& calls) {
  absl::StatusOr<RotatingFileOptions> file = ReadRotation(config);
  if (!file.ok()) return file.status();
  FileSinkOptions options;
  options.file = *std::move(file);
  options.file.sync_each_append =
      config.sync() != v1::INTERVAL && config.sync() != v1::NONE;
  if (config.has_sync_interval() && config.sync() != v1::INTERVAL) {
    return ConfigError("sync_interval", "is for sync: interval only");
  }
  if (config.sync() == v1::INTERVAL) {
    options.sync_interval = config.has_sync_interval()
                                ? ToDuration(config.sync_interval())
                                : absl::Seconds(1);
    if (options.sync_interval < absl::Milliseconds(10)) {
      return ConfigError(
          "sync_interval",
          absl::StrCat(absl::FormatDuration(options.sync_interval),
                       " is not allowed; give at least 10ms"));
    }
  }
  return std::make_unique<FileSink>(
      std::move(options),
      [] { return std::make_shared<ThreadExecutor>("file-sink"); }, calls);
}

}  // namespace

absl::Status RegisterFile(PluginRegistry& registry) {
  return RegisterFile(registry, FileCalls::Real());
}

absl::Status RegisterFile(PluginRegistry& registry, const FileCalls& calls) {
  return registry.AddSink<v1::FileSinkConfig>(
      "file", "appends CloudEvents to a file as JSON lines, with rotation",
      [calls](const v1::FileSinkConfig& config) {
        return Create(config, calls);
      });
}

}  // namespace sluice::file
