#include "pipeline/json/json_value.h"

#include <charconv>

#include "boost/json.hpp"

namespace sluice {
namespace {

namespace json = boost::json;

template <typename Number>
void AppendNumber(Number number, std::string* out) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), number);
  out->append(buffer, result.ptr);
}

void AppendEscape(unsigned code, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  *out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) *out += kHex[code >> shift & 15];
}

// The length of a character at the start of `text` that readers may take for a
// line end, and its code; 0: none.
size_t LineEnd(std::string_view text, unsigned* code) {
  if (text.substr(0, 2) == "\xC2\x85") return *code = 0x85, 2;
  if (text.substr(0, 3) == "\xE2\x80\xA8") return *code = 0x2028, 3;
  if (text.substr(0, 3) == "\xE2\x80\xA9") return *code = 0x2029, 3;
  return 0;
}

void AppendControl(char character, std::string* out) {
  switch (character) {
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      AppendEscape(static_cast<unsigned char>(character), out);
  }
}

void AppendObject(const json::object& object, std::string* out) {
  char separator = '{';
  if (object.empty()) *out += separator;
  for (const auto& [key, member] : object) {
    *out += separator;
    separator = ',';
    AppendJsonLineString(key, out);
    *out += ':';
    AppendJsonText(member, out);
  }
  *out += '}';
}

void AppendArray(const json::array& array, std::string* out) {
  char separator = '[';
  if (array.empty()) *out += separator;
  for (const json::value& element : array) {
    *out += separator;
    separator = ',';
    AppendJsonText(element, out);
  }
  *out += ']';
}

}  // namespace

bool IsText(const json::value* value, std::string_view text) {
  return value != nullptr && value->is_string() &&
         std::string_view(value->get_string()) == text;
}

void AppendJsonNumber(double number, std::string* out) {
  AppendNumber(number, out);
}

void AppendJsonLineString(std::string_view text, std::string* out) {
  *out += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    unsigned code = 0;
    if (character == '"' || character == '\\') {
      *out += '\\';
      *out += character;
    } else if (static_cast<unsigned char>(character) < 0x20) {
      AppendControl(character, out);
    } else if (const size_t length = LineEnd(text.substr(i), &code)) {
      AppendEscape(code, out);
      i += length - 1;
    } else {
      *out += character;
    }
  }
  *out += '"';
}

void AppendJsonText(const json::value& value, std::string* out) {
  switch (value.kind()) {
    case json::kind::null:
      *out += "null";
      return;
    case json::kind::bool_:
      *out += value.get_bool() ? "true" : "false";
      return;
    case json::kind::int64:
      AppendNumber(value.get_int64(), out);
      return;
    case json::kind::uint64:
      AppendNumber(value.get_uint64(), out);
      return;
    case json::kind::double_:
      AppendNumber(value.get_double(), out);
      return;
    case json::kind::string:
      AppendJsonLineString(value.get_string(), out);
      return;
    case json::kind::array:
      AppendArray(value.get_array(), out);
      return;
    case json::kind::object:
      AppendObject(value.get_object(), out);
      return;
  }
}

std::string JsonText(const json::value& value) {
  std::string out;
  AppendJsonText(value, &out);
  return out;
}

}  // namespace sluice
