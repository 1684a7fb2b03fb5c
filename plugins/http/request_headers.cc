#include "plugins/http/request_headers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/api/secret.h"
#include "pipeline/http/excerpt.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::http {
namespace {

constexpr int kMaxHeaders = 64;
constexpr size_t kMaxNameBytes = 256;
// What common servers take of all headers together.
constexpr size_t kMaxValueBytes = 8 << 10;
// A part of a secret that is shorter is a word such as "Bearer".
constexpr size_t kMinSecretPartBytes = 8;

// Framing and connections are the client's business, the encoding of the body
// that of `compression`.
constexpr std::string_view kSetByTheSink[] = {
    "Accept-Encoding",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
};
constexpr std::string_view kHoldSecrets[] = {"Authorization", "Cookie",
                                             "Proxy-Authorization"};

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::any_of(
      std::begin(names), std::end(names), [name](std::string_view other) {
        return absl::EqualsIgnoreCase(ToAbsl(other), ToAbsl(name));
      });
}

std::string FieldOf(std::string_view map, const std::string& name) {
  return absl::StrCat(ToAbsl(map), ".", name);
}

// The characters that the HTTP client sends in names; others are in no header
// that is in use.
absl::Status CheckName(std::string_view map, const std::string& name) {
  const bool is_name =
      !name.empty() && name.size() <= kMaxNameBytes &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
               c == '_';
      });
  if (!is_name) {
    return ConfigError(
        map, absl::StrCat("\"", Excerpt(name, 60),
                          "\" is no name of a header; give 1 to ",
                          kMaxNameBytes, " letters, digits, - and _"));
  }
  if (Contains(kSetByTheSink, name)) {
    return ConfigError(FieldOf(map, name),
                       "is set by the sink itself; leave it out");
  }
  return absl::OkStatus();
}

// True for what no value holds: control characters other than a tab.
bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

absl::Status CheckValue(std::string_view field, std::string_view value) {
  if (value.size() > kMaxValueBytes) {
    return ConfigError(
        field, absl::StrCat("has ", value.size(), " bytes; give at most ",
                            kMaxValueBytes));
  }
  if (value.find_first_of("\r\n") != std::string_view::npos) {
    return ConfigError(field,
                       "has a line end in it, which would begin another "
                       "header; give one line");
  }
  if (std::any_of(value.begin(), value.end(), IsControl)) {
    return ConfigError(field,
                       "has a control character in it; give printable text");
  }
  return absl::OkStatus();
}

// Gathers headers and sees to it that each name is there once.
class Builder {
 public:
  // `field` is where the header comes from.
  absl::Status Add(const std::string& field, const std::string& name,
                   std::string value) {
    const auto [at, is_new] =
        fields_.emplace(absl::AsciiStrToLower(name), field);
    if (!is_new) {
      return ConfigError(field, absl::StrCat("is given in ", at->second,
                                             ", too; a header is sent once"));
    }
    result_.headers.emplace_back(name, std::move(value));
    return absl::OkStatus();
  }

  absl::Status AddSecret(const std::string& field, const std::string& name,
                         const std::string& value) {
    SLUICE_RETURN_IF_ERROR(Add(field, name, value));
    Hide(value);
    for (const absl::string_view part : absl::StrSplit(value, ' ')) {
      if (part.size() >= kMinSecretPartBytes && part.size() < value.size()) {
        Hide(std::string(part));
      }
    }
    return absl::OkStatus();
  }

  void Hide(std::string secret) {
    result_.secrets.push_back(std::move(secret));
  }

  bool Has(const std::string& name) const {
    return fields_.count(absl::AsciiStrToLower(name)) > 0;
  }

  RequestHeaders Take(std::string credentials_field) && {
    result_.credentials_field = std::move(credentials_field);
    return std::move(result_);
  }

 private:
  RequestHeaders result_;
  // By name in lower case: the field that gave the header.
  std::map<std::string, std::string> fields_;
};

absl::StatusOr<std::string> ReadSecretAt(std::string_view field,
                                         const config::v1::Secret& secret) {
  absl::StatusOr<std::string> value = ReadSecret(secret);
  if (value.ok()) return value;
  return ConfigError(field, ToStd(value.status().message()));
}

// In the order of their names, whatever the order of a Protobuf map.
template <typename Map>
std::map<std::string, typename Map::mapped_type> Sorted(const Map& map) {
  return {map.begin(), map.end()};
}

absl::Status AddPlain(const v1::HttpSinkConfig& config, Builder* builder) {
  for (const auto& [name, value] : Sorted(config.headers())) {
    SLUICE_RETURN_IF_ERROR(CheckName("headers", name));
    const std::string field = FieldOf("headers", name);
    if (Contains(kHoldSecrets, name)) {
      return ConfigError(field,
                         "holds a secret; give it in `authorization` or "
                         "`secret_headers`");
    }
    if (value.empty() && absl::EqualsIgnoreCase(name, "Content-Type")) {
      return ConfigError(field, "is empty; give a media type or leave it out");
    }
    SLUICE_RETURN_IF_ERROR(CheckValue(field, value));
    SLUICE_RETURN_IF_ERROR(builder->Add(field, name, value));
  }
  return absl::OkStatus();
}

absl::Status AddSecrets(const v1::HttpSinkConfig& config, Builder* builder) {
  for (const auto& [name, secret] : Sorted(config.secret_headers())) {
    SLUICE_RETURN_IF_ERROR(CheckName("secret_headers", name));
    const std::string field = FieldOf("secret_headers", name);
    if (absl::EqualsIgnoreCase(name, "Content-Type")) {
      return ConfigError(field, "is no secret; give it in `headers`");
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string value,
                            ReadSecretAt(field, secret));
    SLUICE_RETURN_IF_ERROR(CheckValue(field, value));
    SLUICE_RETURN_IF_ERROR(builder->AddSecret(field, name, value));
  }
  return absl::OkStatus();
}

absl::Status AddBearer(const config::v1::Secret& secret, Builder* builder) {
  constexpr char kField[] = "authorization.bearer";
  SLUICE_ASSIGN_OR_RETURN(const std::string token,
                          ReadSecretAt(kField, secret));
  if (!std::all_of(token.begin(), token.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c));
      })) {
    return ConfigError(kField,
                       "has a space, a line end or another character that no "
                       "token has; give the token alone");
  }
  SLUICE_RETURN_IF_ERROR(CheckValue(kField, token));
  builder->Hide(token);
  return builder->Add(kField, "Authorization", absl::StrCat("Bearer ", token));
}

absl::Status AddBasic(const v1::BasicCredentials& basic, Builder* builder) {
  constexpr char kUser[] = "authorization.basic.user";
  constexpr char kPassword[] = "authorization.basic.password";
  if (basic.user().empty()) return ConfigError(kUser, "is missing");
  if (basic.user().find(':') != std::string::npos) {
    return ConfigError(kUser, "has a colon, which ends a user name");
  }
  SLUICE_RETURN_IF_ERROR(CheckValue(kUser, basic.user()));
  SLUICE_ASSIGN_OR_RETURN(const std::string password,
                          ReadSecretAt(kPassword, basic.password()));
  SLUICE_RETURN_IF_ERROR(CheckValue(kPassword, password));
  const std::string encoded =
      absl::Base64Escape(absl::StrCat(basic.user(), ":", password));
  builder->Hide(password);
  builder->Hide(encoded);
  return builder->Add("authorization.basic", "Authorization",
                      absl::StrCat("Basic ", encoded));
}

absl::Status AddAuthorization(const v1::HttpSinkConfig& config,
                              Builder* builder) {
  if (!config.has_authorization()) return absl::OkStatus();
  switch (config.authorization().scheme_case()) {
    case v1::Authorization::kBearer:
      return AddBearer(config.authorization().bearer(), builder);
    case v1::Authorization::kBasic:
      return AddBasic(config.authorization().basic(), builder);
    case v1::Authorization::SCHEME_NOT_SET:
      break;
  }
  return ConfigError("authorization",
                     "is empty; give {bearer: {env: NAME}} or {basic: {user: "
                     "NAME, password: {env: NAME}}}");
}

// Where whoever was refused has to look.
std::string CredentialsField(const v1::HttpSinkConfig& config) {
  switch (config.authorization().scheme_case()) {
    case v1::Authorization::kBearer:
      return "authorization.bearer";
    case v1::Authorization::kBasic:
      return "authorization.basic";
    case v1::Authorization::SCHEME_NOT_SET:
      break;
  }
  return config.secret_headers().empty() ? "authorization" : "secret_headers";
}

}  // namespace

absl::StatusOr<RequestHeaders> ReadRequestHeaders(
    const v1::HttpSinkConfig& config, std::string_view content_type) {
  const int count = config.headers_size() + config.secret_headers_size();
  if (count > kMaxHeaders) {
    return ConfigError(
        config.headers_size() > 0 ? "headers" : "secret_headers",
        absl::StrCat(count, " headers are too many; give at most ",
                     kMaxHeaders));
  }
  Builder builder;
  // First, so that a header for the same is found to be given twice.
  SLUICE_RETURN_IF_ERROR(AddAuthorization(config, &builder));
  SLUICE_RETURN_IF_ERROR(AddPlain(config, &builder));
  SLUICE_RETURN_IF_ERROR(AddSecrets(config, &builder));
  if (!builder.Has("Content-Type")) {
    SLUICE_RETURN_IF_ERROR(
        builder.Add("format", "Content-Type", std::string(content_type)));
  }
  if (config.compression() == v1::GZIP) {
    SLUICE_RETURN_IF_ERROR(
        builder.Add("compression", "Content-Encoding", "gzip"));
  }
  return std::move(builder).Take(CredentialsField(config));
}

}  // namespace sluice::http
