#include "tests/fault/log_damage.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::fault {
namespace {

namespace fs = std::filesystem;

// The footer of a table file of RocksDB: where its index is.
constexpr uint64_t kFooterBytes = 53;

// Names of the files in `folder` that `wanted` likes, in their order.
std::vector<std::string> FilesIn(
    const std::string& folder,
    const std::function<bool(const std::string& name, uint64_t size)>& wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename();
    if (wanted(name, entry.file_size())) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status FlipBit(const std::string& path, uint64_t at, uint64_t bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ (1 << bit)));
  file.flush();
  if (!file.good()) {
    return absl::UnavailableError(absl::StrCat("cannot change ", path));
  }
  return absl::OkStatus();
}

absl::Status Cut(const std::string& path, uint64_t size) {
  std::error_code error;
  fs::resize_file(path, size, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot cut ", path, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> DamageDirectoryOfLog(const std::string& log,
                                                 Dice& dice) {
  const std::vector<std::string> files =
      FilesIn(log, [](const std::string& name, uint64_t size) {
        if (absl::EndsWith(name, ".sst")) return size > kFooterBytes;
        return size > 0 &&
               (name == "CURRENT" || absl::StartsWith(name, "MANIFEST-"));
      });
  if (files.empty()) {
    return absl::NotFoundError(absl::StrCat("no files in ", log));
  }
  const std::string& name = files[dice.Roll(files.size())];
  const std::string path = absl::StrCat(log, "/", name);
  const uint64_t size = fs::file_size(path);
  if (absl::EndsWith(name, ".sst")) {
    const uint64_t back = 1 + dice.Roll(kFooterBytes);
    const absl::Status flipped = FlipBit(path, size - back, dice.Roll(8));
    if (!flipped.ok()) return flipped;
    return absl::StrCat("one bit of ", name, ", ", back,
                        " bytes before its end");
  }
  switch (dice.Roll(3)) {
    case 0:
      fs::remove(path);
      return absl::StrCat(name, " removed");
    case 1: {
      const uint64_t rest = dice.Roll(size);
      const absl::Status cut = Cut(path, rest);
      if (!cut.ok()) return cut;
      return absl::StrCat(name, " cut to ", rest, " of ", size, " bytes");
    }
    default: {
      const uint64_t at = dice.Roll(size);
      const absl::Status flipped = FlipBit(path, at, dice.Roll(8));
      if (!flipped.ok()) return flipped;
      return absl::StrCat("one bit of ", name, " at byte ", at);
    }
  }
}

absl::StatusOr<std::string> TearWriteLog(const std::string& log, Dice& dice) {
  const std::vector<std::string> files =
      FilesIn(log, [](const std::string& name, uint64_t size) {
        return absl::EndsWith(name, ".log") && size > 0;
      });
  if (files.empty()) {
    return absl::NotFoundError(absl::StrCat("no write-ahead log in ", log));
  }
  // Numbers are padded with zeros: the last one is the newest.
  const std::string path = absl::StrCat(log, "/", files.back());
  const uint64_t size = fs::file_size(path);
  const uint64_t rest = dice.Roll(size);
  const absl::Status cut = Cut(path, rest);
  if (!cut.ok()) return cut;
  return absl::StrCat(files.back(), " cut to ", rest, " of ", size, " bytes");
}

}  // namespace sluice::fault
