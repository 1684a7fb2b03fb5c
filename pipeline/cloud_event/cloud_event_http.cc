#include "pipeline/cloud_event/cloud_event_http.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/cloud_event/cloud_event_reader.h"
#include "pipeline/http/url.h"
#include "storage/base/rfc3339.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr char kPrefix[] = "ce-";

absl::Status Malformed(std::string_view attribute, std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(kPrefix, ToAbsl(attribute), ": ", ToAbsl(problem)));
}

}  // namespace

bool IsBinaryCloudEvent(const HttpHeaders& headers) {
  return FindHeader(headers, "ce-specversion").has_value();
}

absl::Status BinaryCloudEventReader::Read(const HttpHeaders& headers,
                                          std::string_view body,
                                          EventFields* event) {
  texts_.clear();
  labels_.clear();
  *event = EventFields();
  event->data = body;
  std::string_view version;
  for (const auto& [header, text] : headers) {
    if (!absl::StartsWithIgnoreCase(header, kPrefix)) continue;
    const std::string_view name =
        texts_.emplace_back(absl::AsciiStrToLower(header.substr(3)));
    const std::string_view value = texts_.emplace_back(PercentDecode(text));
    if (name == "specversion") {
      version = value;
    } else if (name == "id") {
      event->id = value;
    } else if (name == "source") {
      event->source = value;
    } else if (name == "type") {
      event->type = value;
    } else if (name == "subject") {
      event->subject = value;
    } else if (name == "time") {
      const std::optional<int64_t> time = ParseRfc3339(value);
      if (!time.has_value()) {
        return Malformed(name, "is no time as in RFC 3339");
      }
      event->time_unix_nanos = *time;
    } else if (labels_.size() == CloudEventReader::kMaxLabels) {
      return Malformed(name, absl::StrCat("there are more than ",
                                          CloudEventReader::kMaxLabels,
                                          " extension attributes"));
    } else {
      for (const LabelView& label : labels_) {
        if (label.key == name) return Malformed(name, "is there twice");
      }
      labels_.push_back({name, value});
    }
  }
  if (version != "1.0") return Malformed("specversion", "is not 1.0");
  if (event->id.empty()) return Malformed("id", "is missing");
  if (event->source.empty()) return Malformed("source", "is missing");
  if (event->type.empty()) return Malformed("type", "is missing");
  event->datacontenttype = FindHeader(headers, "Content-Type").value_or("");
  event->labels = labels_;
  return absl::OkStatus();
}

}  // namespace sluice
