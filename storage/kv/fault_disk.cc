#include "storage/kv/fault_disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/murmur_hash.h"

namespace sluice {
namespace {

using rocksdb::IOStatus;

constexpr size_t kPageBytes = 4096;

IOStatus NotThere(const std::string& path) {
  return IOStatus::PathNotFound(path);
}

IOStatus Injected(const char* what, const std::string& path) {
  return IOStatus::IOError(
      absl::StrCat("a fault of the test: ", what, " ", path));
}

double Odds(const DiskOdds& odds, DiskOp op) {
  switch (op) {
    case DiskOp::kOpen:
      return odds.open;
    case DiskOp::kAppend:
      return odds.append;
    case DiskOp::kSync:
      return odds.sync;
    case DiskOp::kNames:
      return odds.names;
    case DiskOp::kRead:
      return odds.read;
  }
  return 0;
}

}  // namespace

uint64_t FaultDisk::Random(std::string_view what, uint64_t count) const {
  const std::string key = absl::StrCat(seed_, "/", count, "/");
  return MurmurHash3(key + std::string(what), 0).first;
}

bool FaultDisk::Fails(DiskOp op, const std::string& path) {
  const double odds = Odds(odds_, op);
  if (odds <= 0) return false;
  const uint64_t count = ++counts_[{op, path}];
  const std::string what = absl::StrCat(static_cast<int>(op), path);
  const bool fails =
      static_cast<double>(Random(what, count) >> 11) * 0x1.0p-53 < odds;
  if (fails) ++faults_;
  return fails;
}

void FaultDisk::set_odds(const DiskOdds& odds) {
  absl::MutexLock lock(&mu_);
  odds_ = odds;
}

uint64_t FaultDisk::faults() const {
  absl::MutexLock lock(&mu_);
  return faults_;
}

void FaultDisk::set_quota(uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  quota_ = bytes;
}

uint64_t FaultDisk::used() const {
  absl::MutexLock lock(&mu_);
  return used_;
}

void FaultDisk::set_can_allocate(bool can) {
  absl::MutexLock lock(&mu_);
  can_allocate_ = can;
}

void FaultDisk::set_refused(const std::string& part) {
  absl::MutexLock lock(&mu_);
  refused_ = part;
}

// ---- Loss of power ----

void FaultDisk::LosePower() {
  absl::MutexLock lock(&mu_);
  ++power_losses_;
  // Nothing, everything, or something of what waits.
  const uint64_t random = Random("journal", power_losses_);
  size_t kept = 0;
  if (random % 4 == 0) kept = journal_.size();
  if (random % 4 >= 2) kept = (random >> 8) % (journal_.size() + 1);
  for (size_t i = 0; i < kept; ++i) {
    const NameChange& change = journal_[i];
    synced_names_.erase(change.gone);
    if (!change.path.empty()) synced_names_[change.path] = change.file;
  }
  journal_.clear();
  names_ = synced_names_;
  used_ = 0;
  std::map<DiskFile*, int> links;
  for (const auto& [path, file] : names_) {
    if (file == nullptr || ++links[file.get()] > 1) continue;
    ForgetUnsynced(path, *file);
    used_ += file->data.size();
  }
  for (auto& [file, count] : links) file->links = count;
}

void FaultDisk::ForgetUnsynced(const std::string& path, DiskFile& file) {
  const uint64_t random = Random(path, power_losses_);
  const size_t waiting =
      file.data.size() - std::min(file.synced, file.data.size());
  size_t kept = 0;
  if (random % 4 == 0) kept = waiting;
  if (random % 4 >= 2) kept = (random >> 8) % (waiting + 1);
  file.data.resize(file.synced + kept);
  // The size was written, and some of the pages were not.
  if (random % 4 == 3) {
    size_t page = file.synced / kPageBytes * kPageBytes;
    for (uint64_t i = 0; page < file.data.size(); page += kPageBytes, ++i) {
      if (Random(path, (power_losses_ << 32) + i) % 3 != 0) continue;
      const size_t begin = std::max(page, file.synced);
      const size_t end = std::min(page + kPageBytes, file.data.size());
      std::fill(file.data.begin() + static_cast<ptrdiff_t>(begin),
                file.data.begin() + static_cast<ptrdiff_t>(end), '\0');
    }
  }
  for (const auto& [begin, end] : file.unsavable) {
    for (size_t i = begin; i < std::min(end, file.data.size()); ++i) {
      file.data[i] = '\0';
    }
  }
  file.unsavable.clear();
  file.synced = file.data.size();
  file.reserved = 0;
}

// ---- Looking and damaging ----

std::vector<std::string> FaultDisk::AllFiles() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::string> files;
  for (const auto& [path, file] : names_) {
    if (file != nullptr) files.push_back(path);
  }
  return files;
}

bool FaultDisk::Exists(const std::string& path) const {
  absl::MutexLock lock(&mu_);
  return names_.contains(path);
}

std::string FaultDisk::Content(const std::string& path) const {
  absl::MutexLock lock(&mu_);
  const auto found = names_.find(path);
  CHECK(found != names_.end() && found->second != nullptr) << path;
  return found->second->data;
}

void FaultDisk::SetContent(const std::string& path, std::string_view bytes) {
  absl::MutexLock lock(&mu_);
  for (size_t at = path.find('/', 1); at != std::string::npos;
       at = path.find('/', at + 1)) {
    names_.emplace(path.substr(0, at), nullptr);
    synced_names_.emplace(path.substr(0, at), nullptr);
  }
  Forget(path);
  auto file = std::make_shared<DiskFile>();
  file->data = std::string(bytes);
  file->synced = bytes.size();
  file->links = 1;
  used_ += bytes.size();
  names_[path] = file;
  synced_names_[path] = file;
}

void FaultDisk::FlipBit(const std::string& path, uint64_t bit) {
  std::string bytes = Content(path);
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  SetContent(path, bytes);
}

void FaultDisk::Cut(const std::string& path, size_t bytes) {
  SetContent(path, Content(path).substr(0, bytes));
}

void FaultDisk::Remove(const std::string& path) {
  absl::MutexLock lock(&mu_);
  Forget(path);
  synced_names_.erase(path);
}

absl::Status FaultDisk::LoadFolder(const std::string& real,
                                   const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator entries(real, error);
  if (error)
    return absl::NotFoundError(absl::StrCat(real, ": ", error.message()));
  MakeFolder(path, /*may_exist=*/true).PermitUncheckedError();
  for (const auto& entry : entries) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    SetContent(
        absl::StrCat(path, "/", fs::relative(entry.path(), real).string()),
        bytes);
  }
  return absl::OkStatus();
}

absl::Status FaultDisk::SaveFolder(const std::string& path,
                                   const std::string& real) {
  namespace fs = std::filesystem;
  for (const std::string& file : AllFiles()) {
    if (file.compare(0, path.size() + 1, path + "/") != 0) continue;
    const fs::path to = fs::path(real) / file.substr(path.size() + 1);
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    const std::string bytes = Content(file);
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out)
      return absl::UnavailableError(absl::StrCat("writing ", to.string()));
  }
  return absl::OkStatus();
}

// ---- Files ----

IOStatus FaultDisk::Find(const std::string& path, DiskFilePtr* file) {
  absl::MutexLock lock(&mu_);
  const auto found = names_.find(path);
  if (found == names_.end() || found->second == nullptr) return NotThere(path);
  *file = found->second;
  return IOStatus::OK();
}

IOStatus FaultDisk::Create(const std::string& path, bool keep,
                           DiskFilePtr* file) {
  absl::MutexLock lock(&mu_);
  if (Fails(DiskOp::kOpen, path)) return Injected("opening", path);
  if (!refused_.empty() && path.find(refused_) != std::string::npos) {
    return IOStatus::IOError("refused", path);
  }
  const size_t slash = path.rfind('/');
  if (slash > 0 && !names_.contains(path.substr(0, slash))) {
    return NotThere(path);
  }
  const auto found = names_.find(path);
  if (keep && found != names_.end()) {
    *file = found->second;
    return IOStatus::OK();
  }
  *file = std::make_shared<DiskFile>();
  Forget(path);
  SetName(path, *file);
  return IOStatus::OK();
}

bool FaultDisk::Charge(DiskFile& file, uint64_t end) {
  const uint64_t has = std::max(file.data.size(), file.reserved);
  if (end <= has) return true;
  if (used_ + (end - has) > quota_) return false;
  used_ += end - has;
  return true;
}

IOStatus FaultDisk::Append(const std::string& path, DiskFile& file,
                           std::string_view bytes) {
  absl::MutexLock lock(&mu_);
  file.modified = ++time_;
  if (Fails(DiskOp::kAppend, path)) {
    const size_t part = Random(path, file.data.size()) % (bytes.size() + 1);
    if (Charge(file, file.data.size() + part)) {
      file.data.append(bytes.substr(0, part));
    }
    return Injected("writing", path);
  }
  if (!Charge(file, file.data.size() + bytes.size())) {
    const uint64_t has = std::max(file.data.size(), file.reserved);
    const uint64_t fits =
        has + (quota_ - std::min(quota_, used_)) - file.data.size();
    CHECK(Charge(file, file.data.size() + fits));
    file.data.append(bytes.substr(0, fits));
    return IOStatus::NoSpace("the quota of the test is used up");
  }
  file.data.append(bytes);
  return IOStatus::OK();
}

IOStatus FaultDisk::Allocate(DiskFile& file, uint64_t end) {
  absl::MutexLock lock(&mu_);
  if (!can_allocate_) return IOStatus::IOError("operation not supported");
  if (!Charge(file, end)) {
    return IOStatus::NoSpace("the quota of the test is used up");
  }
  file.reserved = std::max<size_t>(file.reserved, end);
  return IOStatus::OK();
}

IOStatus FaultDisk::Truncate(DiskFile& file, size_t bytes) {
  absl::MutexLock lock(&mu_);
  if (!Charge(file, bytes)) {
    return IOStatus::NoSpace("the quota of the test is used up");
  }
  const size_t had = std::max(file.data.size(), file.reserved);
  // As on Linux, what was allocated beyond goes.
  file.reserved = 0;
  file.data.resize(bytes);
  if (bytes < had) used_ -= had - bytes;
  file.synced = std::min(file.synced, bytes);
  file.modified = ++time_;
  return IOStatus::OK();
}

IOStatus FaultDisk::Sync(const std::string& path, DiskFile& file,
                         bool may_fail) {
  absl::MutexLock lock(&mu_);
  if (may_fail && Fails(DiskOp::kSync, path)) {
    if (Random(path, file.data.size()) % 2 == 0 &&
        file.synced < file.data.size()) {
      file.unsavable.emplace_back(file.synced, file.data.size());
    }
    return Injected("syncing", path);
  }
  file.synced = file.data.size();
  return IOStatus::OK();
}

IOStatus FaultDisk::Read(const std::string& path, const DiskFile& file,
                         uint64_t offset, size_t bytes, char* to,
                         size_t* read) {
  absl::MutexLock lock(&mu_);
  *read = 0;
  if (Fails(DiskOp::kRead, path)) return Injected("reading", path);
  if (offset >= file.data.size()) return IOStatus::OK();
  *read = std::min<size_t>(bytes, file.data.size() - offset);
  std::copy_n(file.data.data() + offset, *read, to);
  return IOStatus::OK();
}

size_t FaultDisk::Size(const DiskFile& file) const {
  absl::MutexLock lock(&mu_);
  return file.data.size();
}

uint64_t FaultDisk::Modified(const DiskFile& file) const {
  absl::MutexLock lock(&mu_);
  return file.modified;
}

// ---- Names ----

void FaultDisk::SetName(const std::string& path, DiskFilePtr file,
                        const std::string& from) {
  if (file != nullptr) ++file->links;
  journal_.push_back({from, path, file});
  names_[path] = std::move(file);
}

void FaultDisk::Unlink(const DiskFilePtr& file) {
  if (file == nullptr || --file->links > 0) return;
  used_ -= std::max(file->data.size(), file->reserved);
}

// Takes the name away without a word in the journal.
void FaultDisk::Forget(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end()) return;
  Unlink(found->second);
  names_.erase(found);
}

IOStatus FaultDisk::Rename(const std::string& from, const std::string& to) {
  absl::MutexLock lock(&mu_);
  if (Fails(DiskOp::kNames, from)) return Injected("renaming", from);
  const auto found = names_.find(from);
  if (found == names_.end()) return NotThere(from);
  const DiskFilePtr file = found->second;
  if (file == nullptr) return IOStatus::NotSupported("renaming a folder");
  if (from == to) return IOStatus::OK();
  Forget(to);
  SetName(to, file, from);
  --file->links;
  names_.erase(from);
  return IOStatus::OK();
}

IOStatus FaultDisk::Link(const std::string& from, const std::string& to) {
  absl::MutexLock lock(&mu_);
  if (Fails(DiskOp::kNames, from)) return Injected("linking", from);
  const auto found = names_.find(from);
  if (found == names_.end()) return NotThere(from);
  if (names_.contains(to)) return IOStatus::IOError("File exists", to);
  SetName(to, found->second);
  return IOStatus::OK();
}

IOStatus FaultDisk::Delete(const std::string& path) {
  absl::MutexLock lock(&mu_);
  if (Fails(DiskOp::kNames, path)) return Injected("deleting", path);
  const auto found = names_.find(path);
  if (found == names_.end() || found->second == nullptr) return NotThere(path);
  Forget(path);
  journal_.push_back({path, "", nullptr});
  return IOStatus::OK();
}

IOStatus FaultDisk::MakeFolder(const std::string& path, bool may_exist) {
  absl::MutexLock lock(&mu_);
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (may_exist && found->second == nullptr) return IOStatus::OK();
    return IOStatus::IOError("File exists", path);
  }
  SetName(path, nullptr);
  return IOStatus::OK();
}

IOStatus FaultDisk::DeleteFolder(const std::string& path) {
  absl::MutexLock lock(&mu_);
  const auto found = names_.find(path);
  if (found == names_.end() || found->second != nullptr) return NotThere(path);
  const auto next = std::next(found);
  if (next != names_.end() &&
      next->first.compare(0, path.size() + 1, path + "/") == 0) {
    return IOStatus::IOError("Directory not empty", path);
  }
  names_.erase(found);
  journal_.push_back({path, "", nullptr});
  return IOStatus::OK();
}

bool FaultDisk::IsFolder(const std::string& path) const {
  absl::MutexLock lock(&mu_);
  const auto found = names_.find(path);
  return found != names_.end() && found->second == nullptr;
}

IOStatus FaultDisk::SyncFolder(const std::string& path) {
  absl::MutexLock lock(&mu_);
  if (Fails(DiskOp::kSync, path)) return Injected("syncing", path);
  synced_names_ = names_;
  journal_.clear();
  return IOStatus::OK();
}

IOStatus FaultDisk::List(const std::string& folder,
                         std::vector<std::string>* names) const {
  absl::MutexLock lock(&mu_);
  if (!names_.contains(folder)) return IOStatus::NotFound(folder);
  const std::string prefix = folder + "/";
  for (auto it = names_.lower_bound(prefix);
       it != names_.end() && it->first.compare(0, prefix.size(), prefix) == 0;
       ++it) {
    std::string name = it->first.substr(prefix.size());
    if (name.find('/') == std::string::npos) names->push_back(std::move(name));
  }
  return IOStatus::OK();
}

uint64_t FaultDisk::FreeBytes() const {
  absl::MutexLock lock(&mu_);
  return quota_ - std::min(used_, quota_);
}

}  // namespace sluice
