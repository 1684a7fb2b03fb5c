#include "plugins/disruptive/text.h"

#include "pipeline/http/url.h"

namespace sluice::disruptive {

void AppendQuery(std::string* url, std::string_view name,
                 std::string_view value) {
  url->push_back(url->find('?') == std::string::npos ? '?' : '&');
  url->append(name);
  url->push_back('=');
  url->append(PercentEncode(value));
}

}  // namespace sluice::disruptive
