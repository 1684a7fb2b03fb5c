#include "plugins/disruptive/text.h"

#include "absl/strings/ascii.h"

namespace sluice::disruptive {

std::string PercentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (unsigned char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kHex[c >> 4];
      encoded += kHex[c & 15];
    }
  }
  return encoded;
}

void AppendQuery(std::string* url, std::string_view name,
                 std::string_view value) {
  url->push_back(url->find('?') == std::string::npos ? '?' : '&');
  url->append(name);
  url->push_back('=');
  url->append(PercentEncoded(value));
}

std::string Excerpt(std::string_view text, size_t limit) {
  std::string excerpt(text.substr(0, limit));
  for (char& c : excerpt) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '.';
  }
  if (text.size() > limit) excerpt += "...";
  return excerpt;
}

}  // namespace sluice::disruptive
