#include "plugins/disruptive/webhook/push_intake.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "pipeline/http/http_answer.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {
namespace {

// Nobody can tell what was meant: not worth keeping.
bool IsNoJson(const Frame& frame) {
  return frame.reason == "malformed_json" || frame.reason == "invalid_utf8";
}

}  // namespace

std::shared_ptr<PushIntake> PushIntake::Create(absl::Duration answer_timeout,
                                               Executor* executor,
                                               Emitter* emitter,
                                               Counters counters,
                                               OnBlocked on_blocked) {
  return std::shared_ptr<PushIntake>(
      new PushIntake(HttpIntake::Create(answer_timeout, executor, emitter,
                                        {.acknowledged = counters.acknowledged,
                                         .put_off = counters.put_off,
                                         .waiting = counters.waiting},
                                        std::move(on_blocked)),
                     counters));
}

void PushIntake::Take(std::string_view body,
                      std::shared_ptr<HttpResponder> responder) {
  counters_.pushes->Add();
  if (!intake_->Admit(*responder)) return;
  const Frame& frame = decoder_.DecodePush(body);
  Emission emission;
  switch (frame.kind) {
    case Frame::Kind::kEvent: {
      EventBatchBuilder builder;
      builder.Add(frame.event);
      emission.events = builder.Build();
      break;
    }
    case Frame::Kind::kPing:
      responder->Send({.status = 200});
      return;
    default:
      counters_.malformed->Add();
      if (IsNoJson(frame)) {
        return responder->Send(PlainAnswer(
            400, absl::StrCat("the body is no JSON object: ", frame.message)));
      }
      emission.malformed.push_back(
          {std::string(body), frame.reason, frame.message});
  }
  intake_->Emit(std::move(emission), std::move(responder), {.status = 200});
}

void PushIntake::Stop(absl::Duration patience,
                      absl::AnyInvocable<void()> done) {
  intake_->Stop(patience, std::move(done));
}

}  // namespace sluice::disruptive
