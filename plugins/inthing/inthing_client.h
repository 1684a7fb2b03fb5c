// The wire of inthing.io: one event per request.
#ifndef PLUGINS_INTHING_INTHING_CLIENT_H_
#define PLUGINS_INTHING_INTHING_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice::inthing {

// The protocol is that of the official client, willmcgugan/inthing at 6364ceaa
// (version 0.1.7a0), and of the site's source, willmcgugan/timeline at
// 0ca45ba9.

inline constexpr char kDefaultBaseUrl[] = "https://www.inthing.io";

// Where posts go and who posts.
struct Stream {
  // A spelling of NormalizeStreamId().
  std::string id;
  // Empty: none.
  std::string password;
};

struct Image {
  // ASCII, with an extension that fits the content.
  std::string file_name;
  // E.g. "image/png".
  std::string media_type;
  std::string bytes;
};

// One event of a stream. Empty text is not sent.
struct Post {
  std::string title;
  // text, code, image or screenshot.
  std::string type = "text";
  // -2 to 2.
  int priority = 0;
  // How `description` is shown: markdown, text, html or bbcode.
  std::string markup = "markdown";
  // The body of all but code events.
  std::string description;
  // The code of a code event.
  std::string text;
  // Who made the event.
  std::string generator;
  std::string code_language;
  // Nullopt: when the service got it.
  std::optional<int64_t> time_unix_seconds;
  std::optional<Image> image;
};

//   kInvalidArgument: the service would refuse or garble it: no title, a field
//   over its length (text_limits.h), a type, markup or priority it does not
//   know, a type image without image.
absl::Status ValidatePost(const Post& post);

// What came of a post.
struct PostAnswer {
  enum class Kind {
    // The stream has the event: event_url, event_id.
    kOk,
    // The service does not take it as it is: field_errors.
    kFail,
    // Too fast: retry_after.
    kRateLimited,
    // Something broke inside the service; it may or may not have the event.
    kServerError,
    // An HTTP status of something before the service: http_status.
    kRefused,
    // No byte of the request reached the service.
    kUnreachable,
    // It may have reached the service; no answer that can be understood came.
    kLost,
    // The connection cannot be made before a person acts (certificate, URL).
    kMisconfigured,
  };

  Kind kind = Kind::kLost;
  // For a person. Never holds the password.
  std::string message;
  std::string event_id;
  std::string event_url;
  // Field name and the service's words about it.
  std::vector<std::pair<std::string, std::string>> field_errors;
  int http_status = 0;
  // kRateLimited: estimated from the service's message, or what Retry-After
  // says. kRefused: Retry-After.
  std::optional<absl::Duration> retry_after;
  // kRateLimited: the message is about unclaimed streams.
  bool is_unclaimed_limit = false;

  // The error of `field`, or null.
  const std::string* FieldError(const std::string& field) const;
};

struct InthingClientOptions {
  // Origin, with or without a path before the service's own.
  std::string base_url = kDefaultBaseUrl;
  std::string ca_file;
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration timeout = absl::Seconds(60);
};

// Posts events.
//
// Thread-safety: used on the HttpClient's executor only, like it.
class InthingClient {
 public:
  // `http` and `random` (for multipart boundaries) outlive the client.
  InthingClient(InthingClientOptions options, HttpClient* http,
                absl::BitGenRef* random);

  // Sends `post` to `stream`; calls `done` once, unless the returned call is
  // destroyed before. `now` is the wall clock.
  // REQUIRES: ValidatePost(post) is OK.
  std::unique_ptr<HttpCall> Send(const Stream& stream, const Post& post,
                                 absl::AnyInvocable<absl::Time()> now,
                                 absl::AnyInvocable<void(PostAnswer)> done);

 private:
  HttpRequest MakeRequest(const Stream& stream, const Post& post);

  const InthingClientOptions options_;
  HttpClient* const http_;
  absl::BitGenRef* const random_;
};

// Understands the answer to a post. `now` is the wall clock, against which the
// server's Date is held.
PostAnswer ReadPostAnswer(const HttpResponse& response, absl::Time now);

// How long until the rate limit window ends that `message` tells of, seen from
// `server_time`: fixed windows begin at multiples of their span. At least a
// minute's window is assumed.
absl::Duration RateLimitWait(const std::string& message,
                             absl::Time server_time);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_INTHING_CLIENT_H_
