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
//   subject =~ "sensor-*"                      glob: * and ?, \ before either
//   data.motion.active                         is true
//
//   operators  || && ! == != < <= > >= in =~ ( ) exists(value)
//   literals   "text" 'text' 25 -0.5 true false
//
// If both sides are numbers, or one is and the other is a text that reads as
// one, they compare as numbers; a time compares as a time with a time in RFC
// 3339; everything else compares as text, byte by byte.
//
// A comparison with a missing value is false, with != too. Missing are also
// null, what is in a payload that is not JSON, and, in comparisons, objects and
// arrays.
//
// Bounds: 16 KiB of text, parentheses and "!" 64 deep.
//
// Thread-safety: immutable; copyable.
class Condition {
 public:
  // kInvalidArgument: the message says at which column (from 1) and what would
  // be right.
  static absl::StatusOr<Condition> Parse(std::string_view text);

  bool Matches(TemplateInput& input) const;

 private:
  struct Program;
  class Parser;
  explicit Condition(std::shared_ptr<const Program> program)
      : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace sluice

#endif  // PIPELINE_TEMPLATE_CONDITION_H_
