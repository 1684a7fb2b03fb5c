#include "pipeline/json/json_view.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "boost/json/basic_parser_impl.hpp"

namespace sluice {
namespace {

namespace json = boost::json;

// Takes everything a parser says, and keeps nothing.
struct Listener {
  // NOLINTBEGIN(readability-identifier-naming): Boost.JSON names them.
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(size_t, json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view, size_t, json::error_code&) {
    return true;
  }
  bool on_key(json::string_view, size_t, json::error_code&) { return true; }
  bool on_string_part(json::string_view, size_t, json::error_code&) {
    return true;
  }
  bool on_string(json::string_view, size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(uint64_t, json::string_view, json::error_code&) {
    return true;
  }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The functions below walk over text that is known to be JSON.

size_t SkipSpace(std::string_view text, size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// Behind the string that begins at `at`.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// Behind the value that begins at `at`.
size_t SkipValue(std::string_view text, size_t at) {
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
      continue;
    } else if (c == '}' || c == ']') {
      --depth;
      ++at;
    } else if (depth > 0) {
      ++at;
      continue;
    } else {
      // A number or a word.
      return std::min(text.find_first_of(",]} \t\r\n", at), text.size());
    }
    if (depth == 0) return at;
  }
  return at;
}

std::string DecodeString(std::string_view text) {
  if (text.find('\\') == std::string_view::npos) {
    return std::string(text.substr(1, text.size() - 2));
  }
  const json::value value =
      json::parse(json::string_view(text.data(), text.size()));
  return std::string(value.get_string());
}

// Walks over the pieces between the brackets of `text`, an array or an object.
// `handle` is given where a piece begins and returns where it ends.
template <typename Handle>
void ForEachPiece(std::string_view text, Handle handle) {
  size_t at = SkipSpace(text, 1);
  while (at + 1 < text.size()) {
    at = SkipSpace(text, handle(at));
    if (text[at] == ',') at = SkipSpace(text, at + 1);
  }
}

}  // namespace

absl::StatusOr<JsonView> JsonView::Parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Listener> parser(options);
  json::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error.failed()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no JSON at byte ", read, ": ", error.message()));
  }
  if (read < text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no JSON at byte ", read, ": more behind the value"));
  }
  const size_t begin = SkipSpace(text, 0);
  return JsonView(text.substr(begin, SkipValue(text, begin) - begin));
}

JsonView::Kind JsonView::kind() const {
  switch (text_.front()) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBool;
    case 'n':
      return Kind::kNull;
    default:
      return Kind::kNumber;
  }
}

std::vector<JsonView::Member> JsonView::members() const {
  std::vector<Member> members;
  if (!is_object()) return members;
  ForEachPiece(text_, [&](size_t name_begin) {
    const size_t name_end = SkipString(text_, name_begin);
    const size_t colon = SkipSpace(text_, name_end);
    const size_t begin = SkipSpace(text_, colon + 1);
    const size_t end = SkipValue(text_, begin);
    members.emplace_back(
        DecodeString(text_.substr(name_begin, name_end - name_begin)),
        JsonView(text_.substr(begin, end - begin)));
    return end;
  });
  return members;
}

std::optional<JsonView> JsonView::Find(std::string_view name) const {
  std::optional<JsonView> found;
  for (const auto& [member, value] : members()) {
    if (member == name) found = value;
  }
  return found;
}

std::vector<JsonView> JsonView::elements() const {
  std::vector<JsonView> elements;
  if (!is_array()) return elements;
  ForEachPiece(text_, [&](size_t begin) {
    const size_t end = SkipValue(text_, begin);
    elements.push_back(JsonView(text_.substr(begin, end - begin)));
    return end;
  });
  return elements;
}

std::optional<std::string> JsonView::AsString() const {
  if (kind() != Kind::kString) return std::nullopt;
  return DecodeString(text_);
}

std::optional<int64_t> JsonView::AsInteger() const {
  int64_t number = 0;
  const char* end = text_.data() + text_.size();
  const auto [at, error] = std::from_chars(text_.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

std::optional<bool> JsonView::AsBool() const {
  if (kind() != Kind::kBool) return std::nullopt;
  return text_ == "true";
}

}  // namespace sluice
