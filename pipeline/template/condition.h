// A yes-or-no question about an event, compiled once and asked per event.
#ifndef PIPELINE_TEMPLATE_CONDITION_H_
#define PIPELINE_TEMPLATE_CONDITION_H_

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "pipeline/template/template.h"

namespace sluice {

// A compiled condition over the same values as Template.
//
//   type == "temperature" && data.temperature.value > 25
//   labels.group in ["red", "blue"] || !exists(labels.room-number)
//   subject =~ "sensor-*"                      glob: * and ?
//   operators  || && ! == != < <= > >= in =~ ( ) exists(value)   numbers
//   compare as numbers, text as text
//
// A comparison with a missing value is false. Thread-safety: immutable;
// copyable.
class Condition {
 public:
  // kInvalidArgument: the message says at which column (from 1) and what would
  // be right.
  static absl::StatusOr<Condition> Parse(std::string_view text);

  bool Matches(TemplateInput& input) const;

 private:
  struct Node;
  explicit Condition(std::shared_ptr<const Node> root)
      : root_(std::move(root)) {}

  std::shared_ptr<const Node> root_;
};

}  // namespace sluice

#endif  // PIPELINE_TEMPLATE_CONDITION_H_
