#include "pipeline/plugin_process/process_sink.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipeline/plugin_process/launch.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

constexpr uint64_t kMaxEvents = 1'000'000;
constexpr absl::Duration kMaxTimeout = absl::Hours(24);

// Reasons group things, and become labels of metrics.
constexpr size_t kMaxReasonBytes = 64;

// Of a message around its events: numbers of an event, and what stands before.
constexpr size_t kBytesPerEvent = 32;
constexpr size_t kBytesPerMessage = 1024;

// A sink answers within its timeout; a process that takes so much longer hangs.
// Below the 2 at which the pipeline gives a delivery up.
constexpr double kOverdueTimeouts = 1.5;

// Before the pipeline tries anew what no process took.
constexpr absl::Duration kLeastWait = absl::Milliseconds(100);

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<Outcome> ReadOutcome(const plugin::v1::Outcome& crossed) {
  Outcome outcome;
  switch (crossed.kind()) {
    case plugin::v1::Outcome::DELIVERED:
      outcome.kind = Outcome::Kind::kDelivered;
      break;
    case plugin::v1::Outcome::RETRY:
      outcome.kind = Outcome::Kind::kRetry;
      break;
    case plugin::v1::Outcome::REJECTED:
      outcome.kind = Outcome::Kind::kRejected;
      break;
    case plugin::v1::Outcome::UNKNOWN:
      outcome.kind = Outcome::Kind::kUnknown;
      break;
    case plugin::v1::Outcome::NOT_TRIED:
      outcome.kind = Outcome::Kind::kNotTried;
      break;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("answered an outcome that there is not, of kind ",
                       static_cast<int>(crossed.kind())));
  }
  outcome.message = BoundedText(crossed.message());
  outcome.reason = BoundedText(crossed.reason(), kMaxReasonBytes);
  return outcome;
}

absl::StatusOr<DeliveryResult> ReadAnswer(const plugin::v1::Answer& answer,
                                          size_t events) {
  const size_t count = static_cast<size_t>(answer.outcomes_size());
  const bool may_be_none = answer.has_misconfigured();
  if (count != events && count != 1 && !(count == 0 && may_be_none)) {
    return absl::InvalidArgumentError(
        absl::StrCat("answered ", count, " outcomes for ", events, " events"));
  }
  DeliveryResult result;
  for (const plugin::v1::Outcome& crossed : answer.outcomes()) {
    SLUICE_ASSIGN_OR_RETURN(Outcome outcome, ReadOutcome(crossed));
    result.outcomes.push_back(std::move(outcome));
  }
  if (answer.has_retry_after()) {
    result.retry_after = std::clamp(FromProto(answer.retry_after()),
                                    absl::ZeroDuration(), kMaxTimeout);
  }
  if (answer.has_misconfigured()) {
    result.misconfigured =
        absl::FailedPreconditionError(BoundedText(answer.misconfigured()));
  }
  return result;
}

size_t WireBytes(const Delivery& delivery) {
  size_t bytes = kBytesPerMessage;
  for (const DeliveryItem& item : delivery.items) {
    bytes += item.event.wire().size() + kBytesPerEvent;
  }
  return bytes;
}

HostMessage MessageOf(uint64_t id, const Delivery& delivery) {
  HostMessage message;
  plugin::v1::Delivery& crossing = *message.mutable_delivery();
  crossing.set_delivery(id);
  EventBatchBuilder builder;
  builder.Reserve(delivery.items.size(), WireBytes(delivery));
  for (const DeliveryItem& item : delivery.items) {
    builder.AddWire(item.event.wire());
    crossing.add_sequences(item.sequence);
    crossing.add_attempts(item.attempt);
  }
  const EventBatchPtr batch = builder.Build();
  crossing.set_events(batch->wire().data(), batch->wire().size());
  const int64_t nanos = absl::ToInt64Nanoseconds(delivery.timeout);
  crossing.mutable_timeout()->set_seconds(nanos / 1'000'000'000);
  crossing.mutable_timeout()->set_nanos(
      static_cast<int32_t>(nanos % 1'000'000'000));
  return message;
}

}  // namespace

SinkTraits ReadSinkTraits(const plugin::v1::SinkTraits& crossed,
                          size_t max_message_bytes) {
  SinkTraits traits;
  if (crossed.has_max_batch_events()) {
    traits.max_batch_events = crossed.max_batch_events();
  }
  if (crossed.has_max_batch_bytes()) {
    traits.max_batch_bytes = crossed.max_batch_bytes();
  }
  if (crossed.has_max_in_flight()) {
    traits.max_in_flight = crossed.max_in_flight();
  }
  if (crossed.has_timeout()) traits.timeout = FromProto(crossed.timeout());
  traits.idempotent = crossed.idempotent();
  traits.max_batch_events =
      std::clamp<uint64_t>(traits.max_batch_events, 1, kMaxEvents);
  traits.max_in_flight =
      std::clamp<uint64_t>(traits.max_in_flight, 1, kMaxEvents);
  traits.timeout =
      std::clamp(traits.timeout, absl::Milliseconds(1), kMaxTimeout);
  // Half of a message is left for the numbers of small events.
  traits.max_batch_bytes =
      std::clamp<uint64_t>(traits.max_batch_bytes, 1, max_message_bytes / 2);
  const size_t numbers = max_message_bytes / 2 - kBytesPerMessage;
  traits.max_batch_events =
      std::min<uint64_t>(traits.max_batch_events, numbers / kBytesPerEvent);
  return traits;
}

ProcessSink::~ProcessSink() {
  for (auto& [id, open] : open_) executor_->Cancel(open.timer);
}

absl::Status ProcessSink::Start(const ComponentContext& context) {
  executor_ = context.executor;
  supervisor_.Start(context);
  return absl::OkStatus();
}

void ProcessSink::Deliver(Delivery delivery, DeliverCallback done) {
  const PluginChoice& choice = supervisor_.choice();
  if (WireBytes(delivery) > choice.program->max_message_bytes) {
    return done(DeliveryResult::All(Outcome::Rejected(
        "too_large",
        absl::StrCat(WireBytes(delivery),
                     " bytes do not fit into a message to ", choice.label(),
                     "; raise its max_message_bytes"))));
  }
  const uint64_t id = ++last_delivery_;
  Open& open = open_[id];
  open.delivery = std::move(delivery);
  open.done = std::move(done);
  if (supervisor_.running()) {
    Send(id, open);
  } else {
    open.timer = executor_->PostAfter(open.delivery.timeout,
                                      [this, id] { GiveUpWaiting(id); });
  }
}

void ProcessSink::Send(uint64_t id, Open& open) {
  executor_->Cancel(open.timer);
  open.sent = true;
  open.timer = executor_->PostAfter(kOverdueTimeouts * open.delivery.timeout,
                                    [this, id] { GiveUpAnswer(id); });
  supervisor_.Send(MessageOf(id, open.delivery));
}

void ProcessSink::GiveUpWaiting(uint64_t id) {
  DeliveryResult result = DeliveryResult::All(Outcome::NotTried());
  result.retry_after = std::max(supervisor_.until_start(), kLeastWait);
  Complete(id, std::move(result));
}

void ProcessSink::GiveUpAnswer(uint64_t id) {
  // OnLost() answers it, and the others that the process has.
  supervisor_.Fault(absl::StrCat(
      "hangs: delivery ", id, " was not answered within ",
      absl::FormatDuration(kOverdueTimeouts * open_.at(id).delivery.timeout)));
}

void ProcessSink::OnRunning() {
  for (auto& [id, open] : open_) {
    if (!open.sent) Send(id, open);
  }
}

absl::Status ProcessSink::OnMessage(PluginMessage& message) {
  if (!message.has_answer()) {
    return absl::InvalidArgumentError(
        "says what only a source has to say, and is a sink");
  }
  const plugin::v1::Answer& answer = message.answer();
  const auto found = open_.find(answer.delivery());
  if (found == open_.end() || !found->second.sent) {
    return absl::InvalidArgumentError(
        absl::StrCat("answered delivery ", answer.delivery(),
                     ", which is not open: it never was, or was answered "
                     "before"));
  }
  SLUICE_ASSIGN_OR_RETURN(
      DeliveryResult result,
      ReadAnswer(answer, found->second.delivery.items.size()));
  Complete(answer.delivery(), std::move(result));
  return absl::OkStatus();
}

void ProcessSink::OnLost(const std::string& why,
                         std::deque<HostMessage> unsent) {
  for (const HostMessage& message : unsent) {
    const auto found = open_.find(message.delivery().delivery());
    if (found == open_.end()) continue;
    Open& open = found->second;
    open.sent = false;
    executor_->Cancel(open.timer);
    open.timer =
        executor_->PostAfter(open.delivery.timeout,
                             [this, id = found->first] { GiveUpWaiting(id); });
  }
  std::vector<uint64_t> lost;
  for (const auto& [id, open] : open_) {
    if (open.sent) lost.push_back(id);
  }
  for (const uint64_t id : lost) {
    Complete(id, DeliveryResult::All(Outcome::Unknown(why)));
  }
}

void ProcessSink::Stop(absl::AnyInvocable<void()> done) {
  std::vector<uint64_t> waiting;
  for (const auto& [id, open] : open_) {
    if (!open.sent) waiting.push_back(id);
  }
  for (const uint64_t id : waiting) {
    Complete(id, DeliveryResult::All(Outcome::NotTried()));
  }
  supervisor_.Stop([this, done = std::move(done)]() mutable {
    // Those that were put back while it stopped.
    while (!open_.empty()) {
      Complete(open_.begin()->first, DeliveryResult::All(Outcome::NotTried()));
    }
    done();
  });
}

void ProcessSink::Complete(uint64_t id, DeliveryResult result) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  DeliverCallback done = std::move(found->second.done);
  executor_->Cancel(found->second.timer);
  open_.erase(found);
  std::move(done)(std::move(result));
}

}  // namespace sluice::plugin_process
