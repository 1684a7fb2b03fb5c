// Between the plain structs of plugin_abi.h and C++.
#ifndef PIPELINE_ABI_ABI_BYTES_H_
#define PIPELINE_ABI_ABI_BYTES_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipeline/abi/plugin_abi.h"

namespace sluice::abi {

// Borrowed: good as long as `text`.
inline SluiceBytes ToBytes(std::string_view text) {
  return {text.data(), text.size()};
}

// Whether there is something where it points to.
inline bool IsValid(SluiceBytes bytes) {
  return bytes.data != nullptr || bytes.size == 0;
}

// REQUIRES: IsValid(bytes).
inline std::string_view ToView(SluiceBytes bytes) {
  return bytes.size == 0 ? std::string_view()
                         : std::string_view(bytes.data, bytes.size);
}

// A copy of `*from` with everything this side knows of that struct; what its
// writer did not know is zero. Null: all is zero.
template <typename Struct>
Struct ReadStruct(const Struct* from) {
  Struct read = {};
  if (from != nullptr) {
    std::memcpy(&read, from, std::min(from->struct_size, sizeof(Struct)));
  }
  return read;
}

// Nanoseconds as they cross; infinite is the largest number.
inline int64_t ToNanos(absl::Duration duration) {
  return absl::ToInt64Nanoseconds(duration);
}

// Gathers what a failing call says.
class ErrorText {
 public:
  ErrorText() = default;
  ErrorText(const ErrorText&) = delete;
  ErrorText& operator=(const ErrorText&) = delete;

  // Good as long as this.
  const SluiceErrorReceiver* receiver() const { return &receiver_; }

  const std::string& field() const { return field_; }
  const std::string& message() const { return message_; }

 private:
  static void Receive(void* context, SluiceBytes field, SluiceBytes message) {
    auto* self = static_cast<ErrorText*>(context);
    if (IsValid(field)) self->field_ = ToView(field);
    if (IsValid(message)) self->message_ = ToView(message);
  }

  const SluiceErrorReceiver receiver_ = {sizeof(SluiceErrorReceiver), this,
                                         Receive};
  std::string field_;
  std::string message_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_ABI_BYTES_H_
