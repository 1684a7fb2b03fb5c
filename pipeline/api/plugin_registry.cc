#include "pipeline/api/plugin_registry.h"

#include "absl/strings/cord.h"
#include "absl/types/optional.h"

namespace sluice {
namespace {

// Key of the status payload that carries the field's path.
constexpr std::string_view kFieldPayload = "sluice/config-field";

}  // namespace

absl::Status ConfigError(std::string_view field, std::string_view message) {
  absl::Status status =
      absl::InvalidArgumentError({message.data(), message.size()});
  status.SetPayload({kFieldPayload.data(), kFieldPayload.size()},
                    absl::Cord(absl::string_view(field.data(), field.size())));
  return status;
}

std::string ConfigErrorField(const absl::Status& status) {
  const absl::optional<absl::Cord> field =
      status.GetPayload({kFieldPayload.data(), kFieldPayload.size()});
  return field.has_value() ? std::string(*field) : "";
}

}  // namespace sluice
