#include "plugins/replay/json_record.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"
#include "storage/base/status_macros.h"

namespace sluice::replay {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr char kJson[] = "application/json";

absl::Status Malformed(std::string_view member, std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(member), ": ", std::string(problem)));
}

// The member at `path` ("a.b"); nullopt when absent or null.
std::optional<element> Find(object within, std::string_view path) {
  while (true) {
    const size_t dot = path.find('.');
    element value;
    if (within.at_key(path.substr(0, dot)).get(value) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    if (dot == std::string_view::npos) {
      return value.is_null() ? std::nullopt : std::optional<element>(value);
    }
    if (value.get_object().get(within) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    path.remove_prefix(dot + 1);
  }
}

// Strings without quotes, numbers and booleans as JSON prints them. False for
// everything else.
bool PlainText(element value, std::string* out) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    out->assign(text);
    return true;
  }
  if (!value.is_number() && !value.is_bool()) return false;
  *out = simdjson::minify(value);
  return true;
}

// Reads an optional attribute that is text.
absl::Status ReadText(object within, std::string_view path, std::string* out) {
  if (path.empty()) return absl::OkStatus();
  const std::optional<element> value = Find(within, path);
  if (value.has_value() && !PlainText(*value, out)) {
    return Malformed(path, "is neither text nor a number");
  }
  return absl::OkStatus();
}

absl::Status ReadTime(object within, std::string_view path, Record* record) {
  std::string text;
  SLUICE_RETURN_IF_ERROR(ReadText(within, path, &text));
  if (text.empty()) return absl::OkStatus();
  const std::optional<int64_t> time = ParseTimeText(text);
  if (!time.has_value()) {
    return Malformed(path, absl::StrCat("\"", text, "\" is not a time"));
  }
  record->time_unix_nanos = *time;
  return absl::OkStatus();
}

absl::Status ReadLabels(object within, Record* record) {
  const std::optional<element> labels = Find(within, "labels");
  if (!labels.has_value()) return absl::OkStatus();
  object members;
  if (labels->get_object().get(members) != simdjson::SUCCESS) {
    return Malformed("labels", "is not an object");
  }
  for (const auto [key, value] : members) {
    std::string text;
    if (!value.is_null() && !PlainText(value, &text)) {
      return Malformed("labels", "has a value that is not plain");
    }
    record->labels.emplace_back(key, std::move(text));
  }
  return absl::OkStatus();
}

bool IsCloudEventAttribute(std::string_view name) {
  for (const char* known :
       {"specversion", "id", "source", "type", "subject", "time",
        "datacontenttype", "data", "data_base64", "labels", "ingesttime"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

struct JsonRecordParser::Parsers {
  simdjson::dom::parser dom;
  simdjson::ondemand::parser ondemand;
  // The line with the padding that the library wants behind it.
  std::string padded;
  size_t size = 0;
  object root;
};

JsonRecordParser::JsonRecordParser(FieldNames names)
    : names_(std::move(names)), parsers_(std::make_unique<Parsers>()) {}
JsonRecordParser::~JsonRecordParser() = default;

absl::Status JsonRecordParser::Parse(std::string_view line, Record* record) {
  reason_ = "malformed_json";
  record->Clear();
  Parsers& p = *parsers_;
  p.padded.assign(line);
  p.padded.append(simdjson::SIMDJSON_PADDING, ' ');
  p.size = line.size();
  element root;
  if (auto error = p.dom.parse(p.padded.data(), p.size, false).get(root);
      error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrCat("not JSON: ", simdjson::error_message(error)));
  }
  if (root.get_object().get(p.root) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  reason_ = "malformed_event";
  if (Find(p.root, "specversion").has_value()) return ParseCloudEvent(record);
  if (Find(p.root, "eventId").has_value() &&
      Find(p.root, "targetName").has_value()) {
    return ParseDisruptive(false, record);
  }
  if (Find(p.root, "result.event").has_value()) {
    return ParseDisruptive(true, record);
  }
  return ParseOther(line, record);
}

absl::Status JsonRecordParser::ParseCloudEvent(Record* record) {
  const object root = parsers_->root;
  SLUICE_RETURN_IF_ERROR(ReadText(root, "id", &record->id));
  SLUICE_RETURN_IF_ERROR(ReadText(root, "source", &record->source));
  SLUICE_RETURN_IF_ERROR(ReadText(root, "type", &record->type));
  SLUICE_RETURN_IF_ERROR(ReadText(root, "subject", &record->subject));
  SLUICE_RETURN_IF_ERROR(ReadTime(root, "time", record));
  SLUICE_RETURN_IF_ERROR(
      ReadText(root, "datacontenttype", &record->datacontenttype));
  SLUICE_RETURN_IF_ERROR(ReadLabels(root, record));
  for (const auto [key, value] : root) {
    std::string text;
    if (!IsCloudEventAttribute(key) && PlainText(value, &text)) {
      record->labels.emplace_back(key, std::move(text));
    }
  }
  if (const auto base64 = Find(root, "data_base64"); base64.has_value()) {
    std::string_view text;
    if (base64->get_string().get(text) != simdjson::SUCCESS ||
        !absl::Base64Unescape(absl::string_view(text.data(), text.size()),
                              &record->data)) {
      return Malformed("data_base64", "is not base64");
    }
    return absl::OkStatus();
  }
  if (CopyRaw("data", &record->data) && record->datacontenttype.empty()) {
    record->datacontenttype = kJson;
  }
  return absl::OkStatus();
}

absl::Status JsonRecordParser::ParseDisruptive(bool is_wrapped,
                                               Record* record) {
  object event = parsers_->root;
  if (is_wrapped && Find(event, "result.event")->get_object().get(event) !=
                        simdjson::SUCCESS) {
    return Malformed("result.event", "is not an object");
  }
  SLUICE_RETURN_IF_ERROR(ReadText(event, "eventId", &record->id));
  SLUICE_RETURN_IF_ERROR(ReadText(event, "targetName", &record->subject));
  SLUICE_RETURN_IF_ERROR(ReadText(event, "eventType", &record->type));
  SLUICE_RETURN_IF_ERROR(ReadTime(event, "timestamp", record));
  SLUICE_RETURN_IF_ERROR(ReadLabels(event, record));
  // A stream's keep-alive, of which a recording is full.
  record->is_event = record->type != "ping";
  // "projects/P/devices/D": the project is the source, the device the subject.
  constexpr std::string_view kDevices = "/devices/";
  const size_t devices = record->subject.find(kDevices);
  record->source = absl::StrCat("//disruptive-technologies.com/",
                                record->subject.substr(0, devices));
  record->subject.erase(
      0, devices == std::string::npos ? devices : devices + kDevices.size());
  if (CopyRaw(is_wrapped ? "result.event.data" : "data", &record->data)) {
    record->datacontenttype = kJson;
  }
  return absl::OkStatus();
}

absl::Status JsonRecordParser::ParseOther(std::string_view line,
                                          Record* record) {
  const object root = parsers_->root;
  SLUICE_RETURN_IF_ERROR(ReadText(root, names_.id, &record->id));
  SLUICE_RETURN_IF_ERROR(ReadTime(root, names_.time, record));
  SLUICE_RETURN_IF_ERROR(ReadText(root, names_.subject, &record->subject));
  SLUICE_RETURN_IF_ERROR(ReadText(root, names_.type, &record->type));
  record->datacontenttype = kJson;
  if (names_.data.empty()) {
    record->data.assign(line);
  } else if (!CopyRaw(names_.data, &record->data)) {
    record->datacontenttype.clear();
  }
  return absl::OkStatus();
}

bool JsonRecordParser::CopyRaw(std::string_view path, std::string* out) {
  namespace ondemand = simdjson::ondemand;
  Parsers& p = *parsers_;
  ondemand::document document;
  ondemand::object within;
  if (p.ondemand
              .iterate(simdjson::padded_string_view(p.padded.data(), p.size,
                                                    p.padded.size()))
              .get(document) != simdjson::SUCCESS ||
      document.get_object().get(within) != simdjson::SUCCESS) {
    return false;
  }
  ondemand::value value;
  while (true) {
    const size_t dot = path.find('.');
    if (within.find_field_unordered(path.substr(0, dot)).get(value) !=
        simdjson::SUCCESS) {
      return false;
    }
    if (dot == std::string_view::npos) break;
    if (value.get_object().get(within) != simdjson::SUCCESS) return false;
    path.remove_prefix(dot + 1);
  }
  std::string_view raw;
  ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  bool ok = true;
  switch (type) {
    case ondemand::json_type::null:
      return false;
    case ondemand::json_type::object: {
      ondemand::object object;
      ok = value.get_object().get(object) == simdjson::SUCCESS &&
           object.raw_json().get(raw) == simdjson::SUCCESS;
      break;
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      ok = value.get_array().get(array) == simdjson::SUCCESS &&
           array.raw_json().get(raw) == simdjson::SUCCESS;
      break;
    }
    default:
      raw = value.raw_json_token();
  }
  // A token comes with the space that follows it.
  while (ok && !raw.empty() && raw.back() == ' ') raw.remove_suffix(1);
  if (ok) out->append(raw);
  return ok;
}

}  // namespace sluice::replay
