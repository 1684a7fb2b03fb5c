// What endpoints that take something in look for in a request, and how they
// refuse it.
#ifndef PIPELINE_HTTP_HTTP_ANSWER_H_
#define PIPELINE_HTTP_HTTP_ANSWER_H_

#include <string>
#include <string_view>

#include "pipeline/http/http_responder.h"

namespace sluice {

// An answer with a text for whoever reads it there.
HttpResponse PlainAnswer(int status, std::string_view text);

// `response` with one header more.
HttpResponse WithHeader(HttpResponse response, std::string name,
                        std::string value);

// "Not now": 503 with Retry-After. The request comes again.
HttpResponse ComeAgain(std::string_view why);

// The type of a body in lower case and without parameters: of
// "Application/JSON; charset=utf-8" it is "application/json". Empty: the
// request does not say.
std::string MediaType(const HttpServerRequest& request);

// The body is compressed, or otherwise not what its type says.
bool IsEncoded(const HttpServerRequest& request);

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_ANSWER_H_
