// Text of somebody else, fit for a message.
#ifndef PIPELINE_HTTP_EXCERPT_H_
#define PIPELINE_HTTP_EXCERPT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// What the first `limit` bytes of `text` say, on one line, as UTF-8 and without
// anything that a terminal would act on: whitespace becomes single spaces,
// other control characters become dots, bytes that are no UTF-8 become U+FFFD
// (three bytes each). "..." at the end says that `text` goes on.
//
//   Excerpt("{\n  \"error\": \"no\"\n}")  gives  { "error": "no" }
std::string Excerpt(std::string_view text, size_t limit = 200);

}  // namespace sluice

#endif  // PIPELINE_HTTP_EXCERPT_H_
