#include "plugins/lines/json_line_decoder.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "storage/base/rfc3339.h"
#include "storage/base/to_absl.h"

namespace sluice::lines {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr size_t kMaxDepth = 1024;
constexpr size_t kMaxDigits = 20;

// The member of a member ... of `value` that `names` lead to.
std::optional<JsonView> FindInner(std::optional<JsonView> value,
                                  const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!value.has_value()) return value;
    value = value->Find(name);
  }
  return value;
}

}  // namespace

JsonLineDecoder::JsonLineDecoder(const LineFormat& format, uint64_t run)
    : format_(format),
      id_(absl::StrFormat("%016x-", run)),
      id_prefix_(id_.size()) {
  id_.resize(id_prefix_ + kMaxDigits);
  AddAttribute("id", format_.fields.id, &EventFields::id);
  AddAttribute("subject", format_.fields.subject, &EventFields::subject);
  AddAttribute("type", format_.fields.type, &EventFields::type);
  AddAttribute("source", format_.fields.source, &EventFields::source);
  AddAttribute("time", format_.fields.time, nullptr);
}

void JsonLineDecoder::AddAttribute(const char* name, const std::string& path,
                                   std::string_view EventFields::*target) {
  if (path.empty()) return;
  Attribute& attribute = attributes_.emplace_back();
  attribute.name = name;
  attribute.path = path;
  attribute.target = target;
  attribute.member = LookFor(path);
  attribute.inner = absl::StrSplit(path, '.');
  if (attribute.inner.size() > 1) attribute.outer = LookFor(attribute.inner[0]);
  attribute.inner.erase(attribute.inner.begin());
}

size_t JsonLineDecoder::LookFor(std::string_view name) {
  names_.emplace_back(name);
  return scanner_.LookFor(name);
}

bool JsonLineDecoder::Decode(std::string_view line, size_t readable_behind,
                             EventFields* event) {
  std::string_view scanned = line;
  if (readable_behind < JsonScanner::kPadding) {
    padded_.resize(line.size() + JsonScanner::kPadding);
    std::memcpy(padded_.data(), line.data(), line.size());
    scanned = std::string_view(padded_).substr(0, line.size());
  }
  if (!scanner_.Scan(scanned)) return DecodeSlowly(line, event);
  return Fill(
      line, [this](size_t index) { return scanner_.found(index); }, event);
}

bool JsonLineDecoder::DecodeSlowly(std::string_view line, EventFields* event) {
  const absl::StatusOr<JsonView> root = JsonView::Parse(line, kMaxDepth);
  if (!root.ok()) {
    return Refuse("malformed_json",
                  std::string(ToStd(root.status().message())));
  }
  if (!root->is_object()) {
    return Refuse("malformed_json", "the line is no JSON object");
  }
  return Fill(
      line, [&](size_t index) { return root->Find(names_[index]); }, event);
}

bool JsonLineDecoder::Fill(std::string_view line, Find find,
                           EventFields* event) {
  *event = EventFields();
  event->type = format_.type;
  event->source = format_.source;
  event->datacontenttype = kJson;
  event->data = line;
  for (Attribute& attribute : attributes_) {
    std::optional<JsonView> value = find(attribute.member);
    if (!value.has_value() && attribute.outer.has_value()) {
      value = FindInner(find(*attribute.outer), attribute.inner);
    }
    if (!Take(attribute, value, event)) return false;
  }
  if (event->id.empty()) MakeUpId(event);
  return true;
}

void JsonLineDecoder::MakeUpId(EventFields* event) {
  char* const digits = id_.data() + id_prefix_;
  const char* const end =
      std::to_chars(digits, id_.data() + id_.size(), next_id_++).ptr;
  event->id =
      std::string_view(id_.data(), static_cast<size_t>(end - id_.data()));
}

bool JsonLineDecoder::Take(Attribute& attribute,
                           const std::optional<JsonView>& value,
                           EventFields* event) {
  const bool is_time = attribute.target == nullptr;
  if (!value.has_value() || value->is_null()) {
    return is_time || RefuseAttribute(attribute, "is missing");
  }
  const JsonView::Kind kind = value->kind();
  if (kind != JsonView::Kind::kString && kind != JsonView::Kind::kNumber) {
    return RefuseAttribute(attribute, "is neither a text nor a number");
  }
  // A number stands for its text.
  const std::string_view text = kind == JsonView::Kind::kString
                                    ? value->StringIn(&attribute.room)
                                    : value->text();
  if (is_time) {
    const std::optional<int64_t> time = ParseRfc3339(text);
    if (!time.has_value()) {
      return RefuseAttribute(attribute, "is no time as in RFC 3339");
    }
    event->time_unix_nanos = *time;
    return true;
  }
  // Only a subject may be empty.
  if (text.empty() && attribute.target != &EventFields::subject) {
    return RefuseAttribute(attribute, "is empty");
  }
  event->*attribute.target = text;
  return true;
}

bool JsonLineDecoder::RefuseAttribute(const Attribute& attribute,
                                      std::string_view problem) {
  return Refuse("malformed_event",
                absl::StrCat(attribute.name, ": \"", attribute.path, "\" ",
                             ToAbsl(problem)));
}

}  // namespace sluice::lines
