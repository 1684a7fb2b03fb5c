// The lines of a request journal.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/request_journal.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using Kind = JournalEntry::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 3> kKinds = {{
    {Kind::kStart, "start"},
    {Kind::kRequest, "request"},
    {Kind::kControl, "control"},
}};
constexpr std::string_view kBase64 = "base64";

const json::string* Text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

// An entry without a kind is a request.
std::optional<Kind> ReadKind(const json::object& object) {
  if (!object.contains("kind")) return Kind::kRequest;
  const json::string* text = Text(object, "kind");
  for (const auto& [kind, name] : kKinds) {
    if (text != nullptr && *text == name) return kind;
  }
  return std::nullopt;
}

bool ReadBase64(std::string_view text, std::string& bytes) {
  return absl::Base64Unescape(ToAbsl(text), &bytes);
}

bool ReadHeader(const json::value& value, HttpHeader& header) {
  const json::array* texts = value.if_array();
  if (texts == nullptr || texts->size() < 2 || texts->size() > 3 ||
      !std::all_of(texts->begin(), texts->end(),
                   [](const json::value& text) { return text.is_string(); })) {
    return false;
  }
  header.first = std::string_view((*texts)[0].get_string());
  const std::string_view content = (*texts)[1].get_string();
  if (texts->size() == 2) {
    header.second = content;
    return true;
  }
  return (*texts)[2].get_string() == kBase64 &&
         ReadBase64(content, header.second);
}

bool ReadHeaders(const json::value* list, HttpHeaders& headers) {
  if (list == nullptr || !list->is_array()) return false;
  return std::all_of(list->get_array().begin(), list->get_array().end(),
                     [&headers](const json::value& each) {
                       return ReadHeader(each, headers.emplace_back());
                     });
}

void AppendHeader(const HttpHeader& header, std::string& line) {
  line += line.back() == '[' ? "[" : ",[";
  AppendJsonString(ToUtf8(header.first), &line);
  line += ',';
  if (IsUtf8(header.second)) {
    AppendJsonString(header.second, &line);
    line += ']';
  } else {
    absl::StrAppend(&line, "\"", absl::Base64Escape(header.second), "\",\"",
                    ToAbsl(kBase64), "\"]");
  }
}

// The same target for whoever decodes it.
std::string TextOfTarget(const std::string& target) {
  if (IsUtf8(target)) return target;
  std::string text;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      absl::StrAppendFormat(&text, "%%%02X", byte);
    }
  }
  return text;
}

bool ReadBody(const json::object& object, std::string& body) {
  const json::string* text = Text(object, "body");
  const json::string* base64 = Text(object, "body_base64");
  if ((text == nullptr) == (base64 == nullptr)) return false;
  if (text == nullptr) return ReadBase64(*base64, body);
  body = std::string_view(*text);
  return true;
}

bool ReadRequest(const json::object& object, HttpServerRequest& request) {
  const json::string* method = Text(object, "method");
  const json::string* target = Text(object, "target");
  if (method == nullptr || target == nullptr ||
      !ReadHeaders(object.if_contains("headers"), request.headers) ||
      !ReadBody(object, request.body)) {
    return false;
  }
  request.method = std::string_view(*method);
  request.target = std::string_view(*target);
  const size_t question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos) {
    request.query = request.target.substr(question + 1);
  }
  return true;
}

void AppendRequest(const HttpServerRequest& request, std::string& line) {
  line += ",\"method\":";
  AppendJsonString(ToUtf8(request.method), &line);
  line += ",\"target\":";
  AppendJsonString(TextOfTarget(request.target), &line);
  line += ",\"headers\":[";
  for (const HttpHeader& header : request.headers) AppendHeader(header, line);
  if (IsUtf8(request.body)) {
    line += "],\"body\":";
    AppendJsonString(request.body, &line);
  } else {
    absl::StrAppend(&line, "],\"body_base64\":\"",
                    absl::Base64Escape(request.body), "\"");
  }
}

}  // namespace

std::string JournalLine(const JournalEntry& entry) {
  std::string line =
      absl::StrCat("{\"unix_nanos\":", absl::ToUnixNanos(entry.time));
  for (const auto& [kind, name] : kKinds) {
    if (kind != entry.kind) continue;
    absl::StrAppend(&line, ",\"kind\":\"", ToAbsl(name), "\"");
  }
  if (entry.kind != Kind::kStart) AppendRequest(entry.request, line);
  return line + "}";
}

std::optional<JournalEntry> ParseJournalLine(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse(line, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const json::value* nanos = object.if_contains("unix_nanos");
  const std::optional<Kind> kind = ReadKind(object);
  if (nanos == nullptr || !nanos->is_int64() || !kind.has_value()) {
    return std::nullopt;
  }
  JournalEntry entry{.kind = *kind,
                     .time = absl::FromUnixNanos(nanos->get_int64()),
                     .request = {}};
  if (*kind != Kind::kStart && !ReadRequest(object, entry.request)) {
    return std::nullopt;
  }
  return entry;
}

}  // namespace sluice::sandbox
