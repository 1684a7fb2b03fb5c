#include "tools/sluice/input.h"

#include <fstream>

#include "absl/strings/str_cat.h"

namespace sluice {

absl::StatusOr<std::string> ReadInput(const std::string& text, size_t max_bytes,
                                      std::istream& in) {
  if (!text.starts_with('@')) return text;
  const std::string path = text.substr(1);
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& source = path == "-" ? in : file;
  std::string data;
  data.resize(max_bytes + 1);
  source.read(data.data(), static_cast<std::streamsize>(data.size()));
  data.resize(static_cast<size_t>(source.gcount()));
  if ((path != "-" && !file.is_open()) || source.bad()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read the file ", path));
  }
  if (data.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has more than ", max_bytes >> 20, " MiB"));
  }
  return data;
}

}  // namespace sluice
