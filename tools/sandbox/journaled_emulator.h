// An emulator whose state survives a restart.
#ifndef TOOLS_SANDBOX_JOURNALED_EMULATOR_H_
#define TOOLS_SANDBOX_JOURNALED_EMULATOR_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/request_journal.h"

namespace sluice::sandbox {

// Hands everything on to another emulator. Requests that change it (see
// Emulator::Changes() and ControlChanges()) are put into a journal before it
// has them, and taken out again if it refuses; what cannot be put there is
// answered 503 and not done. On Start() the journal's requests are said to it
// again, each at its own time.
//
// For an emulator to be as it was, it must do the same at the same requests and
// times: what it makes up (ids, passwords) must depend on these alone, and the
// time at which it first started.
class JournaledEmulator final : public Emulator {
 public:
  // As RequestJournal::Open().
  static absl::StatusOr<std::unique_ptr<Emulator>> Create(
      std::unique_ptr<Emulator> inner, const JournalOptions& options,
      absl::Time now);
  ~JournaledEmulator() override;

  std::string_view name() const override { return inner_->name(); }
  size_t max_body_bytes() const override { return inner_->max_body_bytes(); }
  void Start(std::string base_url, Executor* executor) override;
  void Stop() override { inner_->Stop(); }
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override;
  HttpResponse FaultAnswer(const Fault& fault) override {
    return inner_->FaultAnswer(fault);
  }
  HttpResponse ErrorAnswer(int status, std::string_view message) override {
    return inner_->ErrorAnswer(status, message);
  }
  std::string ReadyJson() override { return inner_->ReadyJson(); }
  std::string StatusJson() override { return inner_->StatusJson(); }
  std::vector<Page> Pages() override { return inner_->Pages(); }
  bool Control(const HttpServerRequest& request,
               const std::shared_ptr<HttpResponder>& responder) override;

 private:
  class FixedTimeExecutor;
  class DeafResponder;
  class TakingBackResponder;

  JournaledEmulator(std::unique_ptr<Emulator> inner,
                    std::unique_ptr<RequestJournal> journal);

  void Replay();
  // A responder that takes the entry back if the request is refused. An error:
  // the entry cannot be kept.
  absl::StatusOr<std::shared_ptr<HttpResponder>> Keep(
      const JournalEntry& entry, std::shared_ptr<HttpResponder> responder);

  const std::unique_ptr<Emulator> inner_;
  const std::shared_ptr<RequestJournal> journal_;
  // The emulator's timers may hold on to it.
  std::unique_ptr<FixedTimeExecutor> executor_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_JOURNALED_EMULATOR_H_
