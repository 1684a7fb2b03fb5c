// An HTTP responder that keeps what it is told to answer.
#ifndef TESTS_TESTING_KEPT_ANSWER_H_
#define TESTS_TESTING_KEPT_ANSWER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/http/http_responder.h"

namespace sluice {

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

}  // namespace sluice

#endif  // TESTS_TESTING_KEPT_ANSWER_H_
