// One request of a DirectClient.
#ifndef PIPELINE_HTTP_DIRECT_EXCHANGE_H_
#define PIPELINE_HTTP_DIRECT_EXCHANGE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/answer_parser.h"
#include "pipeline/http/http_client.h"

namespace sluice {

class DirectClient;
class DirectConnection;

// Lives until its call and whatever carries it have both let go of it.
class DirectExchange final
    : public AnswerParser::Receiver,
      public std::enable_shared_from_this<DirectExchange> {
 public:
  // `client` outlives everything but Detach()ed exchanges.
  DirectExchange(DirectClient* client, HttpRequest request,
                 HttpStreamHandler* handler, std::string_view user_agent);

  // Where it goes: "http://host:port".
  const std::string& origin() const { return origin_; }
  // Request line and headers, and what follows them.
  std::string_view head() const { return head_; }
  std::string_view body() const { return request_.body; }
  absl::Duration connect_timeout() const { return request_.connect_timeout; }
  // Nobody listens any more.
  bool cancelled() const { return handler_ == nullptr; }

  // Null: it waits for a connection, or has ended.
  DirectConnection* connection = nullptr;

  // Begins the total timeout.
  void StartTimer(Executor* executor);
  // Reports the end; once.
  void End(const HttpFailure& failure);
  // The client ends: no callback comes any more.
  void Detach();

  // The caller's side.
  void Cancel();
  void Pause();
  void Resume();

  // AnswerParser::Receiver.
  void OnHead(int status, HttpHeaders headers) override;
  void OnPiece(std::string_view piece) override;
  bool wants_pause() const override { return paused_ && !cancelled(); }

 private:
  void WriteHead(std::string_view user_agent);
  void OnTimeout();
  void Continue();

  DirectClient* client_;  // Null: it has ended.
  HttpRequest request_;
  HttpStreamHandler* handler_;
  std::string origin_;
  std::string head_;
  Executor* executor_ = nullptr;
  Executor::TimerId timer_ = 0;
  bool paused_ = false;
  // How it ended during a pause.
  std::optional<HttpFailure> held_back_;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_DIRECT_EXCHANGE_H_
