#include "storage/base/read_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kStepBytes = 64 << 10;

std::string Amount(size_t bytes) {
  constexpr size_t kMebibyte = 1 << 20;
  if (bytes % kMebibyte == 0) return absl::StrCat(bytes / kMebibyte, " MiB");
  return absl::StrCat(bytes, " bytes");
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     size_t max_bytes) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file.is_open()) return ReadStream(file, path, max_bytes);
  return absl::InvalidArgumentError(
      absl::StrCat(path, " cannot be read: ", std::strerror(errno)));
}

absl::StatusOr<std::string> ReadStream(std::istream& in,
                                       const std::string& name,
                                       size_t max_bytes) {
  std::string bytes;
  while (in.good() && bytes.size() <= max_bytes) {
    const size_t had = bytes.size();
    bytes.resize(std::min(had + kStepBytes, max_bytes + 1));
    in.read(bytes.data() + had,
            static_cast<std::streamsize>(bytes.size() - had));
    bytes.resize(had + static_cast<size_t>(in.gcount()));
  }
  if (in.bad()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " cannot be read"));
  }
  if (bytes.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has more than ", Amount(max_bytes)));
  }
  return bytes;
}

}  // namespace sluice
