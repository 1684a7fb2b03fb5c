#include "pipeline/abi/host/library_source.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::abi {
namespace {

// Protobuf's limit on a message; EventBatch cannot hold more.
constexpr size_t kMaxEmissionBytes = INT32_MAX;

// Adds up sizes; false once they are over the limit, or point nowhere.
class SizeCheck {
 public:
  bool Add(SluiceBytes bytes) {
    if (!IsValid(bytes) || bytes.size > kMaxEmissionBytes - total_) {
      return false;
    }
    total_ += bytes.size;
    return true;
  }

 private:
  size_t total_ = 0;
};

absl::Status CheckSizes(const SluiceEmission& emission) {
  const auto wrong = [] {
    return absl::InvalidArgumentError(
        "it is over 2 GiB, or points to bytes that are nowhere");
  };
  SizeCheck check;
  if (!check.Add(emission.events)) return wrong();
  if (emission.checkpoint != nullptr && !check.Add(*emission.checkpoint)) {
    return wrong();
  }
  if (emission.malformed_count != 0 && emission.malformed == nullptr) {
    return wrong();
  }
  for (size_t i = 0; i < emission.malformed_count; ++i) {
    const SluiceMalformed& malformed = emission.malformed[i];
    if (!check.Add(malformed.bytes) || !check.Add(malformed.reason) ||
        !check.Add(malformed.message)) {
      return wrong();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Emission> ReadEmission(const SluiceEmission& from) {
  if (absl::Status status = CheckSizes(from); !status.ok()) return status;
  Emission emission;
  if (from.events.size != 0) {
    absl::StatusOr<EventBatchPtr> events =
        EventBatch::Parse(std::string(ToView(from.events)));
    if (!events.ok()) return events.status();
    emission.events = *std::move(events);
  }
  for (size_t i = 0; i < from.malformed_count; ++i) {
    const SluiceMalformed& malformed = from.malformed[i];
    emission.malformed.push_back({std::string(ToView(malformed.bytes)),
                                  Text(malformed.reason, kMaxReasonBytes),
                                  Text(malformed.message)});
  }
  if (from.checkpoint != nullptr) {
    emission.checkpoint = std::string(ToView(*from.checkpoint));
  }
  return emission;
}

}  // namespace

LibrarySource::~LibrarySource() {
  *alive_ = false;
  if (host_ != nullptr && !stopped_) {
    host_->Complain("did not stop, and is left as it is");
    instance_.Abandon();
  }
  // The component may use its handle until it is destroyed.
  const Instance ending = std::move(instance_);
}

SourceTraits LibrarySource::traits() const {
  SourceTraits traits;
  if (functions().traits == nullptr) return traits;
  SluiceSourceTraits crossed = {sizeof(SluiceSourceTraits),
                                static_cast<uint8_t>(traits.may_repeat)};
  functions().traits(instance_.get(), &crossed);
  traits.may_repeat = crossed.may_repeat != 0;
  return traits;
}

absl::Status LibrarySource::Start(const ComponentContext& context,
                                  Emitter* emitter,
                                  std::optional<std::string> checkpoint) {
  emitter_ = emitter;
  host_ = std::make_unique<ComponentHost>(context, instance_.plugin().label,
                                          static_cast<Owner*>(this));
  emits_ = true;
  SluiceStart start = host_->MakeStart();
  SluiceBytes checkpoint_bytes = {};
  if (checkpoint.has_value()) {
    checkpoint_bytes = ToBytes(*checkpoint);
    start.checkpoint = &checkpoint_bytes;
  }
  ErrorText error;
  const SluiceCode code =
      functions().start(instance_.get(), &start, error.receiver());
  if (code != SLUICE_OK) {
    emits_ = false;
    stopped_ = true;
  }
  return ToStatus(code, error);
}

void LibrarySource::Stop(absl::AnyInvocable<void()> done) {
  emits_ = false;
  if (host_ == nullptr || stopped_) {
    done();
    return;
  }
  done_ = std::move(done);
  functions().stop(instance_.get());
}

void LibrarySource::Stopped() {
  if (!done_) {
    host_->Complain(stopped_ ? "says twice that it has stopped"
                             : "says that it has stopped, unasked");
    return;
  }
  stopped_ = true;
  std::exchange(done_, nullptr)();
}

bool LibrarySource::finished() const {
  return functions().finished != nullptr &&
         functions().finished(instance_.get()) != 0;
}

SluiceCode LibrarySource::Emit(const SluiceEmission* borrowed) {
  if (!emits_) return SLUICE_FAILED_PRECONDITION;
  const SluiceEmission crossed = ReadStruct(borrowed);
  absl::StatusOr<Emission> emission = ReadEmission(crossed);
  if (!emission.ok()) {
    host_->Complain(absl::StrCat("emits what cannot be read: ",
                                 std::string(emission.status().message())));
    return SLUICE_INVALID_ARGUMENT;
  }
  if (crossed.emission != 0 && functions().acknowledged != nullptr) {
    emission->on_acknowledged = [this, alive = alive_, id = crossed.emission](
                                    const absl::Status& status) {
      if (*alive) Acknowledged(id, status);
    };
  }
  return emitter_->TryEmit(*emission) ? SLUICE_OK : SLUICE_RESOURCE_EXHAUSTED;
}

void LibrarySource::Acknowledged(uint64_t emission,
                                 const absl::Status& status) {
  functions().acknowledged(instance_.get(), emission,
                           static_cast<SluiceCode>(status.code()),
                           {status.message().data(), status.message().size()});
}

void LibrarySource::NotifyWhenReady() {
  if (!emits_ || functions().ready == nullptr) return;
  emitter_->NotifyWhenReady([this, alive = alive_] {
    if (*alive && emits_) functions().ready(instance_.get());
  });
}

}  // namespace sluice::abi
