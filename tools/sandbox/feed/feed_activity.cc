#include "tools/sandbox/feed/feed_activity.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "tools/sandbox/feed/json_paths.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxTargets = 100;
constexpr size_t kMaxVerbBytes = 255;
constexpr char kRequired[] = "this field is required";
constexpr char kNoText[] = "Not a valid string.";

enum class Field {
  kActor,
  kVerb,
  kObject,
  kTarget,
  kForeignId,
  kTime,
  kTo,
  kIgnored,   // the service makes it itself
  kReserved,  // nothing else may have this name
  kCustom,
};

// Compares lengths first, and inline; a table would call memcmp() 18 times.
template <typename... Names>
bool IsOneOf(std::string_view name, Names... names) {
  return ((name == std::string_view(names)) || ...);
}

Field FieldOf(std::string_view name) {
  if (name == "actor") return Field::kActor;
  if (name == "verb") return Field::kVerb;
  if (name == "object") return Field::kObject;
  if (name == "target") return Field::kTarget;
  if (name == "foreign_id") return Field::kForeignId;
  if (name == "time") return Field::kTime;
  if (name == "to") return Field::kTo;
  if (IsOneOf(name, "id", "origin", "duration")) return Field::kIgnored;
  if (IsOneOf(name, "activity_id", "activity", "analytics", "extra_context",
              "is_read", "is_seen", "score", "site_id")) {
    return Field::kReserved;
  }
  return Field::kCustom;
}

// What a client sent, by its meaning; of members with one name the last one.
// Nulls of optional fields are left out.
struct ActivityInput {
  using Custom = std::pair<JsonView, JsonView>;  // name and value

  std::optional<JsonView> actor;
  std::optional<JsonView> verb;
  std::optional<JsonView> object;
  std::optional<JsonView> target;
  std::optional<JsonView> foreign_id;
  std::optional<JsonView> time;
  std::optional<JsonView> to;
  absl::InlinedVector<Custom, 8> custom;
  std::vector<std::string> reserved;  // names
};

ActivityInput TakeApart(const JsonView& object, const ActivityRules& rules) {
  ActivityInput input;
  std::string room;
  object.ForEachMember([&](const JsonView& name, const JsonView& value) {
    const std::string_view text = name.StringIn(&room);
    const auto given =
        value.is_null() ? std::nullopt : std::optional<JsonView>(value);
    switch (FieldOf(text)) {
      case Field::kActor:
        input.actor = given;
        return;
      case Field::kVerb:
        input.verb = given;
        return;
      case Field::kObject:
        input.object = given;
        return;
      case Field::kTarget:
        input.target = given;
        return;
      case Field::kForeignId:
        input.foreign_id = given;
        return;
      case Field::kTime:
        input.time = given;
        return;
      case Field::kTo:
        input.to = given;
        return;
      case Field::kIgnored:
        return;
      case Field::kReserved:
        if (!rules.reserved_names) input.reserved.emplace_back(text);
        break;
      case Field::kCustom:
        break;
    }
    input.custom.emplace_back(name, value);
  });
  return input;
}

bool IsString(const JsonView& value) {
  return value.kind() == JsonView::Kind::kString;
}

// A text, or a number that becomes one.
void CheckText(std::string_view name, const std::optional<JsonView>& value,
               bool required, FieldErrors& errors) {
  if (required && (!value.has_value() || value->text() == "\"\"")) {
    errors.emplace_back(name, kRequired);
  } else if (value.has_value() && !IsString(*value) &&
             value->kind() != JsonView::Kind::kNumber) {
    errors.emplace_back(name, kNoText);
  }
}

std::string TextOf(const std::optional<JsonView>& value) {
  if (!value.has_value()) return "";
  std::string room;
  return std::string(IsString(*value) ? value->StringIn(&room) : value->text());
}

void CheckTexts(const ActivityInput& input, FieldErrors& errors) {
  CheckText("actor", input.actor, /*required=*/true, errors);
  CheckText("verb", input.verb, /*required=*/true, errors);
  CheckText("object", input.object, /*required=*/true, errors);
  CheckText("target", input.target, /*required=*/false, errors);
  // No text is longer than it is written.
  if (input.verb.has_value() && input.verb->text().size() > kMaxVerbBytes &&
      TextOf(input.verb).size() > kMaxVerbBytes) {
    errors.emplace_back("verb",
                        "Ensure this field has no more than 255 characters.");
  }
  CheckText("foreign_id", input.foreign_id, /*required=*/false, errors);
}

std::optional<int64_t> TimeOf(const std::optional<JsonView>& value,
                              FieldErrors& errors) {
  if (!value.has_value()) return std::nullopt;
  std::string room;
  const auto micros = ParseActivityTime(value->StringIn(&room));
  if (!micros.has_value()) {
    errors.emplace_back("time", "Datetime has wrong format.");
  }
  return micros;
}

// "user:44", "user:44 token" or ["user:44", "token"].
std::string TargetOf(const JsonView& entry) {
  const std::vector<JsonView> pair = entry.elements();
  std::string text =
      (pair.empty() ? entry : pair.front()).AsString().value_or("");
  text.resize(std::min(text.find(' '), text.size()));
  return text;
}

std::vector<std::string> TargetsOf(const std::optional<JsonView>& value,
                                   FieldErrors& errors) {
  std::vector<std::string> targets;
  if (!value.has_value()) return targets;
  const std::vector<JsonView> entries = value->elements();
  if (!value->is_array() || entries.size() > kMaxTargets) {
    errors.emplace_back("to", "must be a list of at most 100 feeds");
    return targets;
  }
  for (const JsonView& entry : entries) {
    std::string target = TargetOf(entry);
    if (!IsFeedId(target)) {
      errors.emplace_back("to", "must be a list of feeds such as user:44");
      return {};
    }
    if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

// JSON with its members sorted, so that the same data gives the same text.
void AppendSorted(const JsonView& value, std::string& out) {
  if (value.is_object()) {
    std::map<std::string, JsonView> members;
    for (const auto& [name, member] : value.members()) {
      members.insert_or_assign(name, member);
    }
    out += '{';
    for (const auto& [name, member] : members) {
      AppendJsonString(name, &out);
      out += ':';
      AppendSorted(member, out);
      out += ',';
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const JsonView& element : value.elements()) {
      if (out.back() != '[') out += ',';
      AppendSorted(element, out);
    }
    out += ']';
  } else if (IsString(value)) {
    AppendJsonString(*value.AsString(), &out);
  } else {
    out += value.text();
  }
}

// The data of an activity, which are its identity if it has no other.
std::string DataText(const JsonView& object) {
  std::string data = std::string(object.text());
  for (const char* name : {"id", "to", "origin"}) {
    data = UnsetJsonPath(JsonView::OfKnown(data), name);
  }
  std::string text;
  AppendSorted(JsonView::OfKnown(data), text);
  return text;
}

ActivityId IdOf(const JsonView& object, const std::string& foreign_id,
                std::optional<int64_t> time, int64_t micros) {
  if (!foreign_id.empty()) return MakeActivityId(foreign_id, micros);
  if (time.has_value()) return MakeActivityId(DataText(object), micros);
  // Nothing is known about it but the moment it came: any node will do.
  return MakeActivityId(absl::StrCat(micros), micros);
}

// A text as it was written, a number in quotes, nothing as "".
void AppendText(const std::optional<JsonView>& value, std::string& out) {
  if (value.has_value() && IsString(*value)) {
    out += value->text();
    return;
  }
  out += '"';
  if (value.has_value()) out += value->text();
  out += '"';
}

std::string WriteActivity(const ActivityInput& input, ActivityId id,
                          int64_t micros) {
  // Kept for its room, so that what is stored is no larger than it must be.
  static thread_local std::string out;
  out = "{\"actor\":";
  AppendText(input.actor, out);
  out += ",\"foreign_id\":";
  AppendText(input.foreign_id, out);
  out += ",\"id\":\"";
  id.AppendText(&out);
  out += "\",\"object\":";
  AppendText(input.object, out);
  out += ",\"target\":";
  AppendText(input.target, out);
  out += ",\"time\":\"";
  AppendActivityTime(micros, &out);
  out += "\",\"verb\":";
  AppendText(input.verb, out);
  for (const auto& [name, value] : input.custom) {
    out += ',';
    out += name.text();
    out += ':';
    out += value.text();
  }
  out += '}';
  return out;
}

void CheckSize(const FeedActivity& activity, const ActivityRules& rules,
               FieldErrors& errors) {
  const size_t bytes = activity.json.size();
  if (bytes <= rules.max_bytes) return;
  errors.emplace_back("activity",
                      absl::StrCat("the activity is too large: ", bytes,
                                   " of at most ", rules.max_bytes, " bytes"));
}

}  // namespace

bool IsFeedPart(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool IsFeedId(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && IsFeedPart(text.substr(0, colon)) &&
         IsFeedPart(text.substr(colon + 1));
}

std::optional<FeedActivity> ReadActivity(const JsonView& object,
                                         ServerMicros now,
                                         const ActivityRules& rules,
                                         FieldErrors& errors,
                                         std::optional<ActivityId> kept_id) {
  const size_t errors_before = errors.size();
  const ActivityInput input = TakeApart(object, rules);
  CheckTexts(input, errors);
  FeedActivity activity;
  activity.to = TargetsOf(input.to, errors);
  const std::optional<int64_t> time = TimeOf(input.time, errors);
  for (const std::string& name : input.reserved) {
    errors.emplace_back(name, "this name is reserved");
  }
  if (errors.size() > errors_before) return std::nullopt;
  const int64_t micros = time.has_value() ? *time : now();
  activity.foreign_id = TextOf(input.foreign_id);
  activity.id = kept_id.has_value()
                    ? *kept_id
                    : IdOf(object, activity.foreign_id, time, micros);
  activity.json = WriteActivity(input, activity.id, micros);
  CheckSize(activity, rules, errors);
  if (errors.size() > errors_before) return std::nullopt;
  return activity;
}

void AppendActivity(const FeedActivity& activity, std::string_view origin,
                    std::string& out) {
  out.append(activity.json, 0, activity.json.size() - 1);
  out += ",\"origin\":";
  if (origin.empty()) {
    out += "null";
  } else {
    AppendJsonString(origin, &out);
  }
  char separator = '[';
  if (!activity.to.empty()) out += ",\"to\":";
  for (const std::string& feed : activity.to) {
    out += separator;
    separator = ',';
    AppendJsonString(feed, &out);
  }
  out += activity.to.empty() ? "}" : "]}";
}

std::string ActivityJson(const FeedActivity& activity,
                         std::string_view origin) {
  std::string json;
  AppendActivity(activity, origin, json);
  return json;
}

JsonView ActivityView(const FeedActivity& activity) {
  return JsonView::OfKnown(activity.json);
}

std::string ActorOf(const FeedActivity& activity) {
  return ActivityView(activity).Find("actor")->AsString().value_or("");
}

}  // namespace sluice::sandbox
