#include "tools/sandbox/feed/feed_activity.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxTargets = 100;
constexpr size_t kMaxVerbBytes = 255;
constexpr char kRequired[] = "this field is required";
constexpr char kNoText[] = "Not a valid string.";

bool IsNamePart(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Members that the service makes itself or that have places of their own.
bool IsOwnMember(std::string_view name) {
  return name == "id" || name == "origin" || name == "to" || name == "time" ||
         name == "actor" || name == "verb" || name == "object" ||
         name == "target" || name == "foreign_id" || name == "duration";
}

class Reader {
 public:
  Reader(const json::object& input, FieldErrors& errors)
      : input_(input), errors_(errors) {}

  // A text, or a number that becomes one.
  std::string Text(std::string_view name, bool required) {
    const json::value* value = input_.if_contains(name);
    if (value == nullptr || value->is_null()) {
      if (required) Fail(name, kRequired);
      return "";
    }
    if (value->is_string()) {
      if (required && value->get_string().empty()) Fail(name, kRequired);
      return std::string(value->get_string());
    }
    if (!value->is_number()) Fail(name, kNoText);
    return JsonText(*value);
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

void CheckSize(const FeedActivity& activity, size_t max_bytes,
               FieldErrors& errors) {
  if (activity.members.size() + 2 <= max_bytes) return;
  errors.emplace_back(
      "activity",
      absl::StrCat("the activity is too large: ", activity.members.size() + 2,
                   " of at most ", max_bytes, " bytes"));
}

bool MayChange(std::string_view path, FieldErrors& errors) {
  const std::string_view name = path.substr(0, path.find('.'));
  if (!name.empty() && name != "id" && name != "foreign_id" && name != "time" &&
      name != "to" && name != "origin") {
    return true;
  }
  errors.emplace_back(name, "this field cannot be changed");
  return false;
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

bool IsFeedId(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && IsNamePart(text.substr(0, colon)) &&
         IsNamePart(text.substr(colon + 1));
}

std::optional<FeedActivity> ReadActivity(const json::object& input,
                                         ServerMicros now, size_t max_bytes,
                                         FieldErrors& errors) {
  Reader reader(input, errors);
  const size_t errors_before = errors.size();
  FeedActivity activity;
  const std::string actor = reader.Text("actor", true);
  const std::string verb = reader.Text("verb", true);
  const std::string object = reader.Text("object", true);
  const std::string target = reader.Text("target", false);
  activity.foreign_id = reader.Text("foreign_id", false);
  activity.to = reader.Targets();
  const std::optional<int64_t> time = reader.Time();
  if (verb.size() > kMaxVerbBytes) {
    errors.emplace_back("verb",
                        "Ensure this field has no more than 255 characters.");
  }
  if (errors.size() > errors_before) return std::nullopt;

  const int64_t micros = time.has_value() ? *time : now();
  activity.id = IdOf(input, activity.foreign_id, time, micros);
  std::string& out = activity.members;
  out.reserve(256);
  AppendMember("actor", actor, out);
  AppendMember("foreign_id", activity.foreign_id, out);
  AppendMember("id", activity.id.ToText(), out);
  AppendMember("object", object, out);
  AppendMember("target", target, out);
  AppendMember("time", FormatActivityTime(micros), out);
  AppendMember("verb", verb, out);
  for (const auto& [name, value] : input) {
    if (IsOwnMember(name)) continue;
    out += ',';
    AppendJsonString(name, &out);
    out += ':';
    AppendJsonText(value, &out);
  }
  CheckSize(activity, max_bytes, errors);
  if (errors.size() > errors_before) return std::nullopt;
  out.shrink_to_fit();
  return activity;
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
                                           size_t max_bytes,
                                           FieldErrors& errors) {
  const size_t errors_before = errors.size();
  json::object members =
      json::parse(absl::StrCat("{", activity.members, "}")).get_object();
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
  Reader reader(members, errors);
  for (const char* name : {"actor", "verb", "object"}) reader.Text(name, true);
  FeedActivity changed = activity;
  const std::string text = JsonText(members);
  changed.members = text.substr(1, text.size() - 2);
  CheckSize(changed, max_bytes, errors);
  if (errors.size() > errors_before) return std::nullopt;
  return changed;
}

std::string FieldErrorsJson(const FieldErrors& errors) {
  std::string out;
  for (const auto& [name, text] : errors) {
    out += out.empty() ? '{' : ',';
    AppendJsonString(name, &out);
    out += ":[";
    AppendJsonString(text, &out);
    out += ']';
  }
  return out.empty() ? "{}" : out + "}";
}

std::string FieldErrorsText(const FieldErrors& errors) {
  std::string out = "Errors for fields";
  const char* separator = " ";
  for (const auto& [name, text] : errors) {
    absl::StrAppend(&out, separator, "'", name, "'");
    separator = ", ";
  }
  return out;
}

}  // namespace sluice::sandbox
