#include "pipeline/abi/library/exported_transform.h"

#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/library/guarded.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"

namespace sluice::abi {
namespace {

// The output of one event, which is the host's.
class HostOutput final : public TransformOutput {
 public:
  HostOutput(SluiceBytes event, const SluiceTransformOutput* output)
      : event_(event), output_(output) {}

  void Pass(const EventView& event) override {
    if (event.wire().data() == event_.data &&
        event.wire().size() == event_.size) {
      output_->pass(output_->context);
    } else {
      output_->emit(output_->context, ToBytes(event.wire()));
    }
  }

  void Emit(const EventFields& event) override {
    EventBatchBuilder builder;
    builder.Add(event);
    output_->emit(output_->context, ToBytes(builder.Build()->event_wire(0)));
  }

 private:
  const SluiceBytes event_;
  const SluiceTransformOutput* const output_;
};

Transform& At(void* instance) { return *static_cast<Transform*>(instance); }

SluiceCode Apply(void* instance, SluiceBytes event,
                 const SluiceTransformOutput* output,
                 const SluiceErrorReceiver* error) noexcept {
  return Return(Guarded([&]() -> absl::Status {
                  SLUICE_ASSIGN_OR_RETURN(const EventView view,
                                          EventView::Parse(ToView(event)));
                  HostOutput host_output(event, output);
                  return At(instance).Apply(view, host_output);
                }),
                error);
}

}  // namespace

const SluiceTransformFunctions& ExportedTransformFunctions() {
  static const SluiceTransformFunctions functions = {
      .struct_size = sizeof(SluiceTransformFunctions),
      .apply = Apply,
  };
  return functions;
}

void* ExportTransform(const SluiceHost*, std::unique_ptr<Transform> transform) {
  return transform.release();
}

void DestroyExportedTransform(void* instance) noexcept { delete &At(instance); }

}  // namespace sluice::abi
