#include "plugins/disruptive/webhook/push_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/auth/jwt.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

namespace json = boost::json;

absl::Status Refuse(std::string_view why) {
  return absl::UnauthenticatedError(ToAbsl(why));
}

// In lower-case hex.
std::string Digest(const EVP_MD* kind, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &length, kind, nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), length));
}

bool IsDigest(const json::value& claim, const std::string& digest) {
  return claim.is_string() && claim.get_string().size() == digest.size() &&
         CRYPTO_memcmp(claim.get_string().data(), digest.data(),
                       digest.size()) == 0;
}

// A claim that is a number of seconds since 1970; nullopt: it is none.
std::optional<absl::Time> TimeClaim(const json::value& claim) {
  // To the end of year 9999.
  constexpr double kLatest = 253402300799;
  if (!claim.is_number()) return std::nullopt;
  const double seconds = claim.to_number<double>();
  if (!(seconds >= 0 && seconds <= kLatest)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

absl::StatusOr<Jwt> Verify(std::string_view signature,
                           const std::vector<std::string>& secrets) {
  absl::StatusOr<Jwt> jwt = absl::PermissionDeniedError("there is no secret");
  for (const std::string& secret : secrets) {
    jwt = VerifyJwt(signature, [&secret](const Jwt&) { return secret; });
    if (!absl::IsPermissionDenied(jwt.status())) break;
  }
  return jwt;
}

absl::Status CheckTimes(const json::object& claims, absl::Time now,
                        absl::Duration leeway) {
  const json::value* exp = claims.if_contains("exp");
  if (exp == nullptr) return Refuse("the signature has no end (exp)");
  const std::optional<absl::Time> end = TimeClaim(*exp);
  if (!end.has_value()) return Refuse("the signature's end (exp) is no time");
  if (now >= *end + leeway) return Refuse("the signature has expired");
  const json::value* iat = claims.if_contains("iat");
  if (iat == nullptr) return absl::OkStatus();
  const std::optional<absl::Time> begin = TimeClaim(*iat);
  if (!begin.has_value())
    return Refuse("the signature's time (iat) is no time");
  if (*begin > now + leeway) {
    return Refuse("the signature is of the future; check this machine's clock");
  }
  return absl::OkStatus();
}

absl::Status CheckDigests(const json::object& claims, std::string_view body) {
  const json::value* sha256 = claims.if_contains("checksum_sha256");
  if (sha256 == nullptr) {
    return Refuse("the signature has no checksum_sha256");
  }
  if (!IsDigest(*sha256, Digest(EVP_sha256(), body))) {
    return Refuse("checksum_sha256 is of another body");
  }
  const json::value* sha1 = claims.if_contains("checksum");
  if (sha1 != nullptr && !IsDigest(*sha1, Digest(EVP_sha1(), body))) {
    return Refuse("checksum is of another body");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPushSignature(std::string_view signature,
                                std::string_view body,
                                const std::vector<std::string>& secrets,
                                absl::Time now, absl::Duration leeway) {
  const absl::StatusOr<Jwt> jwt = Verify(signature, secrets);
  if (absl::IsPermissionDenied(jwt.status())) {
    return Refuse("it was signed with another secret");
  }
  if (!jwt.ok()) return absl::UnauthenticatedError(jwt.status().message());
  if (absl::Status status = CheckTimes(jwt->claims, now, leeway);
      !status.ok()) {
    return status;
  }
  return CheckDigests(jwt->claims, body);
}

}  // namespace sluice::disruptive
