// Answers of the emulated feed service, good ones and errors.
//
// Facts: https://getstream.io/activity-feeds/docs/ "Error responses",
// stream-python 5.3.1 stream/exceptions.py, stream-ruby 6.0.0 lib/stream/
// client.rb.
#ifndef TOOLS_SANDBOX_FEED_FEED_ANSWER_H_
#define TOOLS_SANDBOX_FEED_FEED_ANSWER_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// What is wrong, by field: {"actor", "this field is required"}.
using FieldErrors = std::vector<std::pair<std::string, std::string>>;

// `object` is the JSON of an object, without `duration`: that is put in when
// the answer leaves.
HttpResponse FeedAnswer(int status, std::string object);

// {"detail": .., "status_code": .., "code": .., "exception": ..,
// "more_info": ..}. `exception_fields` is JSON; empty: left out.
HttpResponse FeedError(int status, int code, std::string_view exception,
                       std::string_view detail,
                       std::string_view exception_fields = {});

// 400, code 4.
HttpResponse InputError(std::string_view detail, std::string_view fields = {});
HttpResponse InputError(const FieldErrors& errors);
// 400, code 13: an activity that is to be changed.
HttpResponse MissingActivity();
// 403, code 17.
HttpResponse NotAllowed(std::string_view detail);
// 403, code 17: no policy lets a user do it.
HttpResponse NoPolicy();
// 404, code 16.
HttpResponse DoesNotExist(std::string_view detail);
// 409, code 22.
HttpResponse Conflict(std::string_view detail);
// The error of a status that no rule of the API led to, as faults want it.
HttpResponse PlainFeedError(int status);

// {"actor":["this field is required"]}; several texts of one field stand in
// one list.
std::string FieldErrorsJson(const FieldErrors& errors);
// "Errors for fields 'actor', 'verb'"
std::string FieldErrorsText(const FieldErrors& errors);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ANSWER_H_
