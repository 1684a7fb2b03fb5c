// A source of a library.
#ifndef PIPELINE_ABI_HOST_LIBRARY_SOURCE_H_
#define PIPELINE_ABI_HOST_LIBRARY_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "pipeline/abi/host/component_host.h"
#include "pipeline/abi/host/library_plugin.h"
#include "pipeline/api/source.h"

namespace sluice::abi {

// Speaks the contract of Source (pipeline/api/source.h) on the one side and
// that of SluiceSourceFunctions on the other.
class LibrarySource final : public Source, private ComponentHost::Owner {
 public:
  explicit LibrarySource(Instance instance) : instance_(std::move(instance)) {}
  ~LibrarySource() override;

  SourceTraits traits() const override;
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override;

 private:
  // ComponentHost::Owner:
  SluiceCode Emit(const SluiceEmission* emission) override;
  void NotifyWhenReady() override;
  void Stopped() override;

  const SluiceSourceFunctions& functions() const {
    return instance_.plugin().source;
  }
  void Acknowledged(uint64_t emission, const absl::Status& status);

  Instance instance_;
  Emitter* emitter_ = nullptr;
  // Null: not running. Destroyed after the instance.
  std::unique_ptr<ComponentHost> host_;
  bool emits_ = false;
  bool stopped_ = false;
  absl::AnyInvocable<void()> done_;
  // Callbacks that come after this is gone find it false.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_LIBRARY_SOURCE_H_
