#include "pipeline/runtime/transform_chain.h"

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "storage/event/event_batch.h"

namespace sluice {

// The output of one transform: the input of the next.
class TransformChain::Stage final : public TransformOutput {
 public:
  Stage(TransformChain* chain, size_t next) : chain_(chain), next_(next) {}

  void Pass(const EventView& event) override { chain_->Run(next_, event); }

  void Emit(const EventFields& fields) override {
    EventBatchBuilder builder;
    builder.Add(fields);
    const EventBatchPtr batch = builder.Build();
    chain_->Run(next_, batch->event(0));
  }

 private:
  TransformChain* const chain_;
  const size_t next_;
};

TransformChain::TransformChain(
    std::vector<std::unique_ptr<Transform>> transforms)
    : transforms_(std::move(transforms)) {
  for (size_t i = 0; i < transforms_.size(); ++i) {
    stages_.push_back(std::make_unique<Stage>(this, i + 1));
  }
}

TransformChain::~TransformChain() = default;

absl::Status TransformChain::Apply(
    const EventView& event, absl::FunctionRef<void(const EventView&)> result) {
  kept_.clear();
  kept_ends_.clear();
  status_ = absl::OkStatus();
  Run(0, event);
  if (!status_.ok()) return status_;
  size_t begin = 0;
  for (const size_t end : kept_ends_) {
    absl::StatusOr<EventView> view =
        EventView::Parse(std::string_view(kept_).substr(begin, end - begin));
    if (!view.ok()) return view.status();
    result(*view);
    begin = end;
  }
  return absl::OkStatus();
}

void TransformChain::Run(size_t index, const EventView& event) {
  if (!status_.ok()) return;
  if (index < transforms_.size()) {
    absl::Status status = transforms_[index]->Apply(event, *stages_[index]);
    if (status_.ok()) status_ = std::move(status);
    return;
  }
  kept_.append(event.wire());
  kept_ends_.push_back(kept_.size());
}

}  // namespace sluice
