// A Data Connector in miniature, for tests.
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_TESTING_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_TESTING_H_

#include <openssl/evp.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/http/http_server.h"
#include "tests/testing/holding_emitter.h"  // IWYU pragma: export
#include "tests/testing/kept_answer.h"      // IWYU pragma: export

namespace sluice::disruptive {

// A touch as the service pushes it.
inline std::string PushBody(std::string_view id) {
  return absl::StrCat(
      R"({"event":{"eventId":")", std::string(id),
      R"(","targetName":"projects/p1/devices/d1","eventType":"touch","data":{"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}},"timestamp":"2025-01-02T03:04:05.678901Z"},"labels":{"room":"99"},"metadata":{"deviceId":"d1","projectId":"p1","deviceType":"touch","productNumber":"102081"}})");
}

// What the service puts into X-Dt-Signature.
inline std::string SignPush(std::string_view body, std::string_view secret,
                            absl::Time now) {
  const auto digest = [body](const EVP_MD* kind) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_Digest(body.data(), body.size(), bytes, &length, kind, nullptr);
    return absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(bytes), length));
  };
  const int64_t iat = absl::ToUnixSeconds(now);
  return SignJwt(R"({"alg":"HS256","typ":"JWT"})",
                 absl::StrCat(R"({"checksum":")", digest(EVP_sha1()),
                              R"(","checksum_sha256":")", digest(EVP_sha256()),
                              R"(","exp":)", iat + 3600, R"(,"iat":)", iat,
                              R"(,"jti":"cqr0000000000000001g"})"),
                 secret);
}

// A push, signed unless `secret` is empty.
inline HttpServerRequest PushRequest(std::string body, std::string_view secret,
                                     absl::Time now) {
  HttpServerRequest request;
  request.method = "POST";
  request.target = request.path = "/";
  if (!secret.empty()) {
    request.headers.emplace_back("X-Dt-Signature", SignPush(body, secret, now));
  }
  request.body = std::move(body);
  return request;
}

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_TESTING_H_
