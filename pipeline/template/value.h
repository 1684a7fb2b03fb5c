// Finding the values of an event that templates and conditions name.
#ifndef PIPELINE_TEMPLATE_VALUE_H_
#define PIPELINE_TEMPLATE_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/template/scanner.h"
#include "pipeline/template/template.h"

namespace sluice::template_internal {

// What a name stands for in one event. Views live until the event's input is
// reset, texts with escapes in the payload until two further lookups.
struct Value {
  enum class Kind {
    kMissing,
    // The payload has null there.
    kNull,
    kText,
    // A number, `true`/`false`, an object or array: `text` as JSON has it.
    kNumber,
    kBool,
    kJson,
    // The whole payload, unchecked.
    kPayload,
    kTime,
  };

  Kind kind = Kind::kMissing;
  std::string_view text = {};
  // A text of the payload as it stands there, with quotes and escapes; else
  // empty.
  std::string_view quoted = {};
  // kTime: nanoseconds since the Unix epoch.
  int64_t unix_nanos = 0;

  static Value Text(std::string_view text) {
    return {.kind = Kind::kText, .text = text};
  }
  static Value Json(Kind kind, std::string_view text) {
    return {.kind = kind, .text = text};
  }
  // Missing or null.
  bool absent() const { return kind == Kind::kMissing || kind == Kind::kNull; }
};

// The name of a value, e.g. `labels.room-number` or `data.temperature.value`.
class ValuePath {
 public:
  // Reads a name at the scanner's position.
  //   kInvalidArgument: there is none; with the column.
  static absl::StatusOr<ValuePath> Parse(Scanner& scanner);

  // The value in the event of `input`. An attribute that is empty, or a time
  // that is not known, is missing; so is a member of a payload that is not JSON
  // (input.json().error() then says why).
  Value Find(TemplateInput& input) const;

  // As written, for messages.
  const std::string& name() const { return name_; }

 private:
  enum class Root {
    kId,
    kSource,
    kType,
    kSubject,
    kTime,
    kIngestTime,
    kDataContentType,
    kData,
    kLabel,
    kMember,
  };

  Root root_ = Root::kId;
  // kLabel: one, the key. kMember: one or more.
  std::vector<std::string> steps_;
  std::string name_;
};

// A time on the wall in UTC. `buffer` holds the text of kTime.
std::string_view TextOf(const Value& value, std::string* buffer);

}  // namespace sluice::template_internal

#endif  // PIPELINE_TEMPLATE_VALUE_H_
