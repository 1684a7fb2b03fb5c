#include "pipeline/abi/library/exported_source.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/library/guarded.h"
#include "pipeline/abi/library/surroundings.h"
#include "storage/base/to_absl.h"

namespace sluice::abi {
namespace {

// A source with its end of the queue, which is the host's.
class ExportedSource final : public Emitter {
 public:
  ExportedSource(const SluiceHost* host, std::unique_ptr<Source> source)
      : host_(host), source_(std::move(source)) {}

  Source& source() { return *source_; }
  const HostPort& port() const { return surroundings_->port(); }

  absl::Status Start(const SluiceStart& start) {
    surroundings_ = Surroundings::Make(host_, start);
    std::optional<std::string> checkpoint;
    if (start.checkpoint != nullptr) {
      checkpoint = std::string(ToView(*start.checkpoint));
    }
    return source_->Start(surroundings_->context(), this,
                          std::move(checkpoint));
  }

  void Ready() {
    if (ready_) std::exchange(ready_, nullptr)();
  }

  void Acknowledged(uint64_t emission, const absl::Status& status) {
    const auto found = waiting_.find(emission);
    if (found == waiting_.end()) return;
    auto callback = std::move(found->second);
    waiting_.erase(found);
    callback(status);
  }

  // Emitter:
  bool TryEmit(Emission& emission) override;
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
    host_->notify_when_ready(port().component);
  }

 private:
  const SluiceHost* const host_;
  // Outlives the source.
  std::shared_ptr<Surroundings> surroundings_;
  absl::AnyInvocable<void()> ready_;
  uint64_t last_emission_ = 0;
  // Emissions whose fate the source wants to know.
  std::map<uint64_t, absl::AnyInvocable<void(absl::Status)>> waiting_;
  const std::unique_ptr<Source> source_;
};

bool ExportedSource::TryEmit(Emission& emission) {
  SluiceEmission crossing = {};
  crossing.struct_size = sizeof(crossing);
  if (emission.events != nullptr) {
    crossing.events = ToBytes(emission.events->wire());
  }
  std::vector<SluiceMalformed> malformed;
  for (const MalformedInput& input : emission.malformed) {
    malformed.push_back(
        {ToBytes(input.bytes), ToBytes(input.reason), ToBytes(input.message)});
  }
  crossing.malformed = malformed.data();
  crossing.malformed_count = malformed.size();
  SluiceBytes checkpoint = {};
  if (emission.checkpoint.has_value()) {
    checkpoint = ToBytes(*emission.checkpoint);
    crossing.checkpoint = &checkpoint;
  }
  if (emission.on_acknowledged) {
    // It may be called before emit() returns.
    crossing.emission = ++last_emission_;
    waiting_.emplace(crossing.emission, std::move(emission.on_acknowledged));
  }
  if (host_->emit(port().component, &crossing) == SLUICE_OK) return true;
  // Untouched. What cannot be read will not be taken at the next try either,
  // but is not lost silently: the host has said so in its log.
  const auto found = waiting_.find(crossing.emission);
  if (found != waiting_.end()) {
    emission.on_acknowledged = std::move(found->second);
    waiting_.erase(found);
  }
  return false;
}

ExportedSource& At(void* instance) {
  return *static_cast<ExportedSource*>(instance);
}

SluiceCode Start(void* instance, const SluiceStart* start,
                 const SluiceErrorReceiver* error) noexcept {
  return Return(Guarded([&] { return At(instance).Start(ReadStruct(start)); }),
                error);
}

void Stop(void* instance) noexcept {
  const HostPort port = At(instance).port();
  GuardedTask(*port.host, port.component, [&] {
    At(instance).source().Stop([port] { port.host->stopped(port.component); });
  });
}

void Traits(void* instance, SluiceSourceTraits* traits) noexcept {
  if (SLUICE_HAS(traits, may_repeat)) {
    traits->may_repeat = At(instance).source().traits().may_repeat ? 1 : 0;
  }
}

void Ready(void* instance) noexcept {
  const HostPort port = At(instance).port();
  GuardedTask(*port.host, port.component, [&] { At(instance).Ready(); });
}

void Acknowledged(void* instance, uint64_t emission, SluiceCode code,
                  SluiceBytes message) noexcept {
  const HostPort port = At(instance).port();
  GuardedTask(*port.host, port.component, [&] {
    At(instance).Acknowledged(emission,
                              absl::Status(static_cast<absl::StatusCode>(code),
                                           ToAbsl(ToView(message))));
  });
}

uint8_t Finished(void* instance) noexcept {
  return At(instance).source().finished() ? 1 : 0;
}

}  // namespace

const SluiceSourceFunctions& ExportedSourceFunctions() {
  static const SluiceSourceFunctions functions = {
      .struct_size = sizeof(SluiceSourceFunctions),
      .start = Start,
      .stop = Stop,
      .traits = Traits,
      .ready = Ready,
      .acknowledged = Acknowledged,
      .finished = Finished,
  };
  return functions;
}

void* ExportSource(const SluiceHost* host, std::unique_ptr<Source> source) {
  return new ExportedSource(host, std::move(source));
}

void DestroyExportedSource(void* instance) noexcept { delete &At(instance); }

}  // namespace sluice::abi
