// A request as an HTTP server received it, and the way to answer it.
#ifndef PIPELINE_HTTP_HTTP_RESPONDER_H_
#define PIPELINE_HTTP_HTTP_RESPONDER_H_

#include <cstddef>
#include <string>

#include "pipeline/http/http_client.h"

namespace sluice {

// One request as received. The target is kept as sent; path and query are split
// but not decoded.
struct HttpServerRequest {
  std::string method;
  std::string target;  // "/v2/projects/p1/devices?page_size=10"
  std::string path;    // "/v2/projects/p1/devices", of absolute targets too
  std::string query;   // "page_size=10", without '?'; may be empty
  HttpHeaders headers;
  std::string body;
  std::string peer;  // "127.0.0.1:43210"
};

// What becomes of a request whose head has arrived.
enum class HeadVerdict {
  kReadOn,
  kClose,  // the connection, by FIN, without an answer
  kReset,  // the same by RST
};

// Answers one request, at once or later, from any thread (one at a time).
// Dropping it before the answer is complete closes the connection. May outlive
// the server; it then answers nobody.
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;

  // Sends a complete answer. Content-Length is added, and the body left out
  // where the method or the status forbids one; a Content-Length header on an
  // answer to HEAD, with an empty body, is kept. REQUIRES: nothing was sent
  // before.
  virtual void Send(HttpResponse response) = 0;

  // A streaming answer: Begin() once (chunked unless a Content-Length header is
  // given), then Write() any number of times, then End(). Bytes go out as soon
  // as the socket takes them. An End() short of the given Content-Length closes
  // the connection; bytes beyond it are dropped.
  virtual void Begin(int status, HttpHeaders headers) = 0;
  virtual void Write(std::string bytes) = 0;
  virtual void End() = 0;

  // Bytes written but not yet taken by the socket.
  virtual size_t pending_bytes() const = 0;
  // False once the peer has gone; further writes are dropped.
  virtual bool connected() const = 0;

  // Faults: closes the connection; with `reset` at once, by TCP RST, which
  // loses what the socket has not sent yet; without it by FIN, after what was
  // written so far, in the middle of whatever was being said.
  virtual void Abort(bool reset) = 0;
  // Faults: sends these bytes as they are, in place of any answer or part of
  // one, and leaves the connection open. The next request is served once this
  // responder is dropped.
  virtual void SendRaw(std::string bytes) = 0;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_RESPONDER_H_
