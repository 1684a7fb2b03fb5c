#include "pipeline/service/config_history.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/read_file.h"
#include "storage/base/status_macros.h"
#include "storage/base/write_file.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A text of 4 MiB and what is noted about it.
constexpr size_t kMaxRecordBytes = size_t{5} << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<ConfigHistory>> ConfigHistory::Open(
    const std::string& folder) {
  std::unique_ptr<ConfigHistory> history(new ConfigHistory(folder));
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  const fs::directory_iterator files(folder, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot keep configurations in ",
                                               folder, ": ", error.message()));
  }
  for (const fs::directory_entry& file : files) {
    uint64_t generation = 0;
    if (!absl::SimpleAtoi(file.path().filename().string(), &generation)) {
      continue;
    }
    absl::StatusOr<storage::v1::ConfigRecord> record =
        history->Read(generation);
    if (!record.ok()) {
      LOG(WARNING) << "left out of the history: " << record.status().message();
      continue;
    }
    record->clear_text();
    history->records_[generation] = *std::move(record);
  }
  return history;
}

uint64_t ConfigHistory::latest() const {
  return records_.empty() ? 0 : records_.rbegin()->first;
}

std::string ConfigHistory::PathOf(uint64_t generation) const {
  return absl::StrCat(folder_, "/", generation);
}

absl::StatusOr<storage::v1::ConfigRecord> ConfigHistory::Read(
    uint64_t generation) const {
  const std::string path = PathOf(generation);
  const absl::StatusOr<std::string> bytes = ReadFile(path, kMaxRecordBytes);
  if (!bytes.ok()) {
    return absl::UnavailableError(std::string(bytes.status().message()));
  }
  storage::v1::ConfigRecord record;
  if (!record.ParseFromString(*bytes) || record.generation() != generation) {
    return absl::UnavailableError(absl::StrCat(path, " is damaged"));
  }
  return record;
}

absl::StatusOr<storage::v1::ConfigRecord> ConfigHistory::Get(
    uint64_t generation) const {
  if (records_.contains(generation)) return Read(generation);
  return absl::NotFoundError(absl::StrCat(
      "there is no generation ", generation, "; ",
      records_.empty() ? "none is kept"
                       : absl::StrCat("those from ", records_.begin()->first,
                                      " to ", latest(), " are kept")));
}

std::vector<storage::v1::ConfigRecord> ConfigHistory::List() const {
  std::vector<storage::v1::ConfigRecord> list;
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    list.push_back(record->second);
  }
  return list;
}

absl::StatusOr<uint64_t> ConfigHistory::Add(storage::v1::ConfigRecord record) {
  const uint64_t generation = latest() + 1;
  record.set_generation(generation);
  SLUICE_RETURN_IF_ERROR(
      WriteFile(PathOf(generation), record.SerializeAsString()));
  record.clear_text();
  records_[generation] = std::move(record);
  return generation;
}

void ConfigHistory::RemoveLatest() { Remove(latest()); }

void ConfigHistory::ForgetOldest() {
  while (records_.size() > kKept) Remove(records_.begin()->first);
}

void ConfigHistory::Remove(uint64_t generation) {
  std::error_code error;
  fs::remove(PathOf(generation), error);
  LOG_IF(WARNING, error) << "cannot remove " << PathOf(generation) << ": "
                         << error.message();
  records_.erase(generation);
}

}  // namespace sluice
