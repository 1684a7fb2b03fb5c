#include "pipeline/api/secret.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "storage/base/read_file.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr size_t kMaxSecretBytes = 1 << 20;

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(std::string value, ReadFile(path, kMaxSecretBytes));
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  if (value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  }
  return value;
}

absl::StatusOr<std::string> ReadSecretVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    return absl::InvalidArgumentError(
        absl::StrCat("the environment variable ", name, " is not set"));
  }
  return std::string(value);
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(const config::v1::Secret& secret) {
  switch (secret.from_case()) {
    case config::v1::Secret::kEnv:
      return ReadSecretVariable(secret.env());
    case config::v1::Secret::kFile:
      return ReadSecretFile(secret.file());
    case config::v1::Secret::FROM_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "a secret is needed: {env: NAME} or {file: path}");
}

}  // namespace sluice
