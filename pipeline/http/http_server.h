// A small HTTP/1.1 server for components that are called: the sandbox's
// emulators now, webhook sources and metrics later.
#ifndef PIPELINE_HTTP_HTTP_SERVER_H_
#define PIPELINE_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice {

// One request as received. The target is kept as sent; path and query are split
// but not decoded.
struct HttpServerRequest {
  std::string method;
  std::string target;  // "/v2/projects/p1/devices?page_size=10"
  std::string path;    // "/v2/projects/p1/devices"
  std::string query;   // "page_size=10", without '?'; may be empty
  HttpHeaders headers;
  std::string body;
  std::string peer;  // "127.0.0.1:43210"
};

// Percent-decodes `text`; '+' becomes a space when `plus_is_space` (query
// strings). Bad escapes stay as they are.
std::string PercentDecode(std::string_view text, bool plus_is_space = false);
// Percent-encodes everything but the unreserved characters of RFC 3986
// section 2.3.
std::string PercentEncode(std::string_view text);
// The decoded name=value pairs of a query or of an
// application/x-www-form-urlencoded body, in order.
std::vector<std::pair<std::string, std::string>> ParseQuery(
    std::string_view query);

// Answers one request, at once or later, from any thread. Dropping it
// unanswered closes the connection.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;

  // Sends a complete answer; Content-Length is added. REQUIRES: nothing was
  // sent before.
  virtual void Send(HttpResponse response) = 0;

  // A streaming answer: Begin() once (chunked unless a Content-Length header is
  // given), then Write() any number of times, then End(). Bytes go out as soon
  // as the socket takes them.
  virtual void Begin(int status, HttpHeaders headers) = 0;
  virtual void Write(std::string bytes) = 0;
  virtual void End() = 0;

  // Bytes written but not yet taken by the socket.
  virtual size_t pending_bytes() const = 0;
  // False once the peer has gone; further writes are dropped.
  virtual bool connected() const = 0;

  // Faults: closes the connection at once; with `reset` by TCP RST, without it
  // by FIN in the middle of whatever was being said.
  virtual void Abort(bool reset) = 0;
  // Faults: sends these bytes as they are, in place of any answer, and leaves
  // the connection open.
  virtual void SendRaw(std::string bytes) = 0;
};

struct HttpServerOptions {
  // Addresses to listen on.
  std::vector<std::string> addresses = {"127.0.0.1", "::1"};
  // 0: a free port, the same on all addresses.
  uint16_t port = 0;
  // PEM files; both empty: plain HTTP.
  std::string certificate_file;
  std::string private_key_file;
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 16 << 20;
  size_t max_connections = 1024;
  // Silence after which a connection is closed while the server waits for a
  // request, or for the rest of one.
  absl::Duration idle_timeout = absl::Minutes(2);
};

// Accepts connections and calls a handler per request.
//
// The server runs its own thread; `handler` runs on that thread and must not
// block. Oversized requests are answered 413 or 431 and malformed ones 400,
// without the handler.
class HttpServer {
 public:
  using Handler = absl::AnyInvocable<void(HttpServerRequest,
                                          std::shared_ptr<HttpResponder>)>;

  // Starts listening; requests are served once this returns.
  //   kAlreadyExists: the port is taken.  kInvalidArgument: an address or
  //   certificate cannot be used.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      HttpServerOptions options, Handler handler);

  virtual ~HttpServer() = default;  // Closes every connection and joins.

  virtual uint16_t port() const = 0;

  // The server's own thread as an executor, for timers next to the handlers.
  virtual Executor& executor() = 0;

  // Faults: closes every open connection now (`reset`: by RST); new ones are
  // accepted as before.
  virtual void DropConnections(bool reset) = 0;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_SERVER_H_
