#include "plugins/disruptive/credentials.h"

#include <cstdlib>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/api/secret.h"
#include "plugins/disruptive/text.h"
#include "simdjson.h"
#include "storage/base/status_macros.h"

namespace sluice::disruptive {
namespace {

constexpr char kFileVariable[] = "DT_CREDENTIALS_FILE";
constexpr char kKeyIdVariable[] = "DT_SERVICE_ACCOUNT_KEY_ID";
constexpr char kSecretVariable[] = "DT_SERVICE_ACCOUNT_SECRET";
constexpr char kEmailVariable[] = "DT_SERVICE_ACCOUNT_EMAIL";

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Takes string `name` of `account`, or notes it as missing.
void Take(const simdjson::dom::object& account, const char* name,
          std::string* value, std::vector<std::string>* missing) {
  std::string_view text;
  if (account[name].get(text) != simdjson::SUCCESS || text.empty()) {
    missing->push_back(name);
  } else {
    *value = text;
  }
}

absl::StatusOr<FoundCredentials> FromFile(const std::string& path,
                                          std::string_view field) {
  config::v1::Secret reference;
  reference.set_file(path);
  const absl::StatusOr<std::string> text = ReadSecret(reference);
  if (!text.ok()) {
    return ConfigError(field,
                       absl::StrCat("cannot read the credentials file ", path));
  }
  simdjson::dom::parser parser;
  simdjson::dom::object account;
  if (parser.parse(*text)["serviceAccount"].get(account) != simdjson::SUCCESS) {
    return ConfigError(
        field, absl::StrCat("the credentials file ", path,
                            " is not JSON with an object \"serviceAccount\""));
  }
  FoundCredentials found;
  std::string algorithm;
  std::vector<std::string> missing;
  Take(account, "keyId", &found.key.key_id, &missing);
  Take(account, "secret", &found.key.secret, &missing);
  Take(account, "email", &found.key.email, &missing);
  Take(account, "algorithm", &algorithm, &missing);
  Take(account, "tokenEndpoint", &found.token_url, &missing);
  if (!missing.empty()) {
    return ConfigError(field,
                       absl::StrCat("\"serviceAccount\" in ", path, " lacks ",
                                    absl::StrJoin(missing, ", ")));
  }
  if (algorithm != "HS256") {
    return ConfigError(field,
                       absl::StrCat("the algorithm in ", path,
                                    " is not HS256, the only one supported"));
  }
  return found;
}

absl::StatusOr<FoundCredentials> FromEnvironment() {
  if (const std::string path = Variable(kFileVariable); !path.empty()) {
    return FromFile(path, "credentials");
  }
  FoundCredentials found;
  found.key = {Variable(kKeyIdVariable), Variable(kSecretVariable),
               Variable(kEmailVariable)};
  if (found.key.key_id.empty() || found.key.secret.empty() ||
      found.key.email.empty()) {
    return ConfigError(
        "credentials",
        absl::StrCat("needed: {file: path}, or key_id, secret and email, or in "
                     "the environment ",
                     kFileVariable, " or ", kKeyIdVariable, ", ",
                     kSecretVariable, " and ", kEmailVariable));
  }
  return found;
}

absl::StatusOr<FoundCredentials> FromFields(const v1::Credentials& config) {
  if (config.key_id().empty()) {
    return ConfigError("credentials.key_id",
                       "needed beside the secret; or give {file: path}");
  }
  const absl::StatusOr<std::string> secret = ReadSecret(config.secret());
  if (!secret.ok()) {
    return ConfigError("credentials.secret",
                       std::string(secret.status().message()));
  }
  if (config.email().empty() && !config.basic()) {
    return ConfigError("credentials.email",
                       "needed to fetch tokens: the service account's address, "
                       "…@….serviceaccount.d21s.com");
  }
  FoundCredentials found;
  found.key = {config.key_id(), *secret, config.email()};
  return found;
}

}  // namespace

absl::StatusOr<FoundCredentials> FindCredentials(
    const v1::DisruptiveConfig& config) {
  const v1::Credentials& given = config.credentials();
  const bool fields =
      !given.key_id().empty() || given.has_secret() || !given.email().empty();
  if (!given.file().empty() && fields) {
    return ConfigError("credentials",
                       "give either file, or key_id, secret and email");
  }
  absl::StatusOr<FoundCredentials> found =
      !given.file().empty() ? FromFile(given.file(), "credentials.file")
      : fields              ? FromFields(given)
                            : FromEnvironment();
  if (found.ok()) found->key.basic = given.basic();
  return found;
}

}  // namespace sluice::disruptive
