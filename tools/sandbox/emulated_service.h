// An emulator with the server it answers on.
#ifndef TOOLS_SANDBOX_EMULATED_SERVICE_H_
#define TOOLS_SANDBOX_EMULATED_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/fault_switch.h"
#include "tools/sandbox/sandbox_clock.h"

namespace sluice::sandbox {

struct EmulatedServiceOptions {
  uint16_t port = 0;  // 0: a free one
  // PEM files; both empty: plain HTTP.
  std::string certificate_file;
  std::string private_key_file;
};

// Thread-safe.
class EmulatedService {
 public:
  // Listens on 127.0.0.1 and ::1 and starts the emulator, whose executor has
  // the time of `clock`. `faults` and `clock` outlive the service.
  //   kAlreadyExists: the port is taken.  kInvalidArgument: the certificate
  //   cannot be used; names the file.
  static absl::StatusOr<std::unique_ptr<EmulatedService>> Start(
      std::unique_ptr<Emulator> emulator, EmulatedServiceOptions options,
      FaultSwitch* faults, SandboxClock* clock);

  // Closes every connection and stops the emulator.
  ~EmulatedService();
  EmulatedService(const EmulatedService&) = delete;
  EmulatedService& operator=(const EmulatedService&) = delete;

  std::string_view name() const { return emulator_->name(); }
  // "http://127.0.0.1:8081", or the same with "https".
  const std::string& url() const { return url_; }

  // Runs `task` with the emulator on its own thread, soon.
  void Do(absl::AnyInvocable<void(Emulator&)> task);

  void DropConnections(bool reset) { server_->DropConnections(reset); }

 private:
  EmulatedService(std::unique_ptr<Emulator> emulator, FaultSwitch* faults)
      : emulator_(std::move(emulator)), faults_(faults) {}

  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder);

  const std::unique_ptr<Emulator> emulator_;
  FaultSwitch* const faults_;
  // Ends after the server, whose thread runs its tasks.
  std::unique_ptr<ClockedExecutor> executor_;
  std::unique_ptr<HttpServer> server_;
  std::string url_;
  // Set on the server's thread once the emulator has started.
  bool started_ = false;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_EMULATED_SERVICE_H_
