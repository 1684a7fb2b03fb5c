// The control server of the sandbox: JSON over HTTP. docs/sandbox.md lists its
// paths.
#ifndef TOOLS_SANDBOX_CONTROL_SERVER_H_
#define TOOLS_SANDBOX_CONTROL_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/emulated_service.h"
#include "tools/sandbox/fault_switch.h"
#include "tools/sandbox/ledger.h"
#include "tools/sandbox/sandbox_clock.h"

namespace sluice::sandbox {

struct ControlServerOptions {
  uint16_t port = 0;
  // All of these outlive the server.
  std::vector<EmulatedService*> services;
  Ledger* ledger = nullptr;
  FaultSwitch* faults = nullptr;
  SandboxClock* clock = nullptr;
  std::function<void()> on_shutdown = {};
};

class ControlServer {
 public:
  //   kAlreadyExists: the port is taken.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(
      ControlServerOptions options);
  // Waits for requests under way. REQUIRES: no Handle() at the same time.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  const std::string& url() const { return url_; }
  const std::string& ReadyJson() const { return ready_json_; }

  // Answers a request, maybe later. Thread-safe.
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder);

 private:
  using Responder = std::shared_ptr<HttpResponder>;
  // A JSON body, or the error to answer.
  using Answer = absl::StatusOr<std::string>;

  explicit ControlServer(ControlServerOptions options)
      : options_(std::move(options)) {}

  // Nullopt: not one of the paths that need no emulator.
  std::optional<Answer> AnswerAtOnce(const HttpServerRequest& request);
  Answer AddFault(const std::string& body);
  Answer RemoveFault(std::string_view id);
  Answer ClearFaults(const std::string& query);
  std::string FaultsJson() const;
  Answer LedgerJson(const std::string& query) const;
  Answer DropConnections(const std::string& body);
  Answer MoveClock(const std::string& body);
  std::string ClockJson() const;

  void SendStatus(Responder responder);
  void SendPage(Responder responder);
  // Asks the services in turn, from number `next` on, whether the request is
  // theirs.
  void AskServices(std::shared_ptr<const HttpServerRequest> request,
                   Responder responder, size_t next);
  // Calls `text_of` with every emulator, on its thread, one after the other;
  // then `done` with the texts, in order of the services.
  using TextOf = std::function<std::string(Emulator&)>;
  using Done = std::function<void(std::vector<std::string>)>;
  void Gather(TextOf text_of, Done done, std::vector<std::string> texts = {});

  const ControlServerOptions options_;
  std::string url_;
  std::string ready_json_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_CONTROL_SERVER_H_
