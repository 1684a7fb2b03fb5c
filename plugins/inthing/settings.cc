#include "plugins/inthing/settings.h"

#include <sys/stat.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/api/secret.h"
#include "plugins/inthing/stream_access.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::inthing {
namespace {

constexpr uint64_t kLeastImageBytes = uint64_t{1} << 10;
constexpr uint64_t kMostImageBytes = uint64_t{64} << 20;

absl::Status FieldError(const std::string& field, const absl::Status& status) {
  return ConfigError(field, ToStd(status.message()));
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

absl::Status ReadClient(const v1::InthingSinkConfig& config,
                        InthingClientOptions* client) {
  absl::StatusOr<std::string> url = ChooseBaseUrl(config.url());
  if (!url.ok()) return FieldError("url", url.status());
  client->base_url = *std::move(url);
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
  std::string password;
  if (config.has_password()) {
    absl::StatusOr<std::string> secret = ReadSecret(config.password());
    if (!secret.ok()) return FieldError("password", secret.status());
    password = *std::move(secret);
  }
  absl::StatusOr<Stream> chosen =
      ChooseStream(config.stream(), password, base_url);
  if (!chosen.ok()) return FieldError("stream", chosen.status());
  *stream = *std::move(chosen);
  return absl::OkStatus();
}

absl::Status ReadTemplate(const std::string& field, const std::string& text,
                          std::optional<Template>* out) {
  if (text.empty()) return absl::OkStatus();
  absl::StatusOr<Template> parsed = Template::Parse(text);
  if (!parsed.ok()) return FieldError(field, parsed.status());
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
    if (!when.ok()) return FieldError(field + ".when", when.status());
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

absl::Status ReadFolder(const std::string& folder, std::string* out) {
  const std::unique_ptr<char, decltype(&free)> resolved(
      realpath(folder.c_str(), nullptr), &free);
  struct stat info;
  if (resolved == nullptr || stat(resolved.get(), &info) != 0 ||
      !S_ISDIR(info.st_mode)) {
    return ConfigError("image.folder",
                       absl::StrCat("\"", folder,
                                    "\" is no folder; give the one that the "
                                    "pictures are in"));
  }
  *out = resolved.get();
  return absl::OkStatus();
}

absl::Status ReadImageRule(const v1::ImageSource& config, PostRules* rules) {
  if (config.base64().empty() == config.path().empty()) {
    return ConfigError("image", "needs either base64 or path");
  }
  if (config.path().empty() != config.folder().empty()) {
    return ConfigError("image.folder", "is for path, which needs it");
  }
  ImageRule rule;
  SLUICE_RETURN_IF_ERROR(
      ReadTemplate("image.base64", config.base64(), &rule.base64));
  SLUICE_RETURN_IF_ERROR(ReadTemplate("image.path", config.path(), &rule.path));
  if (rule.path.has_value()) {
    SLUICE_RETURN_IF_ERROR(ReadFolder(config.folder(), &rule.folder));
  }
  if (config.max_bytes() != 0) {
    if (config.max_bytes() < kLeastImageBytes ||
        config.max_bytes() > kMostImageBytes) {
      return ConfigError(
          "image.max_bytes",
          absl::StrCat(config.max_bytes(), " is not allowed; give ",
                       kLeastImageBytes, " to ", kMostImageBytes));
    }
    rule.max_bytes = config.max_bytes();
  }
  rule.post_without = config.bad_image() == v1::BAD_IMAGE_POST_TEXT;
  rules->image = std::move(rule);
  return absl::OkStatus();
}

absl::Status ReadType(const v1::InthingSinkConfig& config, PostRules* rules) {
  const bool has_image = rules->image.has_value();
  const bool has_code = rules->code.has_value();
  const auto needs = [](const char* what) {
    return ConfigError("type", absl::StrCat("needs ", what, " to be set"));
  };
  switch (config.type()) {
    case v1::EVENT_TYPE_CODE:
      if (!has_code) return needs("code");
      rules->type = "code";
      break;
    case v1::EVENT_TYPE_IMAGE:
    case v1::EVENT_TYPE_SCREENSHOT:
      if (!has_image) return needs("image");
      rules->type =
          config.type() == v1::EVENT_TYPE_IMAGE ? "image" : "screenshot";
      break;
    case v1::EVENT_TYPE_TEXT:
      rules->type = "text";
      break;
    default:
      rules->type = has_image ? "image" : has_code ? "code" : "text";
  }
  if (has_image && rules->type != "image" && rules->type != "screenshot") {
    return ConfigError("image", "is for the types image and screenshot");
  }
  if (has_code && rules->type != "code") {
    return ConfigError("code", "is for the type code");
  }
  return absl::OkStatus();
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
  rules->host_name = DefaultGenerator();
  if (config.has_image()) {
    SLUICE_RETURN_IF_ERROR(ReadImageRule(config.image(), rules));
  }
  SLUICE_RETURN_IF_ERROR(ReadType(config, rules));
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
