// What the sandbox asks of each emulated service.
#ifndef TOOLS_SANDBOX_EMULATOR_H_
#define TOOLS_SANDBOX_EMULATOR_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/executor/executor.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::sandbox {

// An emulated service on a port of its own.
//
// Life: constructed, Start() once, then requests, Stop() once, destroyed.
// Threads: every call comes on the executor given to Start(), so an emulator
// needs no lock for its own state. Ledger and FaultSwitch are thread-safe.
class Emulator {
 public:
  // Something for a person to look at, as a path on this service's port.
  struct Page {
    std::string title;
    std::string path;
  };

  virtual ~Emulator() = default;

  // "disruptive", "feed", "inthing": its name in faults, ledger, control paths
  // and the ready line. Callable on any thread, before Start() too.
  virtual std::string_view name() const = 0;

  // Requests with longer bodies are answered 413 without the emulator. Called
  // before Start().
  virtual size_t max_body_bytes() const { return size_t{16} << 20; }

  // The service listens at `base_url` ("http://127.0.0.1:8081", or with
  // "https"; no trailing slash). `executor` is the server's own and outlives
  // the emulator's use of it.
  virtual void Start(std::string base_url, Executor* executor) = 0;

  // Lets go of every responder and timer: no request comes any more. The
  // executor may end before the emulator does.
  virtual void Stop() {}

  // Answers a request, now or later. Faults are dealt with outside: the
  // responder may lose, cut or delay what is said to it.
  virtual void Handle(HttpServerRequest request,
                      std::shared_ptr<HttpResponder> responder) = 0;

  // The service's own way of saying `fault.status`: its error body and its
  // rate-limit headers. Retry-After, `fault.headers` and `fault.body` are put
  // in by the caller.
  virtual HttpResponse FaultAnswer(const Fault& fault) = 0;

  // The service's own way of saying an error that no rule of its own led to: a
  // request is malformed (400) or too large (413, 431), or cannot be kept
  // (503). Its status is `status`. Callable before Start() too.
  virtual HttpResponse ErrorAnswer(int status, std::string_view message) = 0;

  // A JSON object with what a client needs: base URLs, credentials, ids. Part
  // of the sandbox's ready line, under name().
  virtual std::string ReadyJson() = 0;

  // A JSON object with counts of what happened. Part of GET /status.
  virtual std::string StatusJson() = 0;

  virtual std::vector<Page> Pages() = 0;

  // Whether a request may change what this service keeps. If the sandbox's
  // state is on disk, those that do are said again after a restart, each at
  // its own time; so what they lead to must depend on requests and times
  // alone. False for all: the service starts anew each time.
  virtual bool Changes(const HttpServerRequest& request) const {
    static_cast<void>(request);
    return false;
  }
  // The same of a request to the control server, for Control().
  virtual bool ControlChanges(const HttpServerRequest& request) const {
    static_cast<void>(request);
    return false;
  }
  // Whether this answer to a request says that it changed nothing.
  virtual bool Refuses(const HttpResponse& answer) const {
    return answer.status >= 400;
  }
  // While on, which Start() may find it, requests are those of an earlier run:
  // they passed once and need no valid credentials, and nobody outside hears of
  // what they lead to.
  virtual void set_replaying(bool on) { static_cast<void>(on); }

  // Controls of this service's own: a request to the control server for a path
  // that it does not know itself. False: no such control, and `responder` is
  // untouched. Paths of different services must differ; begin them with name().
  virtual bool Control(const HttpServerRequest& request,
                       const std::shared_ptr<HttpResponder>& responder) {
    static_cast<void>(request);
    static_cast<void>(responder);
    return false;
  }
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_EMULATOR_H_
