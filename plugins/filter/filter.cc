#include "plugins/filter/filter.h"

#include <string>
#include <string_view>

#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"

namespace sluice::filter {
namespace {

absl::StatusOr<std::optional<Condition>> ParseField(std::string_view field,
                                                    const std::string& text) {
  if (text.empty()) return std::optional<Condition>();
  absl::StatusOr<Condition> condition = Condition::Parse(text);
  if (!condition.ok()) {
    return ConfigError(field, std::string(condition.status().message()));
  }
  return std::optional<Condition>(*std::move(condition));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transform>> Filter::Create(
    const v1::FilterConfig& config) {
  if (config.keep_if().empty() && config.drop_if().empty()) {
    return ConfigError("keep_if",
                       "a condition is needed in keep_if or drop_if");
  }
  SLUICE_ASSIGN_OR_RETURN(std::optional<Condition> keep_if,
                          ParseField("keep_if", config.keep_if()));
  SLUICE_ASSIGN_OR_RETURN(std::optional<Condition> drop_if,
                          ParseField("drop_if", config.drop_if()));
  return std::unique_ptr<Transform>(
      new Filter(std::move(keep_if), std::move(drop_if)));
}

absl::Status Filter::Apply(const EventView& event, TransformOutput& output) {
  input_.Reset(event);
  if (keep_if_.has_value() && !keep_if_->Matches(input_)) {
    return absl::OkStatus();
  }
  if (drop_if_.has_value() && drop_if_->Matches(input_)) {
    return absl::OkStatus();
  }
  output.Pass(event);
  return absl::OkStatus();
}

}  // namespace sluice::filter
