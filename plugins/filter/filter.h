// The transform `filter`: lets events through or not.
#ifndef PLUGINS_FILTER_FILTER_H_
#define PLUGINS_FILTER_FILTER_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/api/transform.h"
#include "pipeline/template/condition.h"
#include "pipeline/template/template.h"
#include "plugins/filter/config.pb.h"

namespace sluice::filter {

// Passes an event on if `keep_if` is true of it and `drop_if` is not. A payload
// that is not JSON has no members, so conditions on them are false: such an
// event is no error here.
class Filter final : public Transform {
 public:
  // A ConfigError at the field with the mistake.
  static absl::StatusOr<std::unique_ptr<Transform>> Create(
      const v1::FilterConfig& config);

  absl::Status Apply(const EventView& event, TransformOutput& output) override;

 private:
  Filter(std::optional<Condition> keep_if, std::optional<Condition> drop_if)
      : keep_if_(std::move(keep_if)), drop_if_(std::move(drop_if)) {}

  const std::optional<Condition> keep_if_;
  const std::optional<Condition> drop_if_;
  TemplateInput input_;
};

}  // namespace sluice::filter

#endif  // PLUGINS_FILTER_FILTER_H_
