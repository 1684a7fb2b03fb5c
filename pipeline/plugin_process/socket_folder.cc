#include "pipeline/plugin_process/socket_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::plugin_process {
namespace {

namespace fs = std::filesystem;

// A unix socket's path has 107 bytes; this leaves some for the rest of it.
constexpr size_t kMaxParentBytes = 70;
constexpr char kPrefix[] = "sluice-plugin-";
constexpr char kSocketName[] = "s";
constexpr int kTries = 100;

absl::Status CannotMake(const std::string& parent) {
  return absl::UnavailableError(absl::StrCat("cannot make a folder in ", parent,
                                             ": ", std::strerror(errno)));
}

int Open(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool Lock(int folder) { return flock(folder, LOCK_EX | LOCK_NB) == 0; }

// Locks a folder that was just made. Whoever cleans up may come in between, and
// take it for one that was left: false then. Where there are no locks, nobody
// can.
bool Claim(int folder) {
  if (!Lock(folder) && errno == EWOULDBLOCK) return false;
  struct stat info;
  return fstat(folder, &info) == 0 && info.st_nlink > 0;
}

bool IsOurs(int folder) {
  struct stat info;
  return fstat(folder, &info) == 0 && info.st_uid == geteuid();
}

void Remove(const std::string& path, int folder) {
  unlinkat(folder, kSocketName, 0);
  rmdir(path.c_str());
}

}  // namespace

std::string SocketFolderParent() {
  const char* variable = getenv("TMPDIR");
  const std::string parent = variable == nullptr ? "" : variable;
  return parent.empty() || parent.size() > kMaxParentBytes ? "/tmp" : parent;
}

absl::StatusOr<std::unique_ptr<SocketFolder>> SocketFolder::Make(
    const std::string& parent) {
  for (int i = 0; i < kTries; ++i) {
    std::string path = absl::StrCat(parent, "/", kPrefix, "XXXXXX");
    // Nobody else can enter it.
    if (mkdtemp(path.data()) == nullptr) return CannotMake(parent);
    const int folder = Open(path);
    if (folder < 0 && errno != ENOENT) {
      const absl::Status status = CannotMake(parent);
      rmdir(path.c_str());
      return status;
    }
    if (folder >= 0 && Claim(folder)) {
      return std::unique_ptr<SocketFolder>(
          new SocketFolder(std::move(path), folder));
    }
    if (folder >= 0) close(folder);
  }
  return absl::UnavailableError(
      absl::StrCat("every new folder in ", parent, " is removed at once"));
}

SocketFolder::~SocketFolder() {
  Remove(path_, lock_);
  close(lock_);
}

std::string SocketFolder::socket() const {
  return absl::StrCat(path_, "/", kSocketName);
}

void RemoveLeftSocketFolders(const std::string& parent) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!absl::StartsWith(name, kPrefix)) continue;
    const std::string path = entry->path();
    const int folder = Open(path);
    if (folder < 0) continue;
    if (IsOurs(folder) && Lock(folder)) Remove(path, folder);
    close(folder);
  }
}

}  // namespace sluice::plugin_process
