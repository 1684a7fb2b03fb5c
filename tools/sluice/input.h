// What the subcommands are given besides options.
#ifndef TOOLS_SLUICE_INPUT_H_
#define TOOLS_SLUICE_INPUT_H_

#include <cstddef>
#include <istream>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// The bytes an argument stands for: of the file behind an "@", of `in` for
// "@-", else `text` itself.
//   kInvalidArgument: the file cannot be read, or there are more than
//   `max_bytes`; the message names the file.
absl::StatusOr<std::string> ReadInput(const std::string& text, size_t max_bytes,
                                      std::istream& in);

}  // namespace sluice

#endif  // TOOLS_SLUICE_INPUT_H_
