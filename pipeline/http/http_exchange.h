// The responder behind HttpServer: frames an answer and hands the bytes to its
// connection.
#ifndef PIPELINE_HTTP_HTTP_EXCHANGE_H_
#define PIPELINE_HTTP_HTTP_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "pipeline/http/http_connection.h"
#include "pipeline/http/http_message.h"
#include "pipeline/http/http_responder.h"

namespace sluice {

class HttpExchange final : public HttpResponder {
 public:
  // What the request says about its answer.
  struct Traits {
    bool head = false;  // Its method: the answer has no body.
    bool http_1_1 = true;
    bool keep_alive = true;
  };

  HttpExchange(std::shared_ptr<HttpConnection> connection, uint64_t number,
               std::shared_ptr<HttpExchangeState> state, Traits traits);
  ~HttpExchange() override;

  void Send(HttpResponse response) override;
  void Begin(int status, HttpHeaders headers) override;
  void Write(std::string bytes) override;
  void End() override;
  size_t pending_bytes() const override { return state_->pending_bytes; }
  bool connected() const override { return state_->connected; }
  void Abort(bool reset) override;
  void SendRaw(std::string bytes) override;

 private:
  enum class Stage { kUnanswered, kStreaming, kRaw, kDone };

  // Decides how the body ends and whether the connection stays.
  void ChooseFraming(int status, const HttpHeaders& headers, bool streamed);
  std::string Head(int status, const HttpHeaders& headers) const;
  // On the connection's thread.
  void Output(std::string head, std::string body, bool last);

  const std::shared_ptr<HttpConnection> connection_;
  const uint64_t number_;
  const std::shared_ptr<HttpExchangeState> state_;
  const Traits traits_;
  Stage stage_ = Stage::kUnanswered;
  HttpFraming framing_;
  uint64_t unsent_ = 0;  // With a length: bytes of the body still to come.
  bool keep_alive_ = true;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_EXCHANGE_H_
