// The filters of a template: what stands behind "|".
#ifndef PIPELINE_TEMPLATE_FILTER_H_
#define PIPELINE_TEMPLATE_FILTER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/template/scanner.h"
#include "pipeline/template/template.h"
#include "pipeline/template/value.h"

namespace sluice::template_internal {

// One compiled filter. See template.h for what each does.
//
// Thread-safety: immutable.
class Filter {
 public:
  // Reads a filter at the scanner's position, behind the "|".
  //   kInvalidArgument: with the column.
  static absl::StatusOr<Filter> Parse(Scanner& scanner);

  // Changes `value`. The result may live in the scratch of `input`, until two
  // further filters were applied.
  //   kInvalidArgument: the filter cannot take the value.
  absl::Status Apply(TemplateInput& input, Value* value) const;

  // True for `json`: nothing can follow it.
  bool is_last() const { return kind_ == Kind::kJson; }

 private:
  enum class Kind {
    kDefault,
    kUpper,
    kLower,
    kTrim,
    kLast,
    kRound,
    kDate,
    kJson
  };

  absl::Status ParseArgument(Scanner& scanner);
  absl::Status ParseDefault(Scanner& scanner);
  absl::Status ParseDecimals(Scanner& scanner);
  absl::Status ParseText(Scanner& scanner, std::string_view example);

  absl::Status ApplyToText(std::string_view text, std::string* scratch,
                           Value* value) const;
  absl::Status Round(const Value& from, std::string_view text,
                     std::string* scratch, Value* value) const;
  absl::Status FormatDate(const Value& from, std::string* scratch,
                          Value* value) const;
  absl::Status Refuse(const Value& value, std::string_view wanted) const;

  Kind kind_ = Kind::kTrim;
  std::string name_;
  // default, last, date.
  std::string text_;
  // default: what `text_` is.
  Value::Kind text_kind_ = Value::Kind::kText;
  // round.
  int decimals_ = 0;
};

}  // namespace sluice::template_internal

#endif  // PIPELINE_TEMPLATE_FILTER_H_
