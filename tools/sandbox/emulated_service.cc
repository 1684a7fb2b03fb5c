#include "tools/sandbox/emulated_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "storage/base/status_macros.h"
#include "tools/sandbox/fault_gate.h"

namespace sluice::sandbox {
namespace {

// Runs `task` on the server's thread and waits for it.
void RunThere(HttpServer& server, absl::AnyInvocable<void()> task) {
  absl::Notification done;
  server.executor().Post([&] {
    task();
    done.Notify();
  });
  done.WaitForNotification();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmulatedService>> EmulatedService::Start(
    std::unique_ptr<Emulator> emulator, EmulatedServiceOptions given,
    FaultSwitch* faults, SandboxClock* clock) {
  const char* const scheme = given.certificate_file.empty() ? "http" : "https";
  auto service = std::unique_ptr<EmulatedService>(
      new EmulatedService(std::move(emulator), faults));
  HttpServerOptions options;
  options.port = given.port;
  options.certificate_file = std::move(given.certificate_file);
  options.private_key_file = std::move(given.private_key_file);
  options.max_body_bytes = service->emulator_->max_body_bytes();
  options.error_answer = [emulator = service->emulator_.get()](
                             int status, std::string_view message) {
    return emulator->ErrorAnswer(status, message);
  };
  options.judge_head = [service =
                            service.get()](const HttpServerRequest& head) {
    return JudgeHead(*service->faults_, *service->emulator_, head);
  };
  SLUICE_ASSIGN_OR_RETURN(
      service->server_,
      HttpServer::Start(
          std::move(options),
          [service = service.get()](HttpServerRequest request,
                                    std::shared_ptr<HttpResponder> responder) {
            service->Handle(std::move(request), std::move(responder));
          }));
  service->url_ =
      absl::StrCat(scheme, "://127.0.0.1:", service->server_->port());
  service->executor_ =
      std::make_unique<ClockedExecutor>(&service->server_->executor(), clock);
  RunThere(*service->server_, [service = service.get()] {
    service->emulator_->Start(service->url_, service->executor_.get());
    service->started_ = true;
  });
  return service;
}

EmulatedService::~EmulatedService() {
  if (server_ == nullptr) return;
  RunThere(*server_, [this] {
    if (started_) emulator_->Stop();
    started_ = false;
  });
  // Before the executor, whose tasks it runs, and that before the emulator,
  // whose timers it still has.
  server_.reset();
  executor_.reset();
}

void EmulatedService::Do(absl::AnyInvocable<void(Emulator&)> task) {
  server_->executor().Post(
      [this, task = std::move(task)]() mutable { task(*emulator_); });
}

void EmulatedService::Handle(HttpServerRequest request,
                             std::shared_ptr<HttpResponder> responder) {
  // Somebody knew the port before the service was there, or goes on after it.
  if (!started_) return responder->Abort(/*reset=*/true);
  ServeWithFaults(*faults_, *emulator_, server_->executor(), std::move(request),
                  std::move(responder));
}

}  // namespace sluice::sandbox
