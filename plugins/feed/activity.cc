#include "plugins/feed/activity.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/json/json_text.h"
#include "plugins/feed/client/feed_name.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

// "limited to 10KB", documentation page "Adding activities".
constexpr size_t kDefaultMaxActivityBytes = 10 << 10;
// Documentation page "Adding activities".
constexpr size_t kMaxVerbBytes = 255;
// Documentation page "Targeting using the TO field".
constexpr int kMaxTargets = 100;

constexpr char kDefaultActor[] =
    "{{ subject | last(\"/\") | default(\"unknown\") }}";
constexpr char kDefaultVerb[] = "{{ type | default(\"event\") }}";
constexpr char kDefaultObject[] = "event:{{ id }}";

// Names with a meaning of their own: fields of every activity, names the
// documentation reserves ("Adding activities", and stream-swift
// Activity.swift), and members of the answer to a single add, which shows the
// activity beside them.
constexpr std::string_view kReservedNames[] = {
    "activity",  "activity_id", "actor",     "analytics",     "code",
    "detail",    "duration",    "exception", "extra_context", "foreign_id",
    "id",        "is_read",     "is_seen",   "object",        "origin",
    "ratelimit", "score",       "site_id",   "status_code",   "time",
    "to",        "verb"};

Outcome Reject(std::string_view reason, std::string_view field,
               std::string_view message) {
  return Outcome::Rejected(
      std::string(reason),
      absl::StrCat(std::string(field), ": ", std::string(message)));
}

}  // namespace

absl::StatusOr<ActivityWriter::Field> ActivityWriter::ParseField(
    std::string_view name, std::string_view prefix, const std::string& text) {
  absl::StatusOr<Template> parsed = Template::Parse(text);
  if (!parsed.ok()) {
    return ConfigError(name, std::string(parsed.status().message()));
  }
  return Field{std::string(name), std::string(prefix), *std::move(parsed)};
}

absl::StatusOr<ActivityWriter> ActivityWriter::Create(
    const v1::FeedSinkConfig& config) {
  if (config.feed().empty()) {
    return ConfigError("feed", "a feed is needed, e.g. \"room:{{ subject }}\"");
  }
  const auto or_default = [](const std::string& text, const char* other) {
    return text.empty() ? std::string(other) : text;
  };
  SLUICE_ASSIGN_OR_RETURN(Field feed, ParseField("feed", "", config.feed()));
  if (feed.value.is_constant()) {
    if (auto name = ParseFeedName(config.feed()); !name.ok()) {
      return ConfigError("feed", std::string(name.status().message()));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(
      Field actor, ParseField("actor", "{\"actor\":",
                              or_default(config.actor(), kDefaultActor)));
  SLUICE_ASSIGN_OR_RETURN(Field verb,
                          ParseField("verb", ",\"verb\":",
                                     or_default(config.verb(), kDefaultVerb)));
  SLUICE_ASSIGN_OR_RETURN(
      Field object, ParseField("object", ",\"object\":",
                               or_default(config.object(), kDefaultObject)));
  ActivityWriter writer(std::move(feed), std::move(actor), std::move(verb),
                        std::move(object));
  if (!config.foreign_id().empty()) {
    SLUICE_ASSIGN_OR_RETURN(writer.foreign_id_,
                            ParseField("foreign_id", "", config.foreign_id()));
  }
  if (!config.time().empty()) {
    SLUICE_ASSIGN_OR_RETURN(writer.time_,
                            ParseField("time", "", config.time()));
  }
  if (config.to_size() > kMaxTargets) {
    return ConfigError(
        "to", absl::StrCat("at most ", kMaxTargets, " feeds are allowed"));
  }
  for (const std::string& to : config.to()) {
    SLUICE_ASSIGN_OR_RETURN(Field target, ParseField("to", "", to));
    writer.to_.push_back(std::move(target));
  }
  // A map has no order of its own; the activities get one.
  for (const auto& [name, text] : std::map<std::string, std::string>(
           config.extra().begin(), config.extra().end())) {
    const std::string path = absl::StrCat("extra.", name);
    if (name.empty() ||
        std::find(std::begin(kReservedNames), std::end(kReservedNames), name) !=
            std::end(kReservedNames)) {
      return ConfigError(path,
                         absl::StrCat("the service keeps the name \"", name,
                                      "\" for itself; take "
                                      "another"));
    }
    std::string prefix = ",";
    AppendJsonString(name, &prefix);
    prefix.push_back(':');
    SLUICE_ASSIGN_OR_RETURN(Field field, ParseField(path, prefix, text));
    writer.extra_.push_back(std::move(field));
  }
  writer.max_bytes_ = config.max_activity_bytes() == 0
                          ? kDefaultMaxActivityBytes
                          : config.max_activity_bytes();
  return writer;
}

std::optional<Outcome> ActivityWriter::Render(const Field& field,
                                              TemplateInput& input) {
  scratch_.clear();
  const absl::Status status = field.value.Render(input, &scratch_);
  if (!status.ok()) {
    return Reject("template_failed", field.name, std::string(status.message()));
  }
  if (!IsUtf8(scratch_)) {
    return Reject("not_utf8", field.name, "the text is not UTF-8");
  }
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::RenderFeed(TemplateInput& input,
                                                  std::string_view* feed) {
  if (auto rejected = Render(feed_, input)) return rejected;
  const absl::StatusOr<FeedName> name = ParseFeedName(scratch_);
  if (!name.ok()) {
    return Reject("invalid_feed", feed_.name,
                  std::string(name.status().message()));
  }
  *feed = scratch_;
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::Append(TemplateInput& input,
                                              std::string* out, uint64_t* key) {
  const size_t begin = out->size();
  std::optional<Outcome> rejected = AppendAll(input, out, key);
  if (!rejected.has_value() && out->size() - begin > max_bytes_) {
    rejected = Outcome::Rejected(
        "too_large",
        absl::StrCat("the activity has ", out->size() - begin,
                     " bytes; at most ", max_bytes_, " are allowed"));
  }
  if (rejected.has_value()) out->resize(begin);
  return rejected;
}

std::optional<Outcome> ActivityWriter::AppendAll(TemplateInput& input,
                                                 std::string* out,
                                                 uint64_t* key) {
  if (auto rejected = AppendRequired(actor_, input, out)) return rejected;
  if (auto rejected = AppendRequired(verb_, input, out)) return rejected;
  if (scratch_.size() > kMaxVerbBytes) {
    return Reject("verb_too_long", verb_.name,
                  absl::StrCat("has ", scratch_.size(), " bytes; at most ",
                               kMaxVerbBytes, " are allowed"));
  }
  if (auto rejected = AppendRequired(object_, input, out)) return rejected;
  if (auto rejected = AppendForeignId(input, out, key)) return rejected;
  if (auto rejected = AppendTime(input, out, key)) return rejected;
  if (auto rejected = AppendTargets(input, out)) return rejected;
  if (auto rejected = AppendExtra(input, out)) return rejected;
  out->push_back('}');
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::AppendRequired(const Field& field,
                                                      TemplateInput& input,
                                                      std::string* out) {
  if (auto rejected = Render(field, input)) return rejected;
  if (scratch_.empty()) {
    return Reject("missing_field", field.name, "must not be empty");
  }
  out->append(field.prefix);
  AppendJsonString(scratch_, out);
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::AppendForeignId(TemplateInput& input,
                                                       std::string* out,
                                                       uint64_t* key) {
  if (foreign_id_.has_value()) {
    if (auto rejected = Render(*foreign_id_, input)) return rejected;
    if (scratch_.empty() || scratch_.find(',') != std::string::npos) {
      return Reject("invalid_foreign_id", foreign_id_->name,
                    "must not be empty or have a comma in it");
    }
  } else {
    scratch_.clear();
    foreign_ids_.Append(input.event(), &scratch_);
  }
  *key = StableHash(scratch_);
  out->append(",\"foreign_id\":");
  AppendJsonString(scratch_, out);
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::AppendTime(TemplateInput& input,
                                                  std::string* out,
                                                  uint64_t* key) {
  const EventView& event = input.event();
  int64_t nanos = event.has_time() ? event.time_unix_nanos()
                                   : event.ingest_time_unix_nanos();
  if (time_.has_value()) {
    if (auto rejected = Render(*time_, input)) return rejected;
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, scratch_, &time, &error)) {
      return Reject("invalid_time", time_->name,
                    absl::StrCat("\"", scratch_.substr(0, 40),
                                 "\" is no time; write it as "
                                 "2021-03-13T16:05:47.722334Z"));
    }
    nanos = absl::ToUnixNanos(time);
  } else if (nanos == 0) {
    return Outcome::Rejected("no_time", "the event has no time");
  }
  nanos = SpreadTime(nanos, *key);
  *key ^= static_cast<uint64_t>(nanos / 1000) * 0x9e3779b97f4a7c15;
  out->append(",\"time\":\"");
  AppendMicroseconds(nanos, out);
  out->push_back('"');
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::AppendTargets(TemplateInput& input,
                                                     std::string* out) {
  std::string_view before = ",\"to\":[";
  for (const Field& target : to_) {
    if (auto rejected = Render(target, input)) return rejected;
    if (scratch_.empty()) continue;
    if (auto name = ParseFeedName(scratch_); !name.ok()) {
      return Reject("invalid_feed", target.name,
                    std::string(name.status().message()));
    }
    out->append(before);
    out->push_back('"');
    out->append(scratch_);  // Nothing in a feed's name wants escaping.
    out->push_back('"');
    before = ",";
  }
  if (before == ",") out->push_back(']');
  return std::nullopt;
}

std::optional<Outcome> ActivityWriter::AppendExtra(TemplateInput& input,
                                                   std::string* out) {
  for (const Field& field : extra_) {
    const size_t begin = out->size();
    out->append(field.prefix);
    const absl::Status status = field.value.RenderJson(input, out);
    if (status.ok()) continue;
    if (!absl::IsNotFound(status)) {
      return Reject("template_failed", field.name,
                    std::string(status.message()));
    }
    out->resize(begin);
  }
  return std::nullopt;
}

}  // namespace sluice::feed
