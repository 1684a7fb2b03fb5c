#include "tools/sandbox/journaled_emulator.h"

#include <optional>
#include <utility>

#include "glog/logging.h"
#include "storage/base/status_macros.h"

namespace sluice::sandbox {
namespace {

constexpr int kNotKept = 503;

// Nobody is there to hear the answer.
class DeafResponder final : public HttpResponder {
 public:
  void Send(HttpResponse) override {}
  void Begin(int, HttpHeaders) override {}
  void Write(std::string) override {}
  void End() override {}
  size_t pending_bytes() const override { return 0; }
  bool connected() const override { return false; }
  void Abort(bool) override {}
  void SendRaw(std::string) override {}
};

}  // namespace

// The given executor, whose wall clock stands still during a request, so that
// the request can be said again at the same time.
class JournaledEmulator::FixedTimeExecutor final : public Executor {
 public:
  explicit FixedTimeExecutor(Executor* inner) : inner_(inner) {}

  void Post(Task task) override { inner_->Post(std::move(task)); }
  TimerId PostAfter(absl::Duration delay, Task task) override {
    return inner_->PostAfter(delay, std::move(task));
  }
  bool Cancel(TimerId id) override { return inner_->Cancel(id); }
  absl::Time Now() const override {
    return fixed_.has_value() ? *fixed_ : inner_->Now();
  }
  absl::Duration MonotonicNow() const override {
    return inner_->MonotonicNow();
  }

  void Fix(absl::Time time) { fixed_ = time; }
  void Release() { fixed_.reset(); }

 private:
  Executor* const inner_;
  std::optional<absl::Time> fixed_;
};

// Writes the request down as soon as its answer says that it was accepted.
class JournaledEmulator::KeepingResponder final : public HttpResponder {
 public:
  KeepingResponder(std::shared_ptr<HttpResponder> inner,
                   std::shared_ptr<RequestJournal> journal, absl::Time time,
                   HttpServerRequest request, HttpResponse refusal)
      : inner_(std::move(inner)),
        journal_(std::move(journal)),
        time_(time),
        request_(std::move(request)),
        refusal_(std::move(refusal)) {}

  void Send(HttpResponse response) override {
    inner_->Send(Keep(response.status) ? std::move(response)
                                       : std::move(refusal_));
  }
  void Begin(int status, HttpHeaders headers) override {
    if (Keep(status)) return inner_->Begin(status, std::move(headers));
    inner_->Abort(/*reset=*/true);
  }
  void Write(std::string bytes) override { inner_->Write(std::move(bytes)); }
  void End() override { inner_->End(); }
  size_t pending_bytes() const override { return inner_->pending_bytes(); }
  bool connected() const override { return inner_->connected(); }
  void Abort(bool reset) override { inner_->Abort(reset); }
  void SendRaw(std::string bytes) override {
    inner_->SendRaw(std::move(bytes));
  }

 private:
  // False: it should have been kept and could not be.
  bool Keep(int status) {
    if (status >= 400) return true;
    const absl::Status kept = journal_->Append(time_, request_);
    LOG_IF(ERROR, !kept.ok()) << kept;
    return kept.ok();
  }

  const std::shared_ptr<HttpResponder> inner_;
  const std::shared_ptr<RequestJournal> journal_;
  const absl::Time time_;
  const HttpServerRequest request_;
  HttpResponse refusal_;
};

absl::StatusOr<std::unique_ptr<Emulator>> JournaledEmulator::Create(
    std::unique_ptr<Emulator> inner, const std::string& folder) {
  std::vector<JournaledRequest> requests;
  std::unique_ptr<RequestJournal> journal;
  SLUICE_ASSIGN_OR_RETURN(
      journal, RequestJournal::Open(folder, inner->name(), requests));
  return std::unique_ptr<Emulator>(new JournaledEmulator(
      std::move(inner), std::move(journal), std::move(requests)));
}

JournaledEmulator::JournaledEmulator(std::unique_ptr<Emulator> inner,
                                     std::unique_ptr<RequestJournal> journal,
                                     std::vector<JournaledRequest> requests)
    : inner_(std::move(inner)),
      journal_(std::move(journal)),
      requests_(std::move(requests)) {}

void JournaledEmulator::Start(std::string base_url, Executor* executor) {
  executor_ = std::make_unique<FixedTimeExecutor>(executor);
  if (!requests_.empty()) executor_->Fix(requests_.front().time);
  inner_->Start(std::move(base_url), executor_.get());
  for (JournaledRequest& each : requests_) {
    executor_->Fix(each.time);
    inner_->Handle(std::move(each.request), std::make_shared<DeafResponder>());
  }
  LOG_IF(INFO, !requests_.empty()) << inner_->name() << ": " << requests_.size()
                                   << " requests of an earlier run";
  requests_ = {};
  executor_->Release();
}

void JournaledEmulator::Handle(HttpServerRequest request,
                               std::shared_ptr<HttpResponder> responder) {
  if (!inner_->Changes(request)) {
    return inner_->Handle(std::move(request), std::move(responder));
  }
  Fault refusal;
  refusal.status = kNotKept;
  HttpResponse not_kept = inner_->FaultAnswer(refusal);
  not_kept.status = kNotKept;
  const absl::Time now = executor_->Now();
  responder = std::make_shared<KeepingResponder>(
      std::move(responder), journal_, now, request, std::move(not_kept));
  executor_->Fix(now);
  inner_->Handle(std::move(request), std::move(responder));
  executor_->Release();
}

}  // namespace sluice::sandbox
