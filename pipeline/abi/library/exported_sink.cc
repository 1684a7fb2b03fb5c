#include "pipeline/abi/library/exported_sink.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/library/guarded.h"
#include "pipeline/abi/library/surroundings.h"
#include "storage/base/to_absl.h"

namespace sluice::abi {
namespace {

struct ExportedSink {
  const SluiceHost* host = nullptr;
  // Outlives the sink; null before the start.
  std::shared_ptr<Surroundings> surroundings;
  std::unique_ptr<Sink> sink;
};

ExportedSink& At(void* instance) {
  return *static_cast<ExportedSink*>(instance);
}

uint32_t KindOf(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::kDelivered:
      return SLUICE_OUTCOME_DELIVERED;
    case Outcome::Kind::kRetry:
      return SLUICE_OUTCOME_RETRY;
    case Outcome::Kind::kRejected:
      return SLUICE_OUTCOME_REJECTED;
    case Outcome::Kind::kUnknown:
      return SLUICE_OUTCOME_UNKNOWN;
    case Outcome::Kind::kNotTried:
      return SLUICE_OUTCOME_NOT_TRIED;
  }
  return 0;
}

void Complete(HostPort port, uint64_t delivery, const DeliveryResult& result) {
  std::vector<SluiceOutcome> outcomes;
  for (const Outcome& outcome : result.outcomes) {
    outcomes.push_back({KindOf(outcome.kind), ToBytes(outcome.message),
                        ToBytes(outcome.reason)});
  }
  int64_t retry_after = 0;
  SluiceDeliveryResult crossing = {};
  crossing.struct_size = sizeof(crossing);
  crossing.outcomes = outcomes.data();
  crossing.outcome_count = outcomes.size();
  if (result.retry_after.has_value()) {
    retry_after = ToNanos(*result.retry_after);
    crossing.retry_after_nanos = &retry_after;
  }
  crossing.misconfigured = static_cast<SluiceCode>(result.misconfigured.code());
  crossing.misconfigured_message =
      ToBytes(ToStd(result.misconfigured.message()));
  port.host->complete(port.component, delivery, &crossing);
}

// A copy: the bytes of the host are gone with the answer, and a sink may look
// at its events after it.
Delivery CopyDelivery(const SluiceDelivery& crossed) {
  size_t bytes = 0;
  for (size_t i = 0; i < crossed.item_count; ++i) {
    bytes += crossed.items[i].event.size;
  }
  EventBatchBuilder builder;
  builder.Reserve(crossed.item_count, bytes);
  for (size_t i = 0; i < crossed.item_count; ++i) {
    builder.AddWire(ToView(crossed.items[i].event));
  }
  Delivery delivery;
  delivery.batches.push_back(builder.Build());
  for (size_t i = 0; i < crossed.item_count; ++i) {
    delivery.items.push_back({crossed.items[i].sequence,
                              delivery.batches[0]->event(i),
                              crossed.items[i].attempt});
  }
  delivery.timeout = absl::Nanoseconds(crossed.timeout_nanos);
  return delivery;
}

SluiceCode Start(void* instance, const SluiceStart* start,
                 const SluiceErrorReceiver* error) noexcept {
  ExportedSink& exported = At(instance);
  return Return(Guarded([&] {
                  exported.surroundings =
                      Surroundings::Make(exported.host, ReadStruct(start));
                  return exported.sink->Start(exported.surroundings->context());
                }),
                error);
}

void Deliver(void* instance, const SluiceDelivery* borrowed) noexcept {
  const SluiceDelivery crossed = ReadStruct(borrowed);
  const HostPort port = At(instance).surroundings->port();
  const uint64_t id = crossed.delivery;
  const absl::Status status = Guarded([&] {
    At(instance).sink->Deliver(CopyDelivery(crossed),
                               [port, id](const DeliveryResult& result) {
                                 Complete(port, id, result);
                               });
    return absl::OkStatus();
  });
  if (status.ok()) return;
  Complete(
      port, id,
      DeliveryResult::All(Outcome::Unknown(std::string(status.message()))));
}

void Stop(void* instance) noexcept {
  const HostPort port = At(instance).surroundings->port();
  GuardedTask(*port.host, port.component, [&] {
    At(instance).sink->Stop([port] { port.host->stopped(port.component); });
  });
}

void Traits(void* instance, SluiceSinkTraits* crossing) noexcept {
  const SinkTraits traits = At(instance).sink->traits();
  // All of these were there in version 1.0.
  crossing->max_batch_events = traits.max_batch_events;
  crossing->max_batch_bytes = traits.max_batch_bytes;
  crossing->max_in_flight = traits.max_in_flight;
  crossing->timeout_nanos = ToNanos(traits.timeout);
  crossing->idempotent = traits.idempotent ? 1 : 0;
}

}  // namespace

const SluiceSinkFunctions& ExportedSinkFunctions() {
  static const SluiceSinkFunctions functions = {
      .struct_size = sizeof(SluiceSinkFunctions),
      .start = Start,
      .deliver = Deliver,
      .stop = Stop,
      .traits = Traits,
  };
  return functions;
}

void* ExportSink(const SluiceHost* host, std::unique_ptr<Sink> sink) {
  return new ExportedSink{host, nullptr, std::move(sink)};
}

void DestroyExportedSink(void* instance) noexcept { delete &At(instance); }

}  // namespace sluice::abi
