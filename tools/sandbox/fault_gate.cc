#include "tools/sandbox/fault_gate.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace sluice::sandbox {
namespace {

using ResponderPtr = std::shared_ptr<HttpResponder>;

// Passes everything on; faults override what they change.
class PassingResponder : public HttpResponder {
 public:
  explicit PassingResponder(ResponderPtr inner) : inner_(std::move(inner)) {}
  void Send(HttpResponse response) override {
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

 protected:
  HttpResponder& inner() { return *inner_; }
  const ResponderPtr& inner_ptr() const { return inner_; }

 private:
  const ResponderPtr inner_;
};

// Lets half of the answer through: of the body, or of the first piece of a
// stream.
class HalfResponder final : public PassingResponder {
 public:
  HalfResponder(ResponderPtr inner, bool reset)
      : PassingResponder(std::move(inner)), reset_(reset) {}
  void Send(HttpResponse response) override {
    response.headers.emplace_back("Content-Length",
                                  absl::StrCat(response.body.size()));
    inner().Begin(response.status, std::move(response.headers));
    Write(std::move(response.body));
  }
  void Write(std::string bytes) override {
    bytes.resize(bytes.size() / 2);
    if (!bytes.empty()) inner().Write(std::move(bytes));
    inner().Abort(reset_);
  }
  void End() override { inner().Abort(reset_); }

 private:
  const bool reset_;
};

// Hangs up where an answer should come.
class LosingResponder final : public PassingResponder {
 public:
  LosingResponder(ResponderPtr inner, bool reset)
      : PassingResponder(std::move(inner)), reset_(reset) {}
  void Send(HttpResponse) override { inner().Abort(reset_); }
  void Begin(int, HttpHeaders) override { inner().Abort(reset_); }
  void Write(std::string) override {}
  void End() override {}

 private:
  const bool reset_;
};

// Says everything later, in the same order.
class SlowResponder final : public PassingResponder {
 public:
  SlowResponder(ResponderPtr inner, absl::Duration delay, Executor& executor)
      : PassingResponder(std::move(inner)),
        delay_(delay),
        executor_(executor) {}
  void Send(HttpResponse response) override {
    Later([inner = inner_ptr(), response = std::move(response)]() mutable {
      inner->Send(std::move(response));
    });
  }
  void Begin(int status, HttpHeaders headers) override {
    Later(
        [inner = inner_ptr(), status, headers = std::move(headers)]() mutable {
          inner->Begin(status, std::move(headers));
        });
  }
  void Write(std::string bytes) override {
    Later([inner = inner_ptr(), bytes = std::move(bytes)]() mutable {
      inner->Write(std::move(bytes));
    });
  }
  void End() override {
    Later([inner = inner_ptr()] { inner->End(); });
  }

 private:
  void Later(Executor::Task task) {
    executor_.PostAfter(delay_, std::move(task));
  }

  const absl::Duration delay_;
  Executor& executor_;
};

void AnswerStatus(const Fault& fault, Emulator& emulator,
                  HttpResponder& responder) {
  HttpResponse response = emulator.FaultAnswer(fault);
  response.status = fault.status;
  if (fault.body.has_value()) response.body = *fault.body;
  if (fault.retry_after.has_value()) {
    const double seconds = std::ceil(absl::ToDoubleSeconds(*fault.retry_after));
    response.headers.emplace_back("Retry-After",
                                  absl::StrCat(static_cast<int64_t>(seconds)));
  }
  for (const HttpHeader& header : fault.headers) {
    response.headers.push_back(header);
  }
  responder.Send(std::move(response));
}

}  // namespace

void ServeWithFaults(FaultSwitch& faults, Emulator& emulator,
                     Executor& executor, HttpServerRequest request,
                     ResponderPtr responder) {
  const std::optional<Fault> fault =
      faults.Fire(emulator.name(), request.method, request.path);
  if (!fault.has_value()) {
    emulator.Handle(std::move(request), std::move(responder));
    return;
  }
  switch (fault->kind) {
    case FaultKind::kStatus:
      AnswerStatus(*fault, emulator, *responder);
      return;
    case FaultKind::kCut:
      responder->Abort(fault->reset);
      return;
    case FaultKind::kStall:
      executor.PostAfter(fault->delay,
                         [responder = std::move(responder),
                          reset = fault->reset] { responder->Abort(reset); });
      return;
    case FaultKind::kHalf:
      responder =
          std::make_shared<HalfResponder>(std::move(responder), fault->reset);
      break;
    case FaultKind::kLoseAnswer:
      responder =
          std::make_shared<LosingResponder>(std::move(responder), fault->reset);
      break;
    case FaultKind::kSlow:
      responder = std::make_shared<SlowResponder>(std::move(responder),
                                                  fault->delay, executor);
      break;
  }
  emulator.Handle(std::move(request), std::move(responder));
}

}  // namespace sluice::sandbox
