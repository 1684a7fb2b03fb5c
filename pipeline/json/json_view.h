// Reading JSON without changing it: views into a text, every value as it was
// written. For those who hand on what they do not interpret: numbers of any
// length and precision, order of members and spelling of texts stay.
#ifndef PIPELINE_JSON_JSON_VIEW_H_
#define PIPELINE_JSON_JSON_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

// A value inside a text that was found to be JSON. Borrows the text; copied
// freely. What the value is not (a member of an array, the number of a text) is
// nullopt or empty, never an error.
class JsonView {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, JsonView>;

  // Arrays and objects inside each other.
  static constexpr size_t kMaxDepth = 64;

  // The one value of `text`.
  //   kInvalidArgument: `text` is not a JSON text (RFC 8259) in UTF-8, or is
  //   nested deeper than kMaxDepth; the message says at which byte.
  static absl::StatusOr<JsonView> Parse(std::string_view text);

  Kind kind() const;
  // The value as it was written, without whitespace around it.
  std::string_view text() const { return text_; }

  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }
  bool is_null() const { return kind() == Kind::kNull; }

  // Of an object, in order of the text; names are decoded.
  std::vector<Member> members() const;
  // The last member called `name`, as most readers take it.
  std::optional<JsonView> Find(std::string_view name) const;
  // Of an array.
  std::vector<JsonView> elements() const;

  // The decoded text of a string.
  std::optional<std::string> AsString() const;
  // A number without fraction and exponent that fits.
  std::optional<int64_t> AsInteger() const;
  std::optional<bool> AsBool() const;

 private:
  explicit JsonView(std::string_view text) : text_(text) {}

  std::string_view text_;
};

}  // namespace sluice

#endif  // PIPELINE_JSON_JSON_VIEW_H_
