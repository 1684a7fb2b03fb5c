#include "pipeline/json/json_view.h"

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
  for (;;) {
    at = text.find('"', at + 1);
    size_t backslashes = 0;
    while (text[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at + 1;
  }
}

// Behind the number, true, false or null that begins at `at`.
size_t SkipWord(std::string_view text, size_t at) {
  while (at < text.size() && text[at] != ',' && text[at] != ']' &&
         text[at] != '}' && !IsSpace(text[at])) {
    ++at;
  }
  return at;
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
      return SkipWord(text, at);
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

// Walks over the pieces of the array or object that begins at text[begin], and
// gives where it ends. `handle` is given where a piece begins and returns where
// it ends.
template <typename Handle>
size_t ForEachPiece(std::string_view text, size_t begin, Handle handle) {
  size_t at = SkipSpace(text, begin + 1);
  while (text[at] != ']' && text[at] != '}') {
    at = SkipSpace(text, handle(at));
    if (text[at] == ',') at = SkipSpace(text, at + 1);
  }
  return at + 1;
}

// The same for the members of an object. `handle` is given the name, as it is
// written, and where the value begins.
template <typename Handle>
void ForEachNamed(std::string_view text, Handle handle) {
  ForEachPiece(text, 0, [&](size_t begin) {
    const size_t end = SkipString(text, begin);
    const size_t colon = SkipSpace(text, end);
    return handle(text.substr(begin, end - begin), SkipSpace(text, colon + 1));
  });
}

}  // namespace

absl::StatusOr<JsonView> JsonView::Parse(std::string_view text,
                                         size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
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
  size_t end = text.size();
  while (IsSpace(text[end - 1])) --end;
  const size_t begin = SkipSpace(text, 0);
  return JsonView(text.substr(begin, end - begin));
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

void JsonView::ForEachMember(
    absl::FunctionRef<void(const JsonView& name, const JsonView& value)> visit)
    const {
  if (!is_object()) return;
  ForEachNamed(text_, [&](std::string_view name, size_t begin) {
    const size_t end = SkipValue(text_, begin);
    visit(JsonView(name), JsonView(text_.substr(begin, end - begin)));
    return end;
  });
}

std::vector<JsonView::Member> JsonView::members() const {
  std::vector<Member> members;
  ForEachMember([&](const JsonView& name, const JsonView& value) {
    members.emplace_back(DecodeString(name.text_), value);
  });
  return members;
}

std::optional<JsonView> JsonView::Find(std::string_view name) const {
  std::optional<JsonView> found;
  ForEachMember([&](const JsonView& member, const JsonView& value) {
    if (member.IsString(name)) found = value;
  });
  return found;
}

std::vector<JsonView> JsonView::elements() const {
  std::vector<JsonView> elements;
  if (is_array()) TakeElements(text_, 0, elements);
  return elements;
}

std::optional<std::vector<JsonView>> JsonView::FindElements(
    std::string_view name) const {
  std::optional<std::vector<JsonView>> found;
  if (!is_object()) return found;
  ForEachNamed(text_, [&](std::string_view member, size_t begin) {
    if (!JsonView(member).IsString(name)) return SkipValue(text_, begin);
    found.reset();
    if (text_[begin] != '[') return SkipValue(text_, begin);
    return TakeElements(text_, begin, found.emplace());
  });
  return found;
}

size_t JsonView::TakeElements(std::string_view text, size_t begin,
                              std::vector<JsonView>& elements) {
  return ForEachPiece(text, begin, [&](size_t at) {
    const size_t end = SkipValue(text, at);
    elements.push_back(JsonView(text.substr(at, end - at)));
    return end;
  });
}

std::optional<std::string> JsonView::AsString() const {
  if (kind() != Kind::kString) return std::nullopt;
  return DecodeString(text_);
}

std::string_view JsonView::StringIn(std::string* room) const {
  if (kind() != Kind::kString) return {};
  if (text_.find('\\') != std::string_view::npos) {
    return *room = DecodeString(text_);
  }
  return text_.substr(1, text_.size() - 2);
}

bool JsonView::IsString(std::string_view text) const {
  std::string room;
  return kind() == Kind::kString && StringIn(&room) == text;
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
