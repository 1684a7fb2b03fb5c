// Events in the bodies of POST requests.
#ifndef PLUGINS_LINES_HTTP_INPUT_H_
#define PLUGINS_LINES_HTTP_INPUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "pipeline/api/http_intake.h"
#include "pipeline/api/listen_keeper.h"
#include "pipeline/http/http_server.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/lines/body_reader.h"
#include "plugins/lines/lines_input.h"
#include "plugins/lines/lines_settings.h"

namespace sluice::lines {

// The answer to a request that brings no events, or that nobody here is allowed
// to bring; nullopt: its body may be looked into.
//   404  another path                 405  another method than POST
//   411  no body                      415  an encoded one
//   401  no token, or another one
std::optional<HttpResponse> RefuseRequest(const HttpSettings& settings,
                                          const HttpServerRequest& request);

// Decodes bodies on the thread of an HttpServer, and answers each request once
// all of its events are safe (HttpIntake).
class HttpInput final : public LinesInput {
 public:
  HttpInput(HttpSettings settings, InputParts parts);

  void Start() override;
  void Stop(absl::AnyInvocable<void()> done) override;
  uint16_t port() const override {
    return server_ == nullptr ? 0 : server_->port();
  }

 private:
  absl::StatusOr<std::string> Listen();
  Counter* counter(const char* name, const char* help) const;

  // On the server's thread.
  void OnRequest(HttpServerRequest request,
                 std::shared_ptr<HttpResponder> responder);
  // Counts and logs what is refused.
  void Refuse(const HttpServerRequest& request, HttpResponse refusal,
              HttpResponder& responder);

  const HttpSettings settings_;
  const InputParts parts_;
  Counter* const requests_;
  Counter* const refused_;
  Counter* const unauthorized_;
  const std::shared_ptr<HttpIntake> intake_;
  ListenKeeper keeper_;

  // The server's thread's.
  BodyReader reader_;

  // Last: its thread uses the others.
  std::unique_ptr<HttpServer> server_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_HTTP_INPUT_H_
