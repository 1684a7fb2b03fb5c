#include "tools/sandbox/feed/feed_activity.h"

#include <algorithm>
#include <initializer_list>
#include <list>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxTargets = 100;
constexpr size_t kMaxVerbBytes = 255;
constexpr size_t kMaxPathParts = 32;
constexpr std::string_view kActorPrefix = "\"actor\":\"";
constexpr char kRequired[] = "this field is required";
constexpr char kNoText[] = "Not a valid string.";

bool IsOneOf(std::string_view name,
             std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Members that the service makes itself or that have places of their own.
bool IsOwnMember(std::string_view name) {
  return IsOneOf(name, {"id", "origin", "to", "time", "actor", "verb", "object",
                        "target", "foreign_id", "duration"});
}

bool IsReserved(std::string_view name) {
  return IsOneOf(name, {"activity_id", "activity", "analytics", "extra_context",
                        "is_read", "is_seen", "score", "site_id"});
}

// Borrowed from what was read.
struct ActivityTexts {
  std::string_view actor;
  std::string_view verb;
  std::string_view object;
  std::string_view target;
};

class Reader {
 public:
  Reader(const json::object& input, FieldErrors& errors)
      : input_(input), errors_(errors) {}

  // A text, or a number that becomes one. Holds as long as the reader and its
  // input.
  std::string_view Text(std::string_view name, bool required) {
    const json::value* value = input_.if_contains(name);
    if (value == nullptr || value->is_null()) {
      if (required) Fail(name, kRequired);
      return "";
    }
    if (value->is_string()) {
      if (required && value->get_string().empty()) Fail(name, kRequired);
      return value->get_string();
    }
    if (!value->is_number()) Fail(name, kNoText);
    return numbers_.emplace_back(JsonText(*value));
  }

  ActivityTexts Texts() {
    ActivityTexts texts{.actor = Text("actor", true),
                        .verb = Text("verb", true),
                        .object = Text("object", true),
                        .target = Text("target", false)};
    if (texts.verb.size() > kMaxVerbBytes) {
      Fail("verb", "Ensure this field has no more than 255 characters.");
    }
    return texts;
  }

  std::optional<int64_t> Time() {
    const json::value* value = input_.if_contains("time");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_string()) {
      if (auto micros = ParseActivityTime(value->get_string())) return micros;
    }
    Fail("time", "Datetime has wrong format.");
    return std::nullopt;
  }

  std::vector<std::string> Targets() {
    std::vector<std::string> targets;
    const json::value* value = input_.if_contains("to");
    if (value == nullptr || value->is_null()) return targets;
    if (!value->is_array() || value->get_array().size() > kMaxTargets) {
      Fail("to", "must be a list of at most 100 feeds");
      return targets;
    }
    for (const json::value& entry : value->get_array()) {
      std::string target = Target(entry);
      if (!IsFeedId(target)) {
        Fail("to", "must be a list of feeds such as user:44");
        return {};
      }
      if (std::find(targets.begin(), targets.end(), target) == targets.end()) {
        targets.push_back(std::move(target));
      }
    }
    return targets;
  }

 private:
  // "user:44", "user:44 token" or ["user:44", "token"].
  static std::string Target(const json::value& entry) {
    const json::value* text = &entry;
    if (entry.is_array() && !entry.get_array().empty()) {
      text = &entry.get_array()[0];
    }
    if (!text->is_string()) return "";
    const std::string_view whole = text->get_string();
    return std::string(whole.substr(0, whole.find(' ')));
  }

  void Fail(std::string_view name, std::string_view text) {
    errors_.emplace_back(name, text);
  }

  const json::object& input_;
  FieldErrors& errors_;
  std::list<std::string> numbers_;  // as texts
};

void AppendMember(std::string_view name, std::string_view text,
                  std::string& out) {
  if (!out.empty()) out += ',';
  AppendJsonString(name, &out);
  out += ':';
  AppendJsonString(text, &out);
}

// JSON with its members sorted, so that the same data gives the same text.
void AppendSorted(const json::value& value, std::string& out) {
  if (!value.is_object()) return AppendJsonText(value, &out);
  std::map<std::string_view, const json::value*> members;
  for (const auto& [name, member] : value.get_object()) {
    members.emplace(name, &member);
  }
  out += '{';
  for (const auto& [name, member] : members) {
    AppendJsonString(name, &out);
    out += ':';
    AppendSorted(*member, out);
    out += ',';
  }
  out += '}';
}

std::string DataText(const json::object& input) {
  json::object data = input;
  for (const char* name : {"id", "to", "origin"}) data.erase(name);
  std::string text;
  AppendSorted(data, text);
  return text;
}

ActivityId IdOf(const json::object& input, const std::string& foreign_id,
                std::optional<int64_t> time, int64_t micros) {
  if (!foreign_id.empty()) return MakeActivityId(foreign_id, micros);
  if (time.has_value()) return MakeActivityId(DataText(input), micros);
  // Nothing is known about it but the moment it came: any node will do.
  return MakeActivityId(absl::StrCat(micros), micros);
}

// Writes what `input` says into `activity`, whose id and time are known.
void WriteMembers(const json::object& input, const ActivityTexts& texts,
                  int64_t micros, FeedActivity& activity) {
  // Kept for its room, so that what is stored is no larger than it must be.
  static thread_local std::string out;
  out.clear();
  AppendMember("actor", texts.actor, out);
  AppendMember("foreign_id", activity.foreign_id, out);
  out += ",\"id\":\"";
  activity.id.AppendText(&out);
  out += '"';
  AppendMember("object", texts.object, out);
  AppendMember("target", texts.target, out);
  out += ",\"time\":\"";
  AppendActivityTime(micros, &out);
  out += '"';
  AppendMember("verb", texts.verb, out);
  for (const auto& [name, value] : input) {
    if (IsOwnMember(name)) continue;
    out += ',';
    AppendJsonString(name, &out);
    out += ':';
    if (value.is_string()) {
      AppendJsonString(value.get_string(), &out);
    } else {
      AppendJsonText(value, &out);
    }
  }
  activity.members = out;
}

void CheckCustomFields(const json::object& input, const ActivityRules& rules,
                       FieldErrors& errors) {
  if (rules.reserved_names) return;
  for (const auto& [name, value] : input) {
    if (IsReserved(name)) errors.emplace_back(name, "this name is reserved");
  }
}

void CheckSize(const FeedActivity& activity, const ActivityRules& rules,
               FieldErrors& errors) {
  const size_t bytes = activity.members.size() + 2;
  if (bytes <= rules.max_bytes) return;
  errors.emplace_back("activity",
                      absl::StrCat("the activity is too large: ", bytes,
                                   " of at most ", rules.max_bytes, " bytes"));
}

// `kept_id`: an activity that is there already; its id stays whatever its data.
std::optional<FeedActivity> Build(const json::object& input, ServerMicros now,
                                  std::optional<ActivityId> kept_id,
                                  const ActivityRules& rules,
                                  FieldErrors& errors) {
  const size_t errors_before = errors.size();
  Reader reader(input, errors);
  FeedActivity activity;
  const ActivityTexts texts = reader.Texts();
  activity.foreign_id = reader.Text("foreign_id", false);
  activity.to = reader.Targets();
  const std::optional<int64_t> time = reader.Time();
  CheckCustomFields(input, rules, errors);
  if (errors.size() > errors_before) return std::nullopt;
  const int64_t micros = time.has_value() ? *time : now();
  activity.id = kept_id.has_value()
                    ? *kept_id
                    : IdOf(input, activity.foreign_id, time, micros);
  WriteMembers(input, texts, micros, activity);
  CheckSize(activity, rules, errors);
  if (errors.size() > errors_before) return std::nullopt;
  return activity;
}

bool MayChange(std::string_view path, FieldErrors& errors) {
  const std::string_view name = path.substr(0, path.find('.'));
  if (IsOneOf(name, {"id", "foreign_id", "time", "to", "origin"})) {
    errors.emplace_back(name, "this field cannot be changed");
    return false;
  }
  if (path.empty() || path.front() == '.' || path.back() == '.' ||
      path.find("..") != std::string_view::npos ||
      std::count(path.begin(), path.end(), '.') >=
          static_cast<std::ptrdiff_t>(kMaxPathParts)) {
    errors.emplace_back(path.substr(0, 100),
                        "must be at most 32 names with dots between them");
    return false;
  }
  return true;
}

void SetPath(json::object& object, std::string_view path,
             const json::value& value) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    object[path] = value;
    return;
  }
  json::value& next = object[path.substr(0, dot)];
  if (!next.is_object()) next = json::object();
  SetPath(next.get_object(), path.substr(dot + 1), value);
}

void UnsetPath(json::object& object, std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    object.erase(path);
    return;
  }
  json::value* next = object.if_contains(path.substr(0, dot));
  if (next != nullptr && next->is_object()) {
    UnsetPath(next->get_object(), path.substr(dot + 1));
  }
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

std::optional<FeedActivity> ReadActivity(const json::object& input,
                                         ServerMicros now,
                                         const ActivityRules& rules,
                                         FieldErrors& errors) {
  return Build(input, now, std::nullopt, rules, errors);
}

void AppendActivity(const FeedActivity& activity, std::string_view origin,
                    std::string& out) {
  out += '{';
  out += activity.members;
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

std::optional<FeedActivity> ChangeActivity(const FeedActivity& activity,
                                           const json::object& set,
                                           const json::array& unset,
                                           const ActivityRules& rules,
                                           FieldErrors& errors) {
  const size_t errors_before = errors.size();
  json::object members = ActivityMembers(activity);
  for (const auto& [path, value] : set) {
    if (MayChange(path, errors)) SetPath(members, path, value);
  }
  for (const json::value& path : unset) {
    if (!path.is_string()) {
      errors.emplace_back("unset", "must be a list of texts");
    } else if (MayChange(std::string_view(path.get_string()), errors)) {
      UnsetPath(members, std::string_view(path.get_string()));
    }
  }
  if (errors.size() > errors_before) return std::nullopt;
  std::optional<FeedActivity> changed = Build(
      members, [&] { return activity.id.UnixMicros(); }, activity.id, rules,
      errors);
  if (!changed.has_value()) return std::nullopt;
  changed->to = activity.to;
  // What is kept can be read again.
  boost::system::error_code error;
  json::parse(absl::StrCat("{", changed->members, "}"), error);
  if (error) {
    errors.emplace_back("set", "too many values inside each other");
    return std::nullopt;
  }
  return changed;
}

json::object ActivityMembers(const FeedActivity& activity) {
  return json::parse(absl::StrCat("{", activity.members, "}")).get_object();
}

json::object ActivityJson(const FeedActivity& activity,
                          std::string_view origin) {
  json::object object = ActivityMembers(activity);
  object["origin"] = origin.empty() ? json::value() : json::value(origin);
  if (!activity.to.empty()) {
    object["to"] = json::array(activity.to.begin(), activity.to.end());
  }
  return object;
}

std::string_view EscapedActor(const FeedActivity& activity) {
  // "actor":" stands first.
  std::string_view text = activity.members;
  text.remove_prefix(std::min(kActorPrefix.size(), text.size()));
  size_t end = 0;
  while (end < text.size() && text[end] != '"') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return text.substr(0, end);
}

}  // namespace sluice::sandbox
