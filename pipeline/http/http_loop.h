// A thread that runs components and their HTTP requests.
#ifndef PIPELINE_HTTP_HTTP_LOOP_H_
#define PIPELINE_HTTP_HTTP_LOOP_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice {

struct HttpLoopOptions {
  // What debuggers and `top -H` show; its first 15 bytes count.
  std::string name = "http";
  // Requests beyond this many connections to one host wait for one to become
  // free; streams hold theirs for as long as they last. 0: no limit.
  int max_connections_per_host = 64;
  // A connection that was idle for longer is not used again: what lies between
  // may have forgotten it, and a request sent into it would be lost.
  absl::Duration max_idle = absl::Seconds(110);
  // Sent unless a request has a User-Agent of its own.
  std::string user_agent = "sluice";
};

// An Executor and an HttpClient on one thread: what a component's
// ComponentContext shows as `executor` and `http`. Many components share one.
//
// Requests: HTTP/1.1, or HTTP/2 where a TLS server offers it. Connections are
// kept and reused. A header Accept-Encoding is the caller's consent to
// compression: bodies then come decoded. "Expect: 100-continue" is not used.
// Proxies are those that the environment names (http_proxy, https_proxy,
// no_proxy); requests to localhost go directly.
//
// Nothing but GET and HEAD is ever sent twice: a reused connection that dies
// before an answer ends a POST with kUnavailable, and with maybe_sent if any
// byte of it was written. Idle time begins when the connection stands.
//
// Posting a task costs a short lock, and a system call only when the thread
// sleeps. Headers, bodies, paths and queries are never logged, nor part of an
// error.
//
// Threads: as Executor and HttpClient say. Construct and destroy anywhere but
// on the loop's own thread.
class HttpLoop : public Executor, public HttpClient {
 public:
  static std::unique_ptr<HttpLoop> Create(HttpLoopOptions options);

  // Stop().
  ~HttpLoop() override = default;

  // Ends the thread: the task that runs is finished, those that wait are
  // destroyed unrun, on the thread; requests under way are cancelled; the
  // thread is joined. Later posts are destroyed unrun; calls may still be
  // destroyed, from one thread. A second call does nothing.
  virtual void Stop() = 0;

  // True on the loop's thread.
  virtual bool InThread() const = 0;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_LOOP_H_
