#include "plugins/disruptive/text.h"

#include "absl/strings/ascii.h"
#include "pipeline/http/url.h"

namespace sluice::disruptive {

void AppendQuery(std::string* url, std::string_view name,
                 std::string_view value) {
  url->push_back(url->find('?') == std::string::npos ? '?' : '&');
  url->append(name);
  url->push_back('=');
  url->append(PercentEncode(value));
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
