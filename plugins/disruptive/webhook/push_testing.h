// A pipeline and a Data Connector in miniature, for tests.
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_TESTING_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_TESTING_H_

#include <openssl/evp.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/http/http_server.h"

namespace sluice::disruptive {

// Keeps emissions until the test acknowledges them.
class HoldingEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full_) {
      ++refusals_;
      return false;
    }
    held_.push_back(std::move(emission));
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
  }

  void set_full(bool full) {
    full_ = full;
    if (!full && ready_) std::exchange(ready_, nullptr)();
  }
  // Answers for the oldest emission that is held.
  void Acknowledge(const absl::Status& status = absl::OkStatus()) {
    Emission emission = std::move(held_.front());
    held_.pop_front();
    emission.on_acknowledged(status);
  }
  const std::deque<Emission>& held() const { return held_; }
  int refusals() const { return refusals_; }

 private:
  bool full_ = false;
  int refusals_ = 0;
  std::deque<Emission> held_;
  absl::AnyInvocable<void()> ready_;
};

// Keeps the answer.
class KeptAnswer final : public HttpResponder {
 public:
  void Send(HttpResponse response) override {
    ++sent;
    answer = std::move(response);
  }
  void Begin(int, HttpHeaders) override {}
  void Write(std::string) override {}
  void End() override {}
  size_t pending_bytes() const override { return 0; }
  bool connected() const override { return true; }
  void Abort(bool) override {}
  void SendRaw(std::string) override {}

  int sent = 0;
  std::optional<HttpResponse> answer;
};

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
