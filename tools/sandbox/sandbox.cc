#include "tools/sandbox/sandbox.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/journaled_emulator.h"

namespace sluice::sandbox {
namespace {

// Keeps the answer to a request made inside the process.
class KeepingResponder final : public HttpResponder {
 public:
  void Send(HttpResponse response) override {
    response_ = std::move(response);
    done_.Notify();
  }
  void Begin(int, HttpHeaders) override {}
  void Write(std::string) override {}
  void End() override {}
  size_t pending_bytes() const override { return 0; }
  bool connected() const override { return true; }
  void Abort(bool) override {}
  void SendRaw(std::string) override {}

  const HttpResponse& Wait() {
    done_.WaitForNotification();
    return response_;
  }

 private:
  HttpResponse response_;
  absl::Notification done_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Sandbox>> Sandbox::Start(
    SandboxOptions options) {
  auto sandbox = std::unique_ptr<Sandbox>(new Sandbox(options.ledger_events));
  if (options.stopped_at.has_value()) {
    sandbox->clock_.Stop();
    sandbox->clock_.Set(*options.stopped_at);
  }
  SLUICE_RETURN_IF_ERROR(
      sandbox->Add(std::make_unique<FeedEmulator>(std::move(options.feed),
                                                  &sandbox->ledger_),
                   options.feed_port, options));
  SLUICE_RETURN_IF_ERROR(
      sandbox->Add(std::make_unique<InthingEmulator>(std::move(options.inthing),
                                                     &sandbox->ledger_),
                   options.inthing_port, options));
  // What destinations have of an earlier run belongs to events of that run.
  sandbox->ledger_.Reset();
  auto disruptive = std::make_unique<DisruptiveEmulator>(
      std::move(options.disruptive), &sandbox->ledger_);
  sandbox->disruptive_ = disruptive.get();
  SLUICE_RETURN_IF_ERROR(
      sandbox->Add(std::move(disruptive), options.disruptive_port, options));

  std::vector<EmulatedService*> services;
  for (const auto& service : sandbox->services_) {
    services.push_back(service.get());
  }
  SLUICE_ASSIGN_OR_RETURN(
      sandbox->control_,
      ControlServer::Start({.port = options.control_port,
                            .services = std::move(services),
                            .ledger = &sandbox->ledger_,
                            .faults = &sandbox->faults_,
                            .clock = &sandbox->clock_,
                            .on_shutdown = std::move(options.on_shutdown)}));
  return sandbox;
}

Sandbox::~Sandbox() {
  // It refers to the services.
  control_.reset();
}

absl::StatusOr<std::string> Sandbox::Control(std::string_view method,
                                             std::string_view path,
                                             std::string_view body) {
  auto responder = std::make_shared<KeepingResponder>();
  HttpServerRequest request;
  request.method = method;
  request.target = path;
  const size_t question = path.find('?');
  request.path = path.substr(0, question);
  if (question != std::string_view::npos) {
    request.query = path.substr(question + 1);
  }
  request.body = body;
  control_->Handle(std::move(request), responder);
  const HttpResponse& response = responder->Wait();
  if (response.status == 200) return response.body;
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(method), " ", ToAbsl(path), ": ", response.status,
                   " ", response.body));
}

std::string Sandbox::url(std::string_view service) const {
  for (const auto& each : services_) {
    if (each->name() == service) return each->url();
  }
  return "";
}

absl::Status Sandbox::Add(std::unique_ptr<Emulator> emulator, uint16_t port,
                          const SandboxOptions& options) {
  if (!options.state_folder.empty()) {
    SLUICE_ASSIGN_OR_RETURN(
        emulator,
        JournaledEmulator::Create(std::move(emulator),
                                  {.folder = options.state_folder,
                                   .max_bytes = options.state_max_bytes},
                                  clock_.Now()));
  }
  std::unique_ptr<EmulatedService> service;
  SLUICE_ASSIGN_OR_RETURN(
      service,
      EmulatedService::Start(std::move(emulator),
                             {.port = port,
                              .certificate_file = options.certificate_file,
                              .private_key_file = options.private_key_file},
                             &faults_, &clock_));
  services_.push_back(std::move(service));
  return absl::OkStatus();
}

}  // namespace sluice::sandbox
