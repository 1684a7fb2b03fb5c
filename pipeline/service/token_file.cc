#include "pipeline/service/token_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr int64_t kMaxFileBytes = 1 << 20;
constexpr size_t kMinTokenBytes = 16;

absl::Status Wrong(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", ToAbsl(what)));
}

absl::Status WrongLine(const std::string& path, size_t line,
                       std::string_view what) {
  return Wrong(absl::StrCat(path, ":", line), what);
}

std::optional<config::v1::Role> ParseRole(absl::string_view text) {
  if (text == "viewer") return config::v1::VIEWER;
  if (text == "operator") return config::v1::OPERATOR;
  if (text == "admin") return config::v1::ADMIN;
  return std::nullopt;
}

absl::StatusOr<std::string> ReadAll(int file, const std::string& path) {
  std::string text(kMaxFileBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Wrong(path, std::strerror(errno));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > static_cast<size_t>(kMaxFileBytes)) {
    return Wrong(path, "is over 1 MiB");
  }
  text.resize(size);
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(std::string path) {
  std::unique_ptr<TokenFile> file(new TokenFile(std::move(path)));
  absl::MutexLock lock(&file->mu_);
  SLUICE_RETURN_IF_ERROR(file->Load());
  return file;
}

absl::StatusOr<Caller> TokenFile::Find(std::string_view token) {
  const Digest digest = DigestOf(token);
  absl::MutexLock lock(&mu_);
  ReloadIfChanged();
  const Caller* found = nullptr;
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) {
      found = &entry.caller;
    }
  }
  if (found != nullptr) return *found;
  return absl::UnauthenticatedError("the token is not known");
}

TokenFile::Digest TokenFile::DigestOf(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         digest.data());
  return digest;
}

TokenFile::Version TokenFile::VersionOf(const struct stat& info) {
  return {.inode = static_cast<int64_t>(info.st_ino),
          .size = info.st_size,
          .changed_nanos =
              info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec};
}

absl::Status TokenFile::Load() {
  const int file = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Wrong(path_, std::strerror(errno));
  const auto close_file = absl::MakeCleanup([file] { close(file); });
  struct stat info;
  if (fstat(file, &info) != 0) return Wrong(path_, std::strerror(errno));
  version_ = VersionOf(info);
  if ((info.st_mode & 077) != 0) {
    return Wrong(path_, "can be read by others than its owner; chmod 600 it");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string text, ReadAll(file, path_));
  SLUICE_ASSIGN_OR_RETURN(entries_, Parse(text));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TokenFile::Entry>> TokenFile::Parse(
    std::string_view text) const {
  std::vector<Entry> entries;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty() || words[0].front() == '#') continue;
    if (words.size() != 3) {
      return WrongLine(path_, number, "a line is NAME ROLE TOKEN");
    }
    const std::optional<config::v1::Role> role = ParseRole(words[1]);
    if (!role.has_value()) {
      return WrongLine(path_, number,
                       "the role is none of viewer, operator, admin");
    }
    if (words[2].size() < kMinTokenBytes) {
      return WrongLine(path_, number, "a token has at least 16 characters");
    }
    entries.push_back({DigestOf({words[2].data(), words[2].size()}),
                       {std::string(words[0]), *role}});
  }
  return entries;
}

void TokenFile::ReloadIfChanged() {
  struct stat info;
  if (stat(path_.c_str(), &info) != 0) {
    LOG_EVERY_N(ERROR, 100) << path_ << ": " << std::strerror(errno)
                            << "; the tokens read last stay good";
    return;
  }
  if (VersionOf(info) == version_) return;
  const absl::Status status = Load();
  if (status.ok()) {
    LOG(INFO) << "admin: " << path_ << " read anew, " << entries_.size()
              << " tokens";
  } else {
    LOG(ERROR) << std::string(status.message())
               << "; the tokens read last stay good";
  }
}

}  // namespace sluice
