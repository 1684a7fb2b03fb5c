// The text of HTTP/1.1 answers as it goes over the wire (RFC 9112).
#ifndef PIPELINE_HTTP_HTTP_MESSAGE_H_
#define PIPELINE_HTTP_HTTP_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice {

// How the end of an answer's body is found.
struct HttpFraming {
  enum class Kind {
    kNoBody,  // By the status or method; says nothing about a length.
    kLength,
    kChunked,
    kUntilClose,
  };
  Kind kind = Kind::kNoBody;
  uint64_t length = 0;  // With kLength.
};

// True for statuses whose answers never have a body (RFC 9110 section 6.4.1).
bool StatusForbidsBody(int status);

// Status line and headers, with the empty line after them. `headers` go out as
// they are, but for framing headers, which `framing` decides, and line breaks
// inside names or values, which become spaces. Date is added when missing;
// "Connection: close" when `close`.
std::string FormatHead(int status, const HttpHeaders& headers,
                       HttpFraming framing, bool close, absl::Time now);

// `bytes` as one chunk. REQUIRES: not empty, which would be the last one.
std::string FormatChunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// `time` as an IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string FormatHttpDate(absl::Time time);

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_MESSAGE_H_
