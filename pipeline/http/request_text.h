// What of a request may be sent, and how it is written.
#ifndef PIPELINE_HTTP_REQUEST_TEXT_H_
#define PIPELINE_HTTP_REQUEST_TEXT_H_

#include <string>
#include <string_view>

#include "pipeline/http/http_client.h"

namespace sluice {

// Letters, digits, "-" and "_": a method, or the name of a header.
bool IsHttpToken(std::string_view text);

// Whether `header` can be sent as it is: its value has no line break.
bool IsSendable(const HttpHeader& header);

// Whether `url` leads to this machine itself, by name or number.
bool IsLoopbackUrl(std::string_view url);

}  // namespace sluice

#endif  // PIPELINE_HTTP_REQUEST_TEXT_H_
