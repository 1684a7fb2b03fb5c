#include "pipeline/plugin_process/program_spec.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"

namespace sluice::plugin_process {
namespace {

constexpr size_t kMaxNameBytes = 63;
constexpr int kMaxWords = 1000;
constexpr size_t kMinMessageBytes = size_t{64} << 10;
constexpr size_t kMaxMessageBytes = size_t{128} << 20;
constexpr absl::Duration kShortest = absl::Milliseconds(1);
constexpr absl::Duration kLongest = absl::Hours(1);

bool IsName(std::string_view name) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= kMaxNameBytes && is_alnum(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alnum(c) || c == '_' || c == '-';
         });
}

bool IsVariable(std::string_view name) {
  return !name.empty() && name.find('=') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

absl::Status ReadTime(const char* field, bool given,
                      const google::protobuf::Duration& value,
                      absl::Duration* time) {
  if (!given) return absl::OkStatus();
  *time = absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (*time >= kShortest && *time <= kLongest) return absl::OkStatus();
  return ConfigError(field, "must be from 1ms to 1h");
}

absl::Status ReadWords(const config::v1::PluginProgram& config,
                       ProgramSpec* spec) {
  if (config.command().empty() || config.command(0).empty()) {
    return ConfigError("command",
                       "the program and its arguments are needed, a list: "
                       "[/opt/acme/plugin, --verbose]");
  }
  if (config.command_size() > kMaxWords ||
      config.environment_size() > kMaxWords) {
    return ConfigError(
        config.command_size() > kMaxWords ? "command" : "environment",
        absl::StrCat("at most ", kMaxWords, " are allowed"));
  }
  for (int i = 0; i < config.environment_size(); ++i) {
    if (IsVariable(config.environment(i))) continue;
    return ConfigError(absl::StrCat("environment[", i, "]"),
                       "must be the name of a variable; its value comes from "
                       "the environment of sluice");
  }
  spec->command.assign(config.command().begin(), config.command().end());
  spec->environment.assign(config.environment().begin(),
                           config.environment().end());
  return absl::OkStatus();
}

absl::Status ReadTimes(const config::v1::PluginProgram& config,
                       ProgramSpec* spec) {
  SLUICE_RETURN_IF_ERROR(ReadTime("start_timeout", config.has_start_timeout(),
                                  config.start_timeout(),
                                  &spec->start_timeout));
  SLUICE_RETURN_IF_ERROR(
      ReadTime("heartbeat_timeout", config.has_heartbeat_timeout(),
               config.heartbeat_timeout(), &spec->heartbeat_timeout));
  SLUICE_RETURN_IF_ERROR(ReadTime("stop_grace", config.has_stop_grace(),
                                  config.stop_grace(), &spec->stop_grace));
  SLUICE_RETURN_IF_ERROR(
      ReadTime("restart_initial", config.has_restart_initial(),
               config.restart_initial(), &spec->restart_initial));
  SLUICE_RETURN_IF_ERROR(ReadTime("restart_max", config.has_restart_max(),
                                  config.restart_max(), &spec->restart_max));
  if (spec->restart_max >= spec->restart_initial) return absl::OkStatus();
  return ConfigError("restart_max", "must not be below restart_initial");
}

}  // namespace

absl::StatusOr<ProgramSpec> ReadProgramSpec(
    const config::v1::PluginProgram& config) {
  ProgramSpec spec;
  if (!IsName(config.name())) {
    return ConfigError("name",
                       "a name for messages and metrics is needed: 1 to 63 of "
                       "a-z, 0-9, _ and -, the first a letter or a digit");
  }
  spec.name = config.name();
  spec.directory = config.directory();
  SLUICE_RETURN_IF_ERROR(ReadWords(config, &spec));
  SLUICE_RETURN_IF_ERROR(ReadTimes(config, &spec));
  if (config.max_message_bytes() != 0) {
    spec.max_message_bytes = config.max_message_bytes();
    if (config.max_message_bytes() < kMinMessageBytes ||
        config.max_message_bytes() > kMaxMessageBytes) {
      return ConfigError("max_message_bytes", "must be from 64KiB to 128MiB");
    }
  }
  return spec;
}

}  // namespace sluice::plugin_process
