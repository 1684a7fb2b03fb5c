#include "plugins/lines/json_line_decoder.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "pipeline/json/json_view.h"
#include "simdjson.h"
#include "storage/base/rfc3339.h"
#include "storage/base/to_absl.h"

namespace sluice::lines {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kJson = "application/json";
// As deep as the quick parser goes.
constexpr size_t kMaxDepth = simdjson::DEFAULT_MAX_DEPTH;
constexpr size_t kMaxDigits = 20;

// Finds the member at `steps`, one in the other. `find(within, name)` gives a
// member or nullopt, `open(value)` the object that a value is, or nullopt.
template <typename Object, typename Find, typename Open>
auto FindInner(Object within, const std::vector<std::string>& steps, Find find,
               Open open) -> decltype(find(within, steps[0])) {
  for (size_t i = 0;; ++i) {
    auto value = find(within, steps[i]);
    if (!value.has_value() || i + 1 == steps.size()) return value;
    auto inner = open(*value);
    if (!inner.has_value()) return std::nullopt;
    within = *inner;
  }
}

}  // namespace

struct JsonLineDecoder::Parser {
  dom::parser parser;
  // A line with its padding, where it has none of its own.
  std::string padded;
  dom::object root;
  // For each attribute the member of `root` that its whole path names.
  std::vector<std::optional<dom::element>> members;
};

JsonLineDecoder::JsonLineDecoder(const LineFormat& format, uint64_t run)
    : format_(format),
      id_(absl::StrFormat("%016x-", run)),
      id_prefix_(id_.size()),
      parser_(std::make_unique<Parser>()) {
  id_.resize(id_prefix_ + kMaxDigits);
  AddAttribute("id", format_.fields.id, &EventFields::id);
  AddAttribute("subject", format_.fields.subject, &EventFields::subject);
  AddAttribute("type", format_.fields.type, &EventFields::type);
  AddAttribute("source", format_.fields.source, &EventFields::source);
  AddAttribute("time", format_.fields.time, nullptr);
}

JsonLineDecoder::~JsonLineDecoder() = default;

void JsonLineDecoder::AddAttribute(const char* name, const std::string& path,
                                   std::string_view EventFields::*target) {
  if (path.empty()) return;
  attributes_.push_back({.name = name,
                         .path = path,
                         .steps = absl::StrSplit(path, '.'),
                         .target = target});
}

void JsonLineDecoder::Prepare(std::string_view line, EventFields* event) {
  *event = EventFields();
  event->type = format_.type;
  event->source = format_.source;
  event->datacontenttype = kJson;
  event->data = line;
}

void JsonLineDecoder::MakeUpId(EventFields* event) {
  char* const digits = id_.data() + id_prefix_;
  const char* const end =
      std::to_chars(digits, id_.data() + id_.size(), next_id_++).ptr;
  event->id =
      std::string_view(id_.data(), static_cast<size_t>(end - id_.data()));
}

bool JsonLineDecoder::Decode(std::string_view line, size_t readable_behind,
                             EventFields* event) {
  const char* bytes = line.data();
  if (readable_behind < simdjson::SIMDJSON_PADDING) {
    std::string& padded = parser_->padded;
    padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(padded.data(), line.data(), line.size());
    bytes = padded.data();
  }
  const auto parsed = parser_->parser.parse(bytes, line.size(),
                                            /*realloc_if_needed=*/false);
  if (parsed.get_object().get(parser_->root) != simdjson::SUCCESS) {
    return DecodeExactly(line, event);
  }
  Prepare(line, event);
  FindMembers();
  for (size_t i = 0; i < attributes_.size(); ++i) {
    std::string_view text;
    const Found found = FindQuickly(i, line, &text);
    if (found == Found::kAskExactly) return DecodeExactly(line, event);
    if (!Take(attributes_[i], found, text, event)) return false;
  }
  if (event->id.empty()) MakeUpId(event);
  return true;
}

void JsonLineDecoder::FindMembers() {
  parser_->members.assign(attributes_.size(), std::nullopt);
  for (const auto field : parser_->root) {
    for (size_t i = 0; i < attributes_.size(); ++i) {
      // The last of a name counts, as most readers take it.
      if (field.key == attributes_[i].path) parser_->members[i] = field.value;
    }
  }
}

JsonLineDecoder::Found JsonLineDecoder::FindQuickly(size_t index,
                                                    std::string_view line,
                                                    std::string_view* text) {
  Attribute& attribute = attributes_[index];
  std::optional<dom::element> value = parser_->members[index];
  if (!value.has_value() && attribute.steps.size() > 1) {
    value = FindInner(
        parser_->root, attribute.steps,
        [](dom::object within, const std::string& name) {
          std::optional<dom::element> last;
          for (const auto field : within) {
            if (field.key == name) last = field.value;
          }
          return last;
        },
        [](dom::element element) {
          dom::object object;
          return element.get_object().get(object) == simdjson::SUCCESS
                     ? std::optional(object)
                     : std::nullopt;
        });
  }
  if (!value.has_value()) return Found::kNothing;
  switch (value->type()) {
    case dom::element_type::STRING:
      *text = value->get_string().value_unsafe();
      return Found::kText;
    case dom::element_type::INT64: {
      const int64_t number = value->get_int64().value_unsafe();
      // It may have been written as -0.
      if (number == 0 && line.find("-0") != line.npos) {
        return Found::kAskExactly;
      }
      attribute.room.resize(kMaxDigits);
      char* const digits = attribute.room.data();
      const char* const end =
          std::to_chars(digits, digits + kMaxDigits, number).ptr;
      *text = std::string_view(digits, static_cast<size_t>(end - digits));
      return Found::kText;
    }
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      return Found::kAskExactly;
    case dom::element_type::NULL_VALUE:
      return Found::kNothing;
    default:
      return Found::kOther;
  }
}

bool JsonLineDecoder::DecodeExactly(std::string_view line, EventFields* event) {
  const absl::StatusOr<JsonView> root = JsonView::Parse(line, kMaxDepth);
  if (!root.ok()) {
    return Refuse("malformed_json",
                  std::string(ToStd(root.status().message())));
  }
  if (!root->is_object()) {
    return Refuse("malformed_json", "the line is no JSON object");
  }
  Prepare(line, event);
  for (Attribute& attribute : attributes_) {
    std::optional<JsonView> value = root->Find(attribute.path);
    if (!value.has_value() && attribute.steps.size() > 1) {
      value = FindInner(
          *root, attribute.steps,
          [](const JsonView& within, const std::string& name) {
            return within.Find(name);
          },
          [](const JsonView& inner) {
            return inner.is_object() ? std::optional(inner) : std::nullopt;
          });
    }
    Found found = Found::kOther;
    std::string_view text;
    if (!value.has_value() || value->is_null()) {
      found = Found::kNothing;
    } else if (value->kind() == JsonView::Kind::kString) {
      found = Found::kText;
      text = value->StringIn(&attribute.room);
    } else if (value->kind() == JsonView::Kind::kNumber) {
      found = Found::kText;
      text = value->text();
    }
    if (!Take(attribute, found, text, event)) return false;
  }
  if (event->id.empty()) MakeUpId(event);
  return true;
}

bool JsonLineDecoder::Take(const Attribute& attribute, Found found,
                           std::string_view text, EventFields* event) {
  const bool is_time = attribute.target == nullptr;
  if (found == Found::kNothing) {
    return is_time || RefuseAttribute(attribute, "is missing");
  }
  if (found == Found::kOther) {
    return RefuseAttribute(attribute, "is neither a text nor a number");
  }
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
