#include "tools/sluice/input.h"

#include "storage/base/read_file.h"

namespace sluice {

absl::StatusOr<std::string> ReadInput(const std::string& text, size_t max_bytes,
                                      std::istream& in) {
  if (!text.starts_with('@')) return text;
  if (text == "@-") return ReadStream(in, "the standard input", max_bytes);
  return ReadFile(text.substr(1), max_bytes);
}

}  // namespace sluice
