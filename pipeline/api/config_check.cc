#include "pipeline/api/config_check.h"

#include "pipeline/api/plugin_registry.h"

namespace sluice {

void Problems::Add(std::string_view field, std::string_view message) {
  found_.push_back({std::string(field), std::string(message)});
}

void Problems::Add(const absl::Status& status) {
  Add(ConfigErrorField(status), std::string(status.message()));
}

absl::Status Problems::status() const {
  if (found_.empty()) return absl::OkStatus();
  std::string message = found_[0].message;
  for (size_t i = 1; i < found_.size(); ++i) {
    absl::StrAppend(&message, "; also ", found_[i].field, ": ",
                    found_[i].message);
  }
  return ConfigError(found_[0].field, message);
}

void Section::Take(std::string_view name, bool given,
                   const google::protobuf::Duration& value, absl::Duration low,
                   absl::Duration high, absl::Duration* target) {
  if (!given) return;
  const absl::Duration duration =
      absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (duration < low || duration > high) {
    problems_->Add(
        prefix_ + std::string(name),
        absl::StrCat(absl::FormatDuration(duration), " is not allowed; give ",
                     absl::FormatDuration(low), " to ",
                     absl::FormatDuration(high)));
    return;
  }
  *target = duration;
}

}  // namespace sluice
