#include "plugins/disruptive/assertion.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
#include "pipeline/auth/jwt.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

boost::json::string_view Json(std::string_view text) {
  return boost::json::string_view(text.data(), text.size());
}

}  // namespace

std::string SignAssertion(const Assertion& assertion) {
  const int64_t issued = absl::ToUnixSeconds(assertion.issued);
  const boost::json::value header = {
      {"alg", "HS256"}, {"kid", Json(assertion.key_id)}, {"typ", "JWT"}};
  const boost::json::value claims = {{"iat", issued},
                                     {"exp", issued + 3600},
                                     {"aud", Json(assertion.audience)},
                                     {"iss", Json(assertion.email)}};
  return SignJwt(boost::json::serialize(header), boost::json::serialize(claims),
                 assertion.secret);
}

std::string BasicHeader(std::string_view key_id, std::string_view secret) {
  return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                    ToAbsl(key_id), ":", ToAbsl(secret))));
}

}  // namespace sluice::disruptive
