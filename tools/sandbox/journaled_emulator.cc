#include "tools/sandbox/journaled_emulator.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/json/json_text.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

using Kind = JournalEntry::Kind;

constexpr int kNotKept = 503;

// As the control server answers errors.
HttpResponse ControlError(const absl::Status& status) {
  std::string body = "{\"error\":";
  AppendJsonString(ToStd(status.message()), &body);
  return {.status = kNotKept,
          .headers = {{"Content-Type", "application/json"}},
          .body = body + "}"};
}

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

// Nobody is there to hear the answer; only whether it is a refusal counts.
class JournaledEmulator::DeafResponder final : public HttpResponder {
 public:
  explicit DeafResponder(const Emulator* emulator) : emulator_(emulator) {}

  void Send(HttpResponse response) override {
    refused_ = emulator_->Refuses(response);
  }
  void Begin(int, HttpHeaders) override {}
  void Write(std::string) override {}
  void End() override {}
  size_t pending_bytes() const override { return 0; }
  bool connected() const override { return false; }
  void Abort(bool) override {}
  void SendRaw(std::string) override {}

  bool refused() const { return refused_; }

 private:
  const Emulator* const emulator_;
  bool refused_ = false;
};

// Takes the request out of the journal if the answer is a refusal.
class JournaledEmulator::TakingBackResponder final : public HttpResponder {
 public:
  TakingBackResponder(std::shared_ptr<HttpResponder> inner,
                      const Emulator* emulator,
                      std::shared_ptr<RequestJournal> journal,
                      RequestJournal::Place place)
      : inner_(std::move(inner)),
        emulator_(emulator),
        journal_(std::move(journal)),
        place_(place) {}

  void Send(HttpResponse response) override {
    if (emulator_->Refuses(response)) journal_->TakeBack(place_);
    inner_->Send(std::move(response));
  }
  void Begin(int status, HttpHeaders headers) override {
    inner_->Begin(status, std::move(headers));
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
  const std::shared_ptr<HttpResponder> inner_;
  const Emulator* const emulator_;
  const std::shared_ptr<RequestJournal> journal_;
  const RequestJournal::Place place_;
};

absl::StatusOr<std::unique_ptr<Emulator>> JournaledEmulator::Create(
    std::unique_ptr<Emulator> inner, const JournalOptions& options,
    absl::Time now) {
  std::unique_ptr<RequestJournal> journal;
  SLUICE_ASSIGN_OR_RETURN(journal,
                          RequestJournal::Open(options, inner->name(), now));
  return std::unique_ptr<Emulator>(
      new JournaledEmulator(std::move(inner), std::move(journal)));
}

JournaledEmulator::JournaledEmulator(std::unique_ptr<Emulator> inner,
                                     std::unique_ptr<RequestJournal> journal)
    : inner_(std::move(inner)), journal_(std::move(journal)) {}

JournaledEmulator::~JournaledEmulator() = default;

void JournaledEmulator::Start(std::string base_url, Executor* executor) {
  executor_ = std::make_unique<FixedTimeExecutor>(executor);
  executor_->Fix(journal_->started());
  inner_->set_replaying(true);
  inner_->Start(std::move(base_url), executor_.get());
  Replay();
  inner_->set_replaying(false);
  executor_->Release();
}

void JournaledEmulator::Replay() {
  int64_t said = 0;
  int64_t refused = 0;
  const absl::Status read = journal_->ReadAll([&](JournalEntry entry) {
    executor_->Fix(entry.time);
    const auto responder = std::make_shared<DeafResponder>(inner_.get());
    if (entry.kind == Kind::kControl) {
      inner_->Control(entry.request, responder);
    } else {
      inner_->Handle(std::move(entry.request), responder);
    }
    ++said;
    if (responder->refused()) ++refused;
  });
  // It was read once before, moments ago.
  LOG_IF(ERROR, !read.ok()) << "state is missing: " << read;
  LOG_IF(INFO, said > 0) << inner_->name() << ": " << said
                         << " requests of earlier runs";
  LOG_IF(WARNING, refused > 0)
      << inner_->name() << ": " << refused
      << " of them, accepted then, are refused now; were the sandbox's options "
         "others?";
}

absl::StatusOr<std::shared_ptr<HttpResponder>> JournaledEmulator::Keep(
    const JournalEntry& entry, std::shared_ptr<HttpResponder> responder) {
  const absl::StatusOr<RequestJournal::Place> place = journal_->Append(entry);
  if (!place.ok()) {
    LOG_EVERY_N(ERROR, 1000) << place.status();
    return place.status();
  }
  return std::make_shared<TakingBackResponder>(std::move(responder),
                                               inner_.get(), journal_, *place);
}

void JournaledEmulator::Handle(HttpServerRequest request,
                               std::shared_ptr<HttpResponder> responder) {
  if (!inner_->Changes(request)) {
    return inner_->Handle(std::move(request), std::move(responder));
  }
  JournalEntry entry{Kind::kRequest, executor_->Now(), std::move(request)};
  auto keeping = Keep(entry, responder);
  if (!keeping.ok()) {
    return responder->Send(
        inner_->ErrorAnswer(kNotKept, ToStd(keeping.status().message())));
  }
  executor_->Fix(entry.time);
  inner_->Handle(std::move(entry.request), *std::move(keeping));
  executor_->Release();
}

bool JournaledEmulator::Control(
    const HttpServerRequest& request,
    const std::shared_ptr<HttpResponder>& responder) {
  if (!inner_->ControlChanges(request)) {
    return inner_->Control(request, responder);
  }
  const absl::Time now = executor_->Now();
  const auto keeping = Keep({Kind::kControl, now, request}, responder);
  if (!keeping.ok()) {
    responder->Send(ControlError(keeping.status()));
    return true;
  }
  executor_->Fix(now);
  const bool known = inner_->Control(request, *keeping);
  executor_->Release();
  return known;
}

}  // namespace sluice::sandbox
