#include "plugins/replay/csv_record.h"

#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "storage/base/status_macros.h"

namespace sluice::replay {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && absl::ascii_isdigit(text[at])) ++at;
  return at;
}

// The number grammar of RFC 8259 section 6.
bool IsJsonNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const size_t digits = SkipDigits(text, at) - at;
  if (digits == 0 || (digits > 1 && text[at] == '0')) return false;
  at += digits;
  if (at < text.size() && text[at] == '.') {
    const size_t end = SkipDigits(text, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const size_t end = SkipDigits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

std::string JsonString(const std::string& text) {
  return boost::json::serialize(boost::json::string(text));
}

void AppendJsonValue(const std::string& text, std::string* out) {
  if (text.empty()) {
    out->append("null");
  } else if (text == "true" || text == "false" || IsJsonNumber(text)) {
    out->append(text);
  } else {
    out->append(JsonString(text));
  }
}

}  // namespace

absl::Status SplitCsvLine(std::string_view line,
                          std::vector<std::string>* fields) {
  fields->clear();
  size_t at = 0;
  while (true) {
    std::string& field = fields->emplace_back();
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) {
          return absl::InvalidArgumentError(absl::StrCat(
              "the quote of field ", fields->size(), " is not closed"));
        }
        if (line[at] != '"') {
          field.push_back(line[at]);
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          field.push_back(line[at++]);
        } else {
          break;
        }
      }
      if (++at < line.size() && line[at] != ',') {
        return absl::InvalidArgumentError(absl::StrCat(
            "text stands behind the quotes of field ", fields->size()));
      }
    } else {
      const size_t end = std::min(line.find(',', at), line.size());
      field.assign(line.substr(at, end - at));
      at = end;
    }
    if (at >= line.size()) return absl::OkStatus();
    ++at;
  }
}

absl::Status CsvRecordParser::ReadHeader(std::string_view line) {
  if (line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  std::vector<std::string> names;
  SLUICE_RETURN_IF_ERROR(SplitCsvLine(line, &names));
  columns_.assign(names.size(), {});
  const auto assign = [&](const std::string& wanted, const char* field,
                          Role role) -> absl::Status {
    if (wanted.empty()) return absl::OkStatus();
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] != wanted) continue;
      columns_[i].role = role;
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat("fields.", field, ": the file has no column \"", wanted,
                     "\"; its header is: ", std::string(line)));
  };
  SLUICE_RETURN_IF_ERROR(assign(names_.id, "id", Role::kId));
  SLUICE_RETURN_IF_ERROR(assign(names_.time, "time", Role::kTime));
  SLUICE_RETURN_IF_ERROR(assign(names_.subject, "subject", Role::kSubject));
  SLUICE_RETURN_IF_ERROR(assign(names_.type, "type", Role::kType));
  for (size_t i = 0; i < names.size(); ++i) {
    columns_[i].member = JsonString(names[i]) + ":";
  }
  return absl::OkStatus();
}

absl::Status CsvRecordParser::Parse(std::string_view line, Record* record) {
  record->Clear();
  SLUICE_RETURN_IF_ERROR(SplitCsvLine(line, &fields_));
  if (fields_.size() != columns_.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        fields_.size(), " fields, but the header names ", columns_.size()));
  }
  record->datacontenttype = "application/json";
  for (size_t i = 0; i < fields_.size(); ++i) {
    std::string& field = fields_[i];
    switch (columns_[i].role) {
      case Role::kId:
        record->id.swap(field);
        break;
      case Role::kSubject:
        record->subject.swap(field);
        break;
      case Role::kType:
        record->type.swap(field);
        break;
      case Role::kTime: {
        if (field.empty()) break;
        const std::optional<int64_t> time = ParseTimeText(field);
        if (!time.has_value()) {
          return absl::InvalidArgumentError(
              absl::StrCat(names_.time, ": \"", field, "\" is not a time"));
        }
        record->time_unix_nanos = *time;
        break;
      }
      case Role::kData:
        record->data.push_back(record->data.empty() ? '{' : ',');
        record->data.append(columns_[i].member);
        AppendJsonValue(field, &record->data);
    }
  }
  record->data.append(record->data.empty() ? "{}" : "}");
  return absl::OkStatus();
}

}  // namespace sluice::replay
