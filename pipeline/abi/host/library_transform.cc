#include "pipeline/abi/host/library_transform.h"

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice::abi {
namespace {

// The largest event any pipeline takes (docs/configuration.md).
constexpr size_t kMaxEventBytes = size_t{64} << 20;

// Takes what comes out for one event.
class Output {
 public:
  Output(const EventView& event, TransformOutput& output)
      : event_(event), output_(output) {}

  // The first thing that was wrong.
  const absl::Status& status() const { return status_; }

  SluiceTransformOutput Crossing() {
    return {sizeof(SluiceTransformOutput), this, Pass, Emit};
  }

 private:
  static void Pass(void* context) noexcept {
    auto& self = *static_cast<Output*>(context);
    self.output_.Pass(self.event_);
  }

  static void Emit(void* context, SluiceBytes event) noexcept {
    auto& self = *static_cast<Output*>(context);
    if (!IsValid(event) || event.size > kMaxEventBytes) {
      self.status_.Update(
          absl::InvalidArgumentError("an event is over 64 MiB, or nowhere"));
      return;
    }
    const absl::StatusOr<EventView> view = EventView::Parse(ToView(event));
    self.status_.Update(view.status());
    if (view.ok()) self.output_.Pass(*view);
  }

  const EventView& event_;
  TransformOutput& output_;
  absl::Status status_;
};

}  // namespace

absl::Status LibraryTransform::Apply(const EventView& event,
                                     TransformOutput& output) {
  Output taken(event, output);
  const SluiceTransformOutput crossing = taken.Crossing();
  ErrorText error;
  const SluiceCode code = instance_.plugin().transform.apply(
      instance_.get(), ToBytes(event.wire()), &crossing, error.receiver());
  SLUICE_RETURN_IF_ERROR(ToStatus(code, error));
  if (taken.status().ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      instance_.plugin().label,
      " put out what is no event: ", std::string(taken.status().message())));
}

}  // namespace sluice::abi
