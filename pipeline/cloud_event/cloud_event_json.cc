#include "pipeline/cloud_event/cloud_event_json.h"

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "pipeline/json/json_media_type.h"
#include "pipeline/json/json_text.h"
#include "simdjson.h"
#include "storage/base/rfc3339.h"

namespace sluice {
namespace {

void AppendMember(std::string_view name, std::string_view value,
                  std::string* out) {
  out->append(",\"").append(name).append("\":");
  AppendJsonString(value, out);
}

void AppendTime(std::string_view name, int64_t unix_nanos, std::string* out) {
  out->append(",\"").append(name).append("\":\"");
  AppendRfc3339(unix_nanos, out);
  out->push_back('"');
}

}  // namespace

struct CloudEventJsonWriter::Parser {
  simdjson::dom::parser dom;
};

CloudEventJsonWriter::CloudEventJsonWriter()
    : parser_(std::make_unique<Parser>()) {}
CloudEventJsonWriter::~CloudEventJsonWriter() = default;

void CloudEventJsonWriter::AppendLine(const EventView& event,
                                      std::string* out) {
  Append(event, out);
  out->push_back('\n');
}

void CloudEventJsonWriter::Append(const EventView& event, std::string* out) {
  out->append("{\"specversion\":\"1.0\"");
  AppendMember("id", event.id(), out);
  AppendMember("source", event.source(), out);
  AppendMember("type", event.type(), out);
  if (!event.subject().empty()) AppendMember("subject", event.subject(), out);
  if (event.has_time()) AppendTime("time", event.time_unix_nanos(), out);
  if (!event.datacontenttype().empty()) {
    AppendMember("datacontenttype", event.datacontenttype(), out);
  }
  if (!event.data().empty()) AppendData(event, out);
  bool has_labels = false;
  event.ForEachLabel([&](const LabelView& label) {
    out->append(has_labels ? "," : ",\"labels\":{");
    has_labels = true;
    AppendJsonString(label.key, out);
    out->push_back(':');
    AppendJsonString(label.value, out);
  });
  if (has_labels) out->push_back('}');
  if (event.ingest_time_unix_nanos() != 0) {
    AppendTime("ingesttime", event.ingest_time_unix_nanos(), out);
  }
  out->push_back('}');
}

void CloudEventJsonWriter::AppendData(const EventView& event,
                                      std::string* out) {
  const std::string_view data = event.data();
  if (IsJsonMediaType(event.datacontenttype()) &&
      parser_->dom.parse(data.data(), data.size()).error() ==
          simdjson::SUCCESS) {
    out->append(",\"data\":");
    if (!HasLineBreak(data)) {
      out->append(data);
      return;
    }
    // Line breaks between the tokens would end the line.
    const size_t start = out->size();
    out->resize(start + data.size());
    size_t size = 0;
    // Cannot fail on what has just been parsed.
    if (simdjson::minify(data.data(), data.size(), out->data() + start, size) ==
        simdjson::SUCCESS) {
      out->resize(start + size);
      return;
    }
    out->resize(start - std::string_view(",\"data\":").size());
  }
  out->append(",\"data_base64\":\"");
  out->append(absl::Base64Escape(absl::string_view(data.data(), data.size())));
  out->push_back('"');
}

}  // namespace sluice
