// An emulator whose state survives a restart.
#ifndef TOOLS_SANDBOX_JOURNALED_EMULATOR_H_
#define TOOLS_SANDBOX_JOURNALED_EMULATOR_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/request_journal.h"

namespace sluice::sandbox {

// Hands everything on to another emulator. Requests that change it (see
// Emulator::Changes()) and that it does not refuse are put into a journal
// before their answer goes out; what cannot be put there is answered 503. On
// Start() the journal's requests are said to it again, each at its own time.
//
// For an emulator to be as it was, it must do the same at the same requests and
// times: what it makes up (ids, passwords) must depend on these alone.
class JournaledEmulator final : public Emulator {
 public:
  // As RequestJournal::Open().
  static absl::StatusOr<std::unique_ptr<Emulator>> Create(
      std::unique_ptr<Emulator> inner, const std::string& folder);

  std::string_view name() const override { return inner_->name(); }
  void Start(std::string base_url, Executor* executor) override;
  void Stop() override { inner_->Stop(); }
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override;
  HttpResponse FaultAnswer(const Fault& fault) override {
    return inner_->FaultAnswer(fault);
  }
  std::string ReadyJson() override { return inner_->ReadyJson(); }
  std::string StatusJson() override { return inner_->StatusJson(); }
  std::vector<Page> Pages() override { return inner_->Pages(); }
  bool Changes(const HttpServerRequest& request) const override {
    return inner_->Changes(request);
  }
  bool Control(const HttpServerRequest& request,
               const std::shared_ptr<HttpResponder>& responder) override {
    return inner_->Control(request, responder);
  }

 private:
  class FixedTimeExecutor;
  class KeepingResponder;

  JournaledEmulator(std::unique_ptr<Emulator> inner,
                    std::unique_ptr<RequestJournal> journal,
                    std::vector<JournaledRequest> requests);

  const std::unique_ptr<Emulator> inner_;
  const std::shared_ptr<RequestJournal> journal_;
  std::vector<JournaledRequest> requests_;  // until Start()
  // The emulator's timers may hold on to it.
  std::unique_ptr<FixedTimeExecutor> executor_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_JOURNALED_EMULATOR_H_
