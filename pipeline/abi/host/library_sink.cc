#include "pipeline/abi/host/library_sink.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::abi {
namespace {

constexpr uint64_t kMaxEvents = 1'000'000;
constexpr uint64_t kMaxBytes = uint64_t{1} << 30;
constexpr absl::Duration kMaxTimeout = absl::Hours(24);

// The stop of a pipeline has no other limit on that of a sink.
constexpr absl::Duration kLongestStop = absl::Seconds(10);

// So many deliveries a sink that does not answer may pile up.
constexpr size_t kMaxOpenPerFlight = 2;

SinkTraits ReadTraits(const Instance& instance) {
  SinkTraits traits;
  const SluiceSinkFunctions& functions = instance.plugin().sink;
  if (functions.traits == nullptr) return traits;
  SluiceSinkTraits crossed = {
      .struct_size = sizeof(SluiceSinkTraits),
      .max_batch_events = traits.max_batch_events,
      .max_batch_bytes = traits.max_batch_bytes,
      .max_in_flight = traits.max_in_flight,
      .timeout_nanos = ToNanos(traits.timeout),
      .idempotent = static_cast<uint8_t>(traits.idempotent),
  };
  functions.traits(instance.get(), &crossed);
  traits.max_batch_events =
      std::clamp<uint64_t>(crossed.max_batch_events, 1, kMaxEvents);
  traits.max_batch_bytes =
      std::clamp<uint64_t>(crossed.max_batch_bytes, 1, kMaxBytes);
  traits.max_in_flight =
      std::clamp<uint64_t>(crossed.max_in_flight, 1, kMaxEvents);
  traits.timeout = std::clamp(absl::Nanoseconds(crossed.timeout_nanos),
                              absl::Milliseconds(1), kMaxTimeout);
  traits.idempotent = crossed.idempotent != 0;
  return traits;
}

// Null: there is no such kind.
const Outcome::Kind* KindOf(uint32_t crossed) {
  static constexpr Outcome::Kind kKinds[] = {
      Outcome::Kind::kDelivered, Outcome::Kind::kRetry,
      Outcome::Kind::kRejected, Outcome::Kind::kUnknown,
      Outcome::Kind::kNotTried};
  static_assert(SLUICE_OUTCOME_DELIVERED == 1 && SLUICE_OUTCOME_NOT_TRIED == 5);
  return crossed < SLUICE_OUTCOME_DELIVERED ||
                 crossed > SLUICE_OUTCOME_NOT_TRIED
             ? nullptr
             : &kKinds[crossed - SLUICE_OUTCOME_DELIVERED];
}

absl::StatusOr<std::vector<Outcome>> ReadOutcomes(
    const SluiceDeliveryResult& result, size_t events) {
  const size_t count = result.outcome_count;
  const bool may_be_none = result.misconfigured != SLUICE_OK;
  if (count != events && count != 1 && !(count == 0 && may_be_none)) {
    return absl::InvalidArgumentError(
        absl::StrCat(count, " outcomes for ", events, " events"));
  }
  if (count != 0 && result.outcomes == nullptr) {
    return absl::InvalidArgumentError("outcomes that are nowhere");
  }
  std::vector<Outcome> outcomes(count);
  for (size_t i = 0; i < count; ++i) {
    const SluiceOutcome& crossed = result.outcomes[i];
    const Outcome::Kind* kind = KindOf(crossed.kind);
    if (kind == nullptr || !IsValid(crossed.message) ||
        !IsValid(crossed.reason)) {
      return absl::InvalidArgumentError(
          absl::StrCat("an outcome that there is not, of kind ", crossed.kind));
    }
    outcomes[i].kind = *kind;
    outcomes[i].message = Text(crossed.message);
    outcomes[i].reason = Text(crossed.reason, kMaxReasonBytes);
  }
  return outcomes;
}

absl::StatusOr<DeliveryResult> ReadResult(const SluiceDeliveryResult* borrowed,
                                          size_t events) {
  const SluiceDeliveryResult crossed = ReadStruct(borrowed);
  absl::StatusOr<std::vector<Outcome>> outcomes = ReadOutcomes(crossed, events);
  if (!outcomes.ok()) return outcomes.status();
  DeliveryResult result;
  result.outcomes = *std::move(outcomes);
  if (crossed.retry_after_nanos != nullptr) {
    result.retry_after =
        std::clamp(absl::Nanoseconds(*crossed.retry_after_nanos),
                   absl::ZeroDuration(), kMaxTimeout);
  }
  if (crossed.misconfigured != SLUICE_OK) {
    result.misconfigured =
        absl::FailedPreconditionError(Text(crossed.misconfigured_message));
  }
  return result;
}

}  // namespace

LibrarySink::LibrarySink(Instance instance)
    : instance_(std::move(instance)), traits_(ReadTraits(instance_)) {}

LibrarySink::~LibrarySink() {
  if (host_ != nullptr && !stopped_) {
    executor_->Cancel(stop_timer_);
    host_->Complain("did not stop, and is left as it is");
    instance_.Abandon();
    // It may be reading what it has not answered, so that stays, too.
    static auto* const kept =
        new std::vector<std::map<uint64_t, std::unique_ptr<Open>>>;
    kept->push_back(std::move(open_));
  }
  // The component may use its handle until it is destroyed.
  const Instance ending = std::move(instance_);
}

absl::Status LibrarySink::Start(const ComponentContext& context) {
  executor_ = context.executor;
  host_ = std::make_unique<ComponentHost>(context, instance_.plugin().label,
                                          static_cast<Owner*>(this));
  const SluiceStart start = host_->MakeStart();
  ErrorText error;
  const SluiceCode code =
      functions().start(instance_.get(), &start, error.receiver());
  stopped_ = code != SLUICE_OK;
  return ToStatus(code, error);
}

void LibrarySink::Deliver(Delivery delivery, DeliverCallback done) {
  if (open_.size() >= kMaxOpenPerFlight * traits_.max_in_flight) {
    // The pipeline has given most of them up; what they hold is still there.
    done(DeliveryResult::All(Outcome::Retry(
        absl::StrCat(instance_.plugin().label, " has not answered ",
                     open_.size(), " deliveries"))));
    return;
  }
  const uint64_t id = ++last_delivery_;
  auto owned = std::make_unique<Open>();
  owned->delivery = std::move(delivery);
  owned->done = std::move(done);
  for (const DeliveryItem& item : owned->delivery.items) {
    owned->items.push_back(
        {item.sequence, ToBytes(item.event.wire()), item.attempt});
  }
  const SluiceDelivery crossing = {
      .struct_size = sizeof(SluiceDelivery),
      .delivery = id,
      .items = owned->items.data(),
      .item_count = owned->items.size(),
      .timeout_nanos = ToNanos(owned->delivery.timeout),
  };
  open_.emplace(id, std::move(owned));
  functions().deliver(instance_.get(), &crossing);
}

SluiceCode LibrarySink::Complete(uint64_t delivery,
                                 const SluiceDeliveryResult* result) {
  const auto found = open_.find(delivery);
  if (found == open_.end() || !found->second->done) {
    host_->Complain(
        absl::StrCat("answered delivery ", delivery, ", which is not open"));
    return SLUICE_FAILED_PRECONDITION;
  }
  absl::StatusOr<DeliveryResult> read =
      ReadResult(result, found->second->items.size());
  const bool good = read.ok();
  if (!good) {
    const std::string what =
        absl::StrCat("answered ", std::string(read.status().message()));
    host_->Complain(what);
    read = DeliveryResult::All(
        Outcome::Unknown(absl::StrCat(instance_.plugin().label, " ", what)));
  }
  const std::unique_ptr<Open> open = std::move(found->second);
  open_.erase(found);
  open->done(*std::move(read));
  return good ? SLUICE_OK : SLUICE_INVALID_ARGUMENT;
}

void LibrarySink::Stop(absl::AnyInvocable<void()> done) {
  if (host_ == nullptr || stopped_) {
    done();
    return;
  }
  done_ = std::move(done);
  stop_timer_ =
      executor_->PostAfter(kLongestStop, [this] { GiveUpStopping(); });
  functions().stop(instance_.get());
}

void LibrarySink::Stopped() {
  if (!done_) {
    host_->Complain(stopped_ ? "says twice that it has stopped"
                             : "says that it has stopped, unasked");
    return;
  }
  stopped_ = true;
  executor_->Cancel(stop_timer_);
  AnswerOpen("stopped without an answer");
  open_.clear();
  std::exchange(done_, nullptr)();
}

void LibrarySink::GiveUpStopping() {
  AnswerOpen("neither answers nor stops");
  std::exchange(done_, nullptr)();
}

void LibrarySink::AnswerOpen(std::string_view why) {
  for (auto& [id, open] : open_) {
    if (!open->done) continue;
    std::exchange(open->done, nullptr)(DeliveryResult::All(Outcome::Unknown(
        absl::StrCat(instance_.plugin().label, " ", std::string(why)))));
  }
}

}  // namespace sluice::abi
