#include "pipeline/cloud_event/cloud_event_reader.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_media_type.h"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_view.h"
#include "pipeline/json/raw_json.h"
#include "simdjson.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(CloudEventReader::kPadding >= simdjson::SIMDJSON_PADDING);

// As long as a message about a value may quote it.
constexpr size_t kMaxQuoted = 100;

absl::Status Malformed(std::string_view member, std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(member), ": ", ToAbsl(problem)));
}

std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", ToUtf8(text.substr(0, kMaxQuoted)), "\"");
}

}  // namespace

struct CloudEventReader::State {
  // The whole event, and its `data`.
  ondemand::parser parser;
  simdjson::dom::parser data_parser;
  // The event with its padding, where it has none of its own.
  std::string padded;

  // What is read so far. Views into the event and into `parser`.
  EventFields* event = nullptr;
  std::string_view specversion;
  std::string_view data;  // JSON as it stands.
  std::optional<std::string_view> base64;
  std::vector<LabelView> labels;
  std::string decoded;

  // The library stumbled: the text is no JSON, or no object.
  bool is_json = true;

  absl::Status ReadMembers(std::string_view json, size_t readable_behind);
  absl::Status ReadMember(std::string_view name, ondemand::value value);
  absl::Status ReadAttribute(std::string_view name, ondemand::value value,
                             std::string_view* text);
  absl::Status ReadTime(std::string_view name, ondemand::value value,
                        int64_t* unix_nanos);
  absl::Status ReadLabels(ondemand::value value);
  absl::Status AddLabel(std::string_view name, std::string_view text);
  // A text, number or boolean; nullopt: null.
  absl::StatusOr<std::optional<std::string_view>> PlainText(
      std::string_view name, ondemand::value value);
  absl::Status CheckAttributes() const;
  absl::Status ReadData();
  absl::StatusOr<bool> CheckJson(std::string_view text,
                                 simdjson::dom::element* parsed);
  absl::Status NoJson(simdjson::error_code error);
};

absl::Status CloudEventReader::State::NoJson(simdjson::error_code error) {
  is_json = false;
  return absl::InvalidArgumentError(
      absl::StrCat("not a JSON object: ", simdjson::error_message(error)));
}

absl::Status CloudEventReader::State::ReadMembers(std::string_view json,
                                                  size_t readable_behind) {
  size_t capacity = json.size() + readable_behind;
  if (readable_behind < kPadding) {
    padded.assign(json);
    padded.resize(json.size() + kPadding);
    json = std::string_view(padded.data(), json.size());
    capacity = padded.size();
  }
  ondemand::document document;
  ondemand::object object;
  if (auto error =
          parser.iterate(json.data(), json.size(), capacity).get(document)) {
    return NoJson(error);
  }
  if (auto error = document.get_object().get(object)) return NoJson(error);
  for (auto field : object) {
    std::string_view name;
    ondemand::value value;
    if (auto error = field.unescaped_key().get(name)) return NoJson(error);
    if (auto error = field.value().get(value)) return NoJson(error);
    SLUICE_RETURN_IF_ERROR(ReadMember(name, value));
  }
  if (!AtEnd(document)) return NoJson(simdjson::TRAILING_CONTENT);
  return absl::OkStatus();
}

absl::Status CloudEventReader::State::ReadMember(std::string_view name,
                                                 ondemand::value value) {
  if (name == "data") {
    if (auto error = RawJson(value, &data)) return NoJson(error);
    return absl::OkStatus();
  }
  if (name == "labels") return ReadLabels(value);
  if (name == "id") return ReadAttribute(name, value, &event->id);
  if (name == "source") return ReadAttribute(name, value, &event->source);
  if (name == "type") return ReadAttribute(name, value, &event->type);
  if (name == "subject") return ReadAttribute(name, value, &event->subject);
  if (name == "time") return ReadTime(name, value, &event->time_unix_nanos);
  if (name == "specversion") return ReadAttribute(name, value, &specversion);
  if (name == "datacontenttype") {
    return ReadAttribute(name, value, &event->datacontenttype);
  }
  if (name == "ingesttime") {
    return ReadTime(name, value, &event->ingest_time_unix_nanos);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string_view> text,
                          PlainText(name, value));
  if (name == "data_base64") {
    base64 = text;
    return absl::OkStatus();
  }
  return text.has_value() ? AddLabel(name, *text) : absl::OkStatus();
}

absl::StatusOr<std::optional<std::string_view>>
CloudEventReader::State::PlainText(std::string_view name,
                                   ondemand::value value) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return NoJson(error);
  std::string_view text;
  if (type == ondemand::json_type::string) {
    if (auto error = value.get_string().get(text)) return NoJson(error);
    return text;
  }
  if (auto error = RawJson(value, &text)) return NoJson(error);
  if (type == ondemand::json_type::object ||
      type == ondemand::json_type::array) {
    return Malformed(ToUtf8(name.substr(0, kMaxQuoted)),
                     "is neither a text nor a number nor a boolean");
  }
  if (text == "null") return std::nullopt;
  if (text != "true" && text != "false" && !IsJsonNumber(text)) {
    return NoJson(simdjson::TAPE_ERROR);
  }
  return text;
}

absl::Status CloudEventReader::State::ReadAttribute(std::string_view name,
                                                    ondemand::value value,
                                                    std::string_view* text) {
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return NoJson(error);
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string_view> plain,
                          PlainText(name, value));
  if (plain.has_value() && type != ondemand::json_type::string) {
    return Malformed(name, "is no text");
  }
  *text = plain.value_or("");
  return absl::OkStatus();
}

absl::Status CloudEventReader::State::ReadTime(std::string_view name,
                                               ondemand::value value,
                                               int64_t* unix_nanos) {
  std::string_view text;
  SLUICE_RETURN_IF_ERROR(ReadAttribute(name, value, &text));
  *unix_nanos = 0;
  if (text.empty()) return absl::OkStatus();
  const std::optional<int64_t> time = ParseRfc3339(text);
  if (!time.has_value()) {
    return Malformed(name, Quoted(text) + " is no time as in RFC 3339");
  }
  *unix_nanos = *time;
  return absl::OkStatus();
}

absl::Status CloudEventReader::State::ReadLabels(ondemand::value value) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return Malformed("labels", "is no object");
  }
  for (auto field : object) {
    std::string_view name;
    ondemand::value label;
    if (auto error = field.unescaped_key().get(name)) return NoJson(error);
    if (auto error = field.value().get(label)) return NoJson(error);
    SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string_view> text,
                            PlainText(name, label));
    SLUICE_RETURN_IF_ERROR(AddLabel(name, text.value_or("")));
  }
  return absl::OkStatus();
}

absl::Status CloudEventReader::State::AddLabel(std::string_view name,
                                               std::string_view text) {
  for (LabelView& label : labels) {
    if (label.key == name) {
      label.value = text;
      return absl::OkStatus();
    }
  }
  if (labels.size() == kMaxLabels) {
    return Malformed("labels", absl::StrCat("labels and extension attributes "
                                            "are more than ",
                                            kMaxLabels));
  }
  labels.push_back({name, text});
  return absl::OkStatus();
}

absl::Status CloudEventReader::State::CheckAttributes() const {
  if (specversion.empty()) {
    return Malformed("specversion", "is missing; this is no CloudEvent");
  }
  if (specversion != "1.0") {
    return Malformed("specversion",
                     Quoted(specversion) + " is not known; 1.0 is");
  }
  if (event->id.empty()) return Malformed("id", "is missing");
  if (event->source.empty()) return Malformed("source", "is missing");
  if (event->type.empty()) return Malformed("type", "is missing");
  return absl::OkStatus();
}

// True: `text` is JSON, and `*parsed` is it. False: it is JSON with a number
// that the quick parser has no room for.
absl::StatusOr<bool> CloudEventReader::State::CheckJson(
    std::string_view text, simdjson::dom::element* parsed) {
  // Bytes behind it are those of the event, or its padding.
  const auto error =
      data_parser.parse(text.data(), text.size(), /*realloc_if_needed=*/false)
          .get(*parsed);
  if (error == simdjson::SUCCESS) return true;
  const absl::StatusOr<JsonView> exact = JsonView::Parse(text);
  if (exact.ok()) return false;
  is_json = false;
  return absl::InvalidArgumentError(
      absl::StrCat("data: ", exact.status().message()));
}

absl::Status CloudEventReader::State::ReadData() {
  if (base64.has_value()) {
    if (!data.empty() && data != "null") {
      return Malformed("data_base64", "stands beside data; one of them is");
    }
    if (!absl::Base64Unescape(ToAbsl(*base64), &decoded)) {
      return Malformed("data_base64", "is not base64");
    }
    event->data = decoded;
    return absl::OkStatus();
  }
  if (data.empty()) return absl::OkStatus();
  simdjson::dom::element parsed;
  SLUICE_ASSIGN_OR_RETURN(const bool is_parsed, CheckJson(data, &parsed));
  event->data = data;
  if (is_parsed && parsed.is_string() &&
      !IsJsonMediaType(event->datacontenttype)) {
    event->data = parsed.get_string().value_unsafe();
  }
  return absl::OkStatus();
}

CloudEventReader::CloudEventReader() : state_(std::make_unique<State>()) {}
CloudEventReader::~CloudEventReader() = default;

absl::Status CloudEventReader::Read(std::string_view json,
                                    size_t readable_behind,
                                    EventFields* event) {
  State& state = *state_;
  *event = EventFields();
  state.event = event;
  state.specversion = {};
  state.data = {};
  state.base64.reset();
  state.labels.clear();
  state.is_json = true;
  absl::Status status = state.ReadMembers(json, readable_behind);
  if (status.ok()) status = state.CheckAttributes();
  if (status.ok()) status = state.ReadData();
  if (status.ok()) {
    event->labels = state.labels;
    return status;
  }
  reason_ = state.is_json ? "malformed_event" : "malformed_json";
  if (state.is_json) return status;
  // It takes its time and knows where the mistake is.
  const absl::StatusOr<JsonView> exact = JsonView::Parse(json);
  return exact.ok() ? status : exact.status();
}

}  // namespace sluice
