#include "plugins/http/body_encoder.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "pipeline/json/json_media_type.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"

namespace sluice::http {
namespace {

constexpr std::string_view kNull = "null";
// A CloudEvent names its attributes, which the stored event does not.
constexpr size_t kNamesOfACloudEvent = 256;

// Bytes of a body of `items` whose data is JSON, or a little more.
size_t BytesOfJson(const std::vector<DeliveryItem>& items) {
  size_t bytes = 2;
  for (const DeliveryItem& item : items) {
    bytes += std::max(item.event.data().size(), kNull.size()) + 1;
  }
  return bytes;
}

// Data that is not JSON.
void AppendAsString(std::string_view data, std::string* out) {
  if (IsUtf8(data)) {
    AppendJsonString(data, out);
    return;
  }
  out->push_back('"');
  out->append(absl::Base64Escape(ToAbsl(data)));
  out->push_back('"');
}

// Where the string that begins at json[begin] ends, its quote included; the end
// of `json` if it never does.
size_t EndOfString(std::string_view json, size_t begin) {
  size_t at = begin + 1;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return std::min(at + 1, json.size());
}

void AppendStringOnOneLine(std::string_view text, std::string* out) {
  for (const char c : text) {
    switch (c) {
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      default:
        out->push_back(c);
    }
  }
}

void AppendOnOneLine(std::string_view json, std::string* out) {
  for (size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const size_t end = EndOfString(json, at);
      AppendStringOnOneLine(json.substr(at, end - at), out);
      at = end;
      continue;
    }
    out->push_back(c == '\n' || c == '\r' ? ' ' : c);
    ++at;
  }
}

void AppendData(const EventView& event, std::string* out) {
  const std::string_view data = event.data();
  if (data.empty()) {
    out->append(kNull);
  } else if (IsJsonMediaType(event.datacontenttype())) {
    out->append(data);
  } else {
    AppendAsString(data, out);
  }
}

void AppendLine(const EventView& event, std::string* out) {
  if (HasLineBreak(event.data()) && IsJsonMediaType(event.datacontenttype())) {
    AppendOnOneLine(event.data(), out);
  } else {
    AppendData(event, out);
  }
  out->push_back('\n');
}

}  // namespace

std::string_view ContentTypeOf(v1::Format format) {
  switch (format) {
    case v1::JSON_LINES:
      return "application/x-ndjson";
    case v1::CLOUD_EVENTS:
      return "application/cloudevents-batch+json";
    default:
      return "application/json";
  }
}

std::string BodyEncoder::Encode(const std::vector<DeliveryItem>& items) {
  switch (format_) {
    case v1::JSON_LINES:
      return EncodeLines(items);
    case v1::CLOUD_EVENTS:
      return EncodeCloudEvents(items);
    default:
      return EncodeArray(items);
  }
}

std::string BodyEncoder::EncodeArray(
    const std::vector<DeliveryItem>& items) const {
  std::string body;
  body.reserve(BytesOfJson(items));
  char separator = '[';
  for (const DeliveryItem& item : items) {
    body.push_back(separator);
    AppendData(item.event, &body);
    separator = ',';
  }
  body.push_back(']');
  return body;
}

std::string BodyEncoder::EncodeLines(
    const std::vector<DeliveryItem>& items) const {
  std::string body;
  body.reserve(BytesOfJson(items));
  for (const DeliveryItem& item : items) AppendLine(item.event, &body);
  return body;
}

std::string BodyEncoder::EncodeCloudEvents(
    const std::vector<DeliveryItem>& items) {
  size_t bytes = 2;
  for (const DeliveryItem& item : items) {
    bytes += item.event.wire().size() + kNamesOfACloudEvent;
  }
  std::string body;
  body.reserve(bytes);
  char separator = '[';
  for (const DeliveryItem& item : items) {
    body.push_back(separator);
    cloud_events_.Append(item.event, &body);
    separator = ',';
  }
  body.push_back(']');
  return body;
}

}  // namespace sluice::http
