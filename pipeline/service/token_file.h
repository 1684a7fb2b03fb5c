// The bearer tokens of the admin API.
#ifndef PIPELINE_SERVICE_TOKEN_FILE_H_
#define PIPELINE_SERVICE_TOKEN_FILE_H_

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {

// Somebody who may call.
struct Caller {
  std::string name;
  config::v1::Role role = config::v1::ROLE_UNSPECIFIED;
};

// A file with a line "NAME ROLE TOKEN" per caller; empty lines and lines that
// begin with # do not count. Read anew when it has changed, so tokens come and
// go without a restart; while what is there cannot be used, the tokens read
// last stay good and the reason is logged. Keeps digests of tokens only.
//
// Thread-safety: all methods from any thread.
class TokenFile {
 public:
  //   kInvalidArgument: not readable, readable by others than its owner (mode
  //   0600 is right), over 1 MiB, or a line is wrong; the message has path and
  //   line, and never a token.
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(std::string path);

  // Compares in constant time.
  //   kUnauthenticated: nobody's token.
  absl::StatusOr<Caller> Find(std::string_view token);

 private:
  using Digest = std::array<uint8_t, 32>;
  struct Entry {
    Digest digest;
    Caller caller;
  };
  // What tells one version of the file from another.
  struct Version {
    int64_t inode = 0;
    int64_t size = 0;
    int64_t changed_nanos = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  explicit TokenFile(std::string path) : path_(std::move(path)) {}
  static Digest DigestOf(std::string_view token);
  static Version VersionOf(const struct stat& info);
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::vector<Entry>> Parse(std::string_view text) const;
  void ReloadIfChanged() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  absl::Mutex mu_;
  Version version_ ABSL_GUARDED_BY(mu_);
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_TOKEN_FILE_H_
