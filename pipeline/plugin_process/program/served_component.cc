#include "pipeline/plugin_process/program/served_component.h"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;

// How often a source is asked whether it is finished.
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(20);

// Of an event that does not fit into a message this much is kept.
constexpr size_t kKeptBytes = size_t{4} << 10;
// Of a message around its events.
constexpr size_t kBytesPerMessage = 1024;
constexpr size_t kBytesPerEvent = 16;

plugin::v1::Outcome::Kind KindOf(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kDelivered:
      return plugin::v1::Outcome::DELIVERED;
    case Outcome::Kind::kRetry:
      return plugin::v1::Outcome::RETRY;
    case Outcome::Kind::kRejected:
      return plugin::v1::Outcome::REJECTED;
    case Outcome::Kind::kUnknown:
      return plugin::v1::Outcome::UNKNOWN;
    case Outcome::Kind::kNotTried:
      return plugin::v1::Outcome::NOT_TRIED;
  }
  return plugin::v1::Outcome::KIND_UNSPECIFIED;
}

PluginMessage AnswerOf(uint64_t id, const DeliveryResult& result) {
  PluginMessage message;
  plugin::v1::Answer& answer = *message.mutable_answer();
  answer.set_delivery(id);
  for (const Outcome& outcome : result.outcomes) {
    plugin::v1::Outcome& crossing = *answer.add_outcomes();
    crossing.set_kind(KindOf(outcome.kind));
    crossing.set_message(outcome.message);
    crossing.set_reason(outcome.reason);
  }
  if (result.retry_after.has_value()) {
    const int64_t nanos = absl::ToInt64Nanoseconds(*result.retry_after);
    answer.mutable_retry_after()->set_seconds(nanos / 1'000'000'000);
    answer.mutable_retry_after()->set_nanos(
        static_cast<int32_t>(nanos % 1'000'000'000));
  }
  if (!result.misconfigured.ok()) {
    answer.set_misconfigured(std::string(result.misconfigured.message()));
  }
  return message;
}

absl::StatusOr<Delivery> ReadDelivery(const plugin::v1::Delivery& crossed) {
  SLUICE_ASSIGN_OR_RETURN(EventBatchPtr batch,
                          EventBatch::Parse(crossed.events()));
  const size_t count = batch->size();
  if (count == 0 || static_cast<size_t>(crossed.sequences_size()) != count ||
      static_cast<size_t>(crossed.attempts_size()) != count) {
    return absl::InvalidArgumentError("a delivery without its numbers");
  }
  Delivery delivery;
  for (size_t i = 0; i < count; ++i) {
    const int at = static_cast<int>(i);
    delivery.items.push_back(
        {crossed.sequences(at), batch->event(i), crossed.attempts(at)});
  }
  delivery.batches.push_back(std::move(batch));
  delivery.timeout = absl::Seconds(crossed.timeout().seconds()) +
                     absl::Nanoseconds(crossed.timeout().nanos());
  return delivery;
}

class ServedSink final : public ServedComponent {
 public:
  ServedSink(std::unique_ptr<Sink> sink, ComponentContext context,
             Outbox* outbox)
      : context_(std::move(context)), outbox_(outbox), sink_(std::move(sink)) {}
  ~ServedSink() override { *alive_ = false; }

  absl::Status Start(const plugin::v1::Start&) override {
    return sink_->Start(context_);
  }

  absl::Status OnMessage(const HostMessage& message) override {
    if (!message.has_delivery()) return absl::OkStatus();
    SLUICE_ASSIGN_OR_RETURN(Delivery delivery,
                            ReadDelivery(message.delivery()));
    sink_->Deliver(std::move(delivery),
                   [this, alive = alive_, id = message.delivery().delivery()](
                       const DeliveryResult& result) {
                     if (*alive) outbox_->Send(AnswerOf(id, result));
                   });
    return absl::OkStatus();
  }

  void Stop(absl::AnyInvocable<void()> done) override {
    sink_->Stop(std::move(done));
  }

 private:
  const ComponentContext context_;
  Outbox* const outbox_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const std::unique_ptr<Sink> sink_;
};

// Sends emissions as far as there is credit. One that does not fit into a
// message goes in several, of which the last has the checkpoint.
class CreditEmitter final : public Emitter {
 public:
  CreditEmitter(Outbox* outbox, size_t max_message_bytes)
      : outbox_(outbox),
        max_events_bytes_(max_message_bytes / 2 - kBytesPerMessage) {}

  bool TryEmit(Emission& emission) override {
    if (!waiting_.empty() || credit_ == 0) return false;
    Split(emission);
    Pump();
    return true;
  }

  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
  }

  void AddCredit(uint64_t emissions) {
    credit_ += emissions;
    Pump();
    if (waiting_.empty() && credit_ > 0 && ready_) {
      std::exchange(ready_, nullptr)();
    }
  }

  void Acknowledge(uint64_t id, const absl::Status& status) {
    const auto found = acknowledged_.find(id);
    if (found == acknowledged_.end()) return;
    auto callback = std::move(found->second);
    acknowledged_.erase(found);
    callback(status);
  }

  void AcknowledgeAll(const absl::Status& status) {
    while (!acknowledged_.empty()) {
      Acknowledge(acknowledged_.begin()->first, status);
    }
  }

  bool empty() const { return waiting_.empty(); }

 private:
  void Split(Emission& emission) {
    EventBatchBuilder builder;
    const size_t count =
        emission.events == nullptr ? 0 : emission.events->size();
    for (size_t i = 0; i < count; ++i) {
      const std::string_view wire = emission.events->event_wire(i);
      if (builder.wire_size() + wire.size() + kBytesPerEvent >
          max_events_bytes_) {
        Queue(builder);
      }
      if (wire.size() + kBytesPerEvent > max_events_bytes_) {
        AddTooLarge(wire);
      } else {
        builder.AddWire(wire);
      }
    }
    for (const MalformedInput& malformed : emission.malformed) {
      Queue(builder);
      AddMalformed(malformed);
    }
    Queue(builder);
    if (waiting_.empty()) waiting_.emplace_back();
    plugin::v1::Emission& last = waiting_.back();
    if (emission.checkpoint.has_value()) {
      last.set_checkpoint(*emission.checkpoint);
    }
    if (emission.on_acknowledged) {
      last.set_emission(++last_id_);
      acknowledged_[last_id_] = std::move(emission.on_acknowledged);
    }
  }

  void Queue(EventBatchBuilder& builder) {
    if (builder.empty()) return;
    const EventBatchPtr batch = builder.Build();
    waiting_.emplace_back().set_events(batch->wire().data(),
                                       batch->wire().size());
  }

  void AddMalformed(const MalformedInput& malformed) {
    plugin::v1::Malformed& crossing = *waiting_.emplace_back().add_malformed();
    crossing.set_bytes(malformed.bytes.substr(0, max_events_bytes_));
    crossing.set_reason(malformed.reason);
    crossing.set_message(malformed.message);
  }

  void AddTooLarge(std::string_view wire) {
    AddMalformed({std::string(wire.substr(0, kKeptBytes)), "too_large",
                  absl::StrCat("an event of ", wire.size(),
                               " bytes does not fit into a message of a plugin "
                               "process; raise its max_message_bytes. Only its "
                               "beginning is kept")});
  }

  void Pump() {
    while (credit_ > 0 && !waiting_.empty()) {
      PluginMessage message;
      *message.mutable_emission() = std::move(waiting_.front());
      waiting_.pop_front();
      --credit_;
      outbox_->Send(message);
    }
  }

  Outbox* const outbox_;
  const size_t max_events_bytes_;
  uint64_t credit_ = 0;
  uint64_t last_id_ = 0;
  std::deque<plugin::v1::Emission> waiting_;
  absl::AnyInvocable<void()> ready_;
  std::map<uint64_t, absl::AnyInvocable<void(absl::Status)>> acknowledged_;
};

class ServedSource final : public ServedComponent {
 public:
  ServedSource(std::unique_ptr<Source> source, ComponentContext context,
               Outbox* outbox, size_t max_message_bytes)
      : context_(std::move(context)),
        outbox_(outbox),
        emitter_(outbox, max_message_bytes),
        source_(std::move(source)) {}
  ~ServedSource() override { context_.executor->Cancel(timer_); }

  absl::Status Start(const plugin::v1::Start& start) override {
    std::optional<std::string> checkpoint;
    if (start.has_checkpoint()) checkpoint = start.checkpoint();
    SLUICE_RETURN_IF_ERROR(
        source_->Start(context_, &emitter_, std::move(checkpoint)));
    // After the answer to the start.
    context_.executor->Post(
        [this, alive = std::weak_ptr<bool>(alive_), credit = start.credit()] {
          if (alive.expired()) return;
          emitter_.AddCredit(credit);
          LookWhetherFinished();
        });
    return absl::OkStatus();
  }

  absl::Status OnMessage(const HostMessage& message) override {
    if (message.has_credit()) {
      emitter_.AddCredit(message.credit().emissions());
    } else if (message.has_acknowledgement()) {
      const std::string& error = message.acknowledgement().error();
      emitter_.Acknowledge(
          message.acknowledgement().emission(),
          error.empty() ? absl::OkStatus() : absl::CancelledError(error));
    }
    return absl::OkStatus();
  }

  void Stop(absl::AnyInvocable<void()> done) override {
    stopping_ = true;
    source_->Stop([this, done = std::move(done)]() mutable {
      emitter_.AcknowledgeAll(absl::CancelledError("the pipeline stops"));
      done();
    });
  }

 private:
  void LookWhetherFinished() {
    if (stopping_) return;
    if (source_->finished() && emitter_.empty()) {
      PluginMessage message;
      message.mutable_finished();
      return outbox_->Send(message);
    }
    timer_ = context_.executor->PostAfter(kBetweenLooks,
                                          [this] { LookWhetherFinished(); });
  }

  const ComponentContext context_;
  Outbox* const outbox_;
  CreditEmitter emitter_;
  Executor::TimerId timer_ = 0;
  bool stopping_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const std::unique_ptr<Source> source_;
};

absl::Status NoSuchPlugin(const plugin::v1::Start& start) {
  return absl::InvalidArgumentError(absl::StrCat(
      "this program has no plugin ", start.plugin(), " of that kind"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ReadConfig(
    const google::protobuf::Message& prototype, const std::string& config) {
  std::unique_ptr<google::protobuf::Message> message(prototype.New());
  if (!message->ParseFromString(config)) {
    return absl::InvalidArgumentError(
        "the configuration that sluice passes on cannot be read");
  }
  return message;
}

absl::StatusOr<std::unique_ptr<ServedComponent>> MakeServed(
    const PluginRegistry& registry, const plugin::v1::Start& start,
    const ComponentContext& context, Outbox* outbox, size_t max_message_bytes) {
  if (start.kind() == plugin::v1::SINK) {
    const auto* entry = registry.sink(start.plugin());
    if (entry == nullptr) return NoSuchPlugin(start);
    SLUICE_ASSIGN_OR_RETURN(const auto config,
                            ReadConfig(*entry->config, start.config()));
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Sink> sink, entry->create(*config));
    return std::make_unique<ServedSink>(std::move(sink), context, outbox);
  }
  const auto* entry = registry.source(start.plugin());
  if (entry == nullptr || start.kind() != plugin::v1::SOURCE) {
    return NoSuchPlugin(start);
  }
  SLUICE_ASSIGN_OR_RETURN(const auto config,
                          ReadConfig(*entry->config, start.config()));
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Source> source,
                          entry->create(*config));
  return std::make_unique<ServedSource>(std::move(source), context, outbox,
                                        max_message_bytes);
}

}  // namespace sluice::plugin_process
