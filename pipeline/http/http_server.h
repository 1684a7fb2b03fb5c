// A small HTTP/1.1 server for components that are called: emulators, webhooks,
// metrics.
#ifndef PIPELINE_HTTP_HTTP_SERVER_H_
#define PIPELINE_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_responder.h"  // IWYU pragma: export
#include "pipeline/http/url.h"             // IWYU pragma: export

namespace sluice {

struct HttpServerOptions {
  // Of its thread, as debuggers and `top -H` show it; at most 15 bytes.
  std::string name = "http-server";
  // Addresses to listen on, as numbers. One that this machine does not have is
  // an error, but for this default: either of the two is enough.
  std::vector<std::string> addresses = {"127.0.0.1", "::1"};
  // 0: a free port, the same on all addresses.
  uint16_t port = 0;
  // PEM files; both empty: plain HTTP.
  std::string certificate_file;
  std::string private_key_file;
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 16 << 20;
  // Connections beyond this many wait to be accepted.
  size_t max_connections = 1024;
  // Silence after which a connection is closed while the server waits for a
  // request, or for the rest of one.
  absl::Duration idle_timeout = absl::Minutes(2);
  // Longest time a request may take to arrive, from its first byte to its last;
  // then the connection is closed. Bounds clients that are slow on purpose.
  absl::Duration request_timeout = absl::InfiniteDuration();
  // A connection that takes no byte of its answer for so long is closed.
  absl::Duration stall_timeout = absl::InfiniteDuration();
  // Forms the answer to a request that never reaches the handler: `status` is
  // 400, 413 or 431 and becomes the answer's; `message` says why. Runs on the
  // server's thread. Null: the message as plain text.
  std::function<HttpResponse(int status, std::string_view message)>
      error_answer;
  // Faults: sees the head of each request that has a body, before the body is
  // read. Runs on the server's thread. Null: all are read.
  std::function<HeadVerdict(const HttpServerRequest& head)> judge_head;
};

// Accepts connections and calls a handler per request.
//
// Connections are kept alive; requests of one connection are answered in order,
// one after the other; "Expect: 100-continue" is obeyed; bodies may be chunked.
//
// The server runs its own thread; `handler` runs on that thread and must not
// block. Oversized requests are answered 413 or 431 and malformed ones 400,
// without the handler, in the form of HttpServerOptions::error_answer.
class HttpServer {
 public:
  using Handler = absl::AnyInvocable<void(HttpServerRequest,
                                          std::shared_ptr<HttpResponder>)>;

  // Starts listening; requests are served once this returns.
  //   kAlreadyExists: the port is taken.  kInvalidArgument: an address or
  //   certificate cannot be used. The message names it.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      HttpServerOptions options, Handler handler);

  // Closes every connection and joins. REQUIRES: not called on the server's own
  // thread.
  virtual ~HttpServer() = default;

  virtual uint16_t port() const = 0;

  // The server's own thread as an executor, for timers next to the handlers.
  // What waits there when the server is destroyed is destroyed unrun.
  virtual Executor& executor() = 0;

  // Faults: closes every open connection (`reset`: by RST) before it returns;
  // new ones are accepted as before. From any thread.
  virtual void DropConnections(bool reset) = 0;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_SERVER_H_
