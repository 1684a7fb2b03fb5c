// Checks the values of a plugin's configuration and gathers what is wrong.
#ifndef PIPELINE_API_CONFIG_CHECK_H_
#define PIPELINE_API_CONFIG_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace sluice {

// Mistakes found so far.
class Problems {
 public:
  void Add(std::string_view field, std::string_view message);
  // A ConfigError of somebody else.
  void Add(const absl::Status& status);

  // OK, or a ConfigError of the first field that speaks of all of them.
  absl::Status status() const;

 private:
  struct Problem {
    std::string field;
    std::string message;
  };
  std::vector<Problem> found_;
};

// Values of one section of the configuration, with the bounds they have. What
// is out of bounds goes to the problems and leaves the target as it is.
class Section {
 public:
  // `prefix`: what comes before a field's name, e.g. "stream.". `problems`
  // outlives the section.
  Section(std::string_view prefix, Problems* problems)
      : prefix_(prefix), problems_(problems) {}

  void Take(std::string_view name, bool given,
            const google::protobuf::Duration& value, absl::Duration low,
            absl::Duration high, absl::Duration* target);

  // 0 stands for the default.
  template <typename Number, typename Target>
  void Take(std::string_view name, Number value, Number low, Number high,
            Target* target) {
    if (value == 0) return;
    if (!(value >= low && value <= high)) {
      problems_->Add(
          prefix_ + std::string(name),
          absl::StrCat(value, " is not allowed; give ", low, " to ", high));
      return;
    }
    *target = static_cast<Target>(value);
  }

 private:
  const std::string prefix_;
  Problems* const problems_;
};

}  // namespace sluice

#endif  // PIPELINE_API_CONFIG_CHECK_H_
