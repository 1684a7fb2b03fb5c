#include "tools/sandbox/fault_gate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/http/http_message.h"

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

// Lets the body out byte by byte.
class DrippingResponder final : public PassingResponder {
 public:
  DrippingResponder(ResponderPtr inner, absl::Duration delay,
                    Executor& executor)
      : PassingResponder(inner),
        state_(
            std::make_shared<State>(State{std::move(inner), delay, executor})) {
  }
  void Send(HttpResponse response) override {
    response.headers.emplace_back("Content-Length",
                                  absl::StrCat(response.body.size()));
    inner().Begin(response.status, std::move(response.headers));
    Write(std::move(response.body));
    End();
  }
  void Write(std::string bytes) override {
    state_->unsent += bytes;
    Drip(state_);
  }
  void End() override {
    state_->is_whole = true;
    Drip(state_);
  }
  size_t pending_bytes() const override {
    return PassingResponder::pending_bytes() + state_->unsent.size() -
           state_->sent;
  }

 private:
  struct State {
    ResponderPtr inner;
    absl::Duration delay;
    Executor& executor;
    std::string unsent;
    size_t sent = 0;  // of `unsent`
    bool is_whole = false;
    bool is_waiting = false;
  };

  // The next byte, and then the next.
  static void Drip(const std::shared_ptr<State>& state) {
    if (state->is_waiting) return;
    if (state->sent == state->unsent.size()) {
      state->unsent.clear();
      state->sent = 0;
      if (state->is_whole) state->inner->End();
      return;
    }
    state->is_waiting = true;
    state->executor.PostAfter(state->delay, [state] {
      state->is_waiting = false;
      if (!state->inner->connected()) return;
      state->inner->Write(std::string(1, state->unsent[state->sent++]));
      Drip(state);
    });
  }

  const std::shared_ptr<State> state_;
};

// Says a length that is not the body's.
class WrongLengthResponder final : public PassingResponder {
 public:
  WrongLengthResponder(ResponderPtr inner, int64_t off_by, bool reset,
                       absl::Time now)
      : PassingResponder(std::move(inner)),
        off_by_(off_by),
        reset_(reset),
        now_(now) {}
  void Send(HttpResponse response) override {
    const auto length = std::max<int64_t>(
        0, static_cast<int64_t>(response.body.size()) + off_by_);
    inner().SendRaw(
        FormatHead(response.status, response.headers,
                   {HttpFraming::Kind::kLength, static_cast<uint64_t>(length)},
                   /*close=*/true, now_) +
        response.body);
    inner().Abort(reset_);
  }

 private:
  const int64_t off_by_;
  const bool reset_;
  const absl::Time now_;
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

HeadVerdict JudgeHead(FaultSwitch& faults, const Emulator& emulator,
                      const HttpServerRequest& head) {
  const std::optional<Fault> fault =
      faults.FireAtHead(emulator.name(), head.method, head.path);
  if (!fault.has_value()) return HeadVerdict::kReadOn;
  return fault->reset ? HeadVerdict::kReset : HeadVerdict::kClose;
}

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
    case FaultKind::kHangUp:  // which Fire() does not give
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
    case FaultKind::kDrip:
      responder = std::make_shared<DrippingResponder>(std::move(responder),
                                                      fault->delay, executor);
      break;
    case FaultKind::kWrongLength:
      responder = std::make_shared<WrongLengthResponder>(
          std::move(responder), fault->off_by, fault->reset, executor.Now());
      break;
  }
  emulator.Handle(std::move(request), std::move(responder));
}

}  // namespace sluice::sandbox
