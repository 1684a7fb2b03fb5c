#include "plugins/inthing/settings.h"

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/api/secret.h"
#include "plugins/inthing/stream_id.h"
#include "plugins/inthing/text_limits.h"
#include "storage/base/status_macros.h"

namespace sluice::inthing {
namespace {

// Environment variables of the official client
// (willmcgugan/inthing at 6364ceaa: inthing/stream.py, inthing/urls.py).
constexpr char kStreamVariable[] = "INTHING_STREAM";
constexpr char kPasswordVariable[] = "INTHING_STREAM_PASSWORD";
constexpr char kUrlVariable[] = "INTHING_URL";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "sluice";
  return name;
}

absl::Status ReadClient(const v1::InthingSinkConfig& config,
                        InthingClientOptions* client) {
  std::string url = config.url();
  if (url.empty()) url = Environment(kUrlVariable);
  if (!url.empty()) client->base_url = url;
  if (!absl::StartsWithIgnoreCase(client->base_url, "http://") &&
      !absl::StartsWithIgnoreCase(client->base_url, "https://")) {
    return ConfigError("url", absl::StrCat("\"", client->base_url,
                                           "\" does not begin with http:// or "
                                           "https://"));
  }
  client->ca_file = config.ca_file();
  if (config.has_timeout()) {
    client->timeout = ToDuration(config.timeout());
    if (client->timeout < absl::Seconds(1) ||
        client->timeout > absl::Minutes(10)) {
      return ConfigError("timeout",
                         absl::StrCat(absl::FormatDuration(client->timeout),
                                      " is not allowed; give 1s to 10m"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadStream(const v1::InthingSinkConfig& config,
                        const std::string& base_url, Stream* stream) {
  std::string text = config.stream();
  if (text.empty()) text = Environment(kStreamVariable);
  absl::StatusOr<std::string> id = NormalizeStreamId(text, base_url);
  if (!id.ok()) {
    const absl::string_view why = id.status().message();
    return ConfigError("stream", std::string_view(why.data(), why.size()));
  }
  stream->id = *std::move(id);
  if (!config.has_password()) {
    stream->password = Environment(kPasswordVariable);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> password = ReadSecret(config.password());
  if (!password.ok()) {
    const absl::string_view why = password.status().message();
    return ConfigError("password", std::string_view(why.data(), why.size()));
  }
  stream->password = *std::move(password);
  return absl::OkStatus();
}

absl::Status ReadTemplate(const std::string& field, const std::string& text,
                          std::optional<Template>* out) {
  if (text.empty()) return absl::OkStatus();
  absl::StatusOr<Template> parsed = Template::Parse(text);
  if (!parsed.ok()) {
    const absl::string_view why = parsed.status().message();
    return ConfigError(field, std::string_view(why.data(), why.size()));
  }
  *out = *std::move(parsed);
  return absl::OkStatus();
}

absl::Status CheckPriority(const std::string& field, int priority) {
  if (priority >= -2 && priority <= 2) return absl::OkStatus();
  return ConfigError(field, absl::StrCat(priority,
                                         " is not allowed; give -2 (verbose) "
                                         "to 2 (urgent)"));
}

absl::Status ReadPriorities(const v1::InthingSinkConfig& config,
                            PostRules* rules) {
  SLUICE_RETURN_IF_ERROR(CheckPriority("priority", config.priority()));
  rules->priority = config.priority();
  for (int i = 0; i < config.priority_rules_size(); ++i) {
    const v1::PriorityRule& rule = config.priority_rules(i);
    const std::string field = absl::StrCat("priority_rules[", i, "]");
    SLUICE_RETURN_IF_ERROR(CheckPriority(field + ".priority", rule.priority()));
    absl::StatusOr<Condition> when = Condition::Parse(rule.when());
    if (!when.ok()) {
      const absl::string_view why = when.status().message();
      return ConfigError(field + ".when",
                         std::string_view(why.data(), why.size()));
    }
    rules->priority_rules.push_back({*std::move(when), rule.priority()});
  }
  return absl::OkStatus();
}

const char* MarkupName(v1::Markup markup) {
  switch (markup) {
    case v1::TEXT:
      return "text";
    case v1::HTML:
      return "html";
    case v1::BBCODE:
      return "bbcode";
    default:
      return "markdown";
  }
}

absl::Status ReadRules(const v1::InthingSinkConfig& config, PostRules* rules) {
  SLUICE_RETURN_IF_ERROR(ReadTemplate("title", config.title(), &rules->title));
  SLUICE_RETURN_IF_ERROR(
      ReadTemplate("description", config.description(), &rules->description));
  SLUICE_RETURN_IF_ERROR(ReadTemplate("code", config.code(), &rules->code));
  SLUICE_RETURN_IF_ERROR(
      ReadTemplate("generator", config.generator(), &rules->generator));
  for (int i = 0; i < config.hashtags_size(); ++i) {
    std::optional<Template> hashtag;
    const std::string field = absl::StrCat("hashtags[", i, "]");
    SLUICE_RETURN_IF_ERROR(ReadTemplate(field, config.hashtags(i), &hashtag));
    if (!hashtag.has_value()) return ConfigError(field, "is empty");
    rules->hashtags.push_back(*std::move(hashtag));
  }
  if (!config.code_language().empty()) {
    Post probe;
    probe.title = "probe";
    probe.code_language = config.code_language();
    if (!ValidatePost(probe).ok()) {
      return ConfigError("code_language",
                         absl::StrCat("\"", config.code_language(),
                                      "\" is not allowed; give python, ruby, "
                                      "c, cpp, javascript, html or xml"));
    }
    if (config.code().empty()) {
      return ConfigError("code_language", "needs code to be set");
    }
    rules->code_language = config.code_language();
  }
  rules->markup = MarkupName(config.markup());
  rules->truncate = config.oversize() != v1::DEAD_LETTER;
  rules->host_name = HostName();
  Truncate(kMaxGenerator, &rules->host_name);
  return ReadPriorities(config, rules);
}

absl::Status ReadPace(const v1::InthingSinkConfig& config,
                      InthingSinkOptions* options) {
  const v1::Pace& pace = config.pace();
  double share = 1;
  if (pace.share() != 0) {
    share = pace.share();
    if (!(share > 0 && share <= 1)) {
      return ConfigError("pace.share",
                         absl::StrCat(share,
                                      " is not allowed; give a number "
                                      "above 0 and up to 1"));
    }
  }
  const bool claimed =
      config.claimed() == v1::YES ||
      (config.claimed() != v1::NO && !options->stream.password.empty());
  RateLimits limits = claimed ? ClaimedLimits() : UnclaimedLimits();
  const bool is_own = pace.burst() > 0 || pace.has_interval();
  if (pace.burst() > 0) {
    limits.burst = pace.burst();
    limits.reserve = std::min(limits.reserve, limits.burst - 1);
  }
  if (pace.has_interval()) {
    limits.interval = ToDuration(pace.interval());
    if (limits.interval < absl::Milliseconds(10)) {
      return ConfigError("pace.interval",
                         absl::StrCat(absl::FormatDuration(limits.interval),
                                      " is not allowed; give at least 10ms"));
    }
  }
  if (!is_own && claimed && config.claimed() != v1::YES) {
    options->unclaimed_rate = UnclaimedLimits().Part(share);
  }
  options->rate = limits.Part(share);
  options->rate_key = absl::StrCat("inthing ", options->client.base_url, " ",
                                   options->stream.id);
  return absl::OkStatus();
}

absl::Status ReadDigest(const v1::Digest& digest, InthingSinkOptions* options) {
  if (digest.after() > 100) {
    return ConfigError("digest.after", absl::StrCat(digest.after(),
                                                    " is not allowed; give 1 "
                                                    "to 100"));
  }
  if (digest.after() > 0) options->digest_after = digest.after();
  if (digest.max_events() > 0) {
    if (digest.max_events() < 2 || digest.max_events() > 5000) {
      return ConfigError(
          "digest.max_events",
          absl::StrCat(digest.max_events(), " is not allowed; give 2 to 5000"));
    }
    options->max_digest_events = digest.max_events();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InthingSinkOptions> ReadSettings(
    const v1::InthingSinkConfig& config) {
  InthingSinkOptions options;
  SLUICE_RETURN_IF_ERROR(ReadClient(config, &options.client));
  SLUICE_RETURN_IF_ERROR(
      ReadStream(config, options.client.base_url, &options.stream));
  SLUICE_RETURN_IF_ERROR(ReadRules(config, &options.rules));
  SLUICE_RETURN_IF_ERROR(ReadDigest(config.digest(), &options));
  SLUICE_RETURN_IF_ERROR(ReadPace(config, &options));
  return options;
}

}  // namespace sluice::inthing
