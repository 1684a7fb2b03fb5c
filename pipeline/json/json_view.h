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

#include "absl/functional/function_ref.h"
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
  //   kInvalidArgument: `text` is not a JSON text (RFC 8259) in UTF-8, is
  //   nested deeper than `max_depth`, or has a number whose exponent needs
  //   more than 32 bits; the message says at which byte.
  static absl::StatusOr<JsonView> Parse(std::string_view text,
                                        size_t max_depth = kMaxDepth);
  // The value of a text that is JSON for sure. REQUIRES: Parse() took it, or
  // it was put together from what Parse() took; no whitespace around it.
  static JsonView OfKnown(std::string_view text) { return JsonView(text); }

  Kind kind() const;
  // The value as it was written, without whitespace around it.
  std::string_view text() const { return text_; }

  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }
  bool is_null() const { return kind() == Kind::kNull; }

  // Calls `visit` with each member of an object, in order of the text. The name
  // is a string as it was written.
  void ForEachMember(
      absl::FunctionRef<void(const JsonView& name, const JsonView& value)>
          visit) const;
  // The same members, names decoded.
  std::vector<Member> members() const;
  // The last member called `name`, as most readers take it.
  std::optional<JsonView> Find(std::string_view name) const;
  // Of an array.
  std::vector<JsonView> elements() const;
  // The elements of the last member called `name`; faster than finding it
  // first. Nullopt: there is none, or it is no array.
  std::optional<std::vector<JsonView>> FindElements(
      std::string_view name) const;

  // The decoded text of a string.
  std::optional<std::string> AsString() const;
  // The same without a copy where nothing needs decoding; otherwise it stands
  // in `room`. Of other values "".
  std::string_view StringIn(std::string* room) const;
  // True: a string, and this is its text.
  bool IsString(std::string_view text) const;
  // A number without fraction and exponent that fits.
  std::optional<int64_t> AsInteger() const;
  std::optional<bool> AsBool() const;

 private:
  explicit JsonView(std::string_view text) : text_(text) {}

  // Walks over the array that begins at text[begin], and gives where it ends.
  static size_t TakeElements(std::string_view text, size_t begin,
                             std::vector<JsonView>& elements);

  std::string_view text_;
};

}  // namespace sluice

#endif  // PIPELINE_JSON_JSON_VIEW_H_
