// HTTP/1.1 and HTTP/2 requests for plugins: one interface, a real transport and
// a simulated one.
#ifndef PIPELINE_HTTP_HTTP_CLIENT_H_
#define PIPELINE_HTTP_HTTP_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

using HttpHeader = std::pair<std::string, std::string>;
using HttpHeaders = std::vector<HttpHeader>;

// The value of the first header called `name` (case-insensitive), or nullopt.
std::optional<std::string_view> FindHeader(const HttpHeaders& headers,
                                           std::string_view name);

// The delay of a Retry-After value in either form of RFC 9110 section 10.2.3:
// seconds, or an HTTP date seen from `now`. Nullopt when it is neither; a date
// that has passed is zero.
std::optional<absl::Duration> ParseRetryAfter(std::string_view value,
                                              absl::Time now);

struct HttpTls {
  // PEM file of the authorities to trust; empty: the system's. Verification
  // cannot be switched off.
  std::string ca_file = {};
};

// Fields can be named in an initializer: {.method = "POST", .url = url}.
struct HttpRequest {
  std::string method = "GET";
  // Absolute http:// or https:// URL, already percent-encoded.
  std::string url = {};
  HttpHeaders headers = {};
  std::string body = {};
  // Until the connection stands.
  absl::Duration connect_timeout = absl::Seconds(10);
  // Until the answer is complete; infinite for streams.
  absl::Duration total_timeout = absl::Seconds(30);
  // Longest silence of the other side while an answer is under way; infinite:
  // none.
  absl::Duration idle_timeout = absl::InfiniteDuration();
  // Bodies over this many bytes end Fetch() with kResourceExhausted. Streams
  // are not bounded by it.
  size_t max_response_bytes = 16 << 20;
  // Redirects followed; 0 hands the 3xx back.
  int max_redirects = 0;
  HttpTls tls = {};
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers = {};
  std::string body = {};
};

// How a request without a full answer ended.
//   kUnavailable        no connection, connection lost, TLS broken off
//   kDeadlineExceeded   one of the request's timeouts
//   kFailedPrecondition the server's certificate was refused; needs a person
//   kInvalidArgument    the URL cannot be used
//   kResourceExhausted  the body is over max_response_bytes
//   kCancelled          never reported: after a cancel no callback comes
struct HttpFailure {
  absl::Status status = {};
  // False: surely no byte of the request reached the server, so it can be
  // repeated without doubling anything.
  bool maybe_sent = false;
};

// Receives an answer piece by piece, on the client's executor.
class HttpStreamHandler {
 public:
  virtual ~HttpStreamHandler() = default;
  // Status line and headers arrived (final ones; 1xx are skipped). Called once,
  // before any body.
  virtual void OnResponse(int status, const HttpHeaders& headers) = 0;
  // A piece of the body, borrowed for the call; pieces end anywhere.
  virtual void OnBody(std::string_view piece) = 0;
  // The end, exactly once, and the last call. OK: the server ended the body
  // properly.
  virtual void OnDone(const HttpFailure& failure) = 0;
};

// A request under way. Destroying it cancels it: no callback comes any more.
// May be destroyed inside its callbacks.
class HttpCall {
 public:
  virtual ~HttpCall() = default;
  // Stops and restarts reading; while paused TCP holds the server back. Idle
  // time does not run while paused.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
};

// Sends requests; reuses connections.
//
// Thread-safety: used on its executor only (Executor of the same component);
// all callbacks run there, never inside the call that starts a request. The
// client outlives its calls.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Starts a request whose answer is handed on as it arrives. `handler`
  // outlives the returned call.
  virtual std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                           HttpStreamHandler* handler) = 0;

  // Starts a request and calls `done` once, with the whole answer or with the
  // failure (`second.status` not OK; `first` then holds what had arrived). Any
  // HTTP status is an answer, not a failure. Implemented on top of Stream().
  std::unique_ptr<HttpCall> Fetch(
      HttpRequest request,
      absl::AnyInvocable<void(HttpResponse, HttpFailure)> done);
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_CLIENT_H_
