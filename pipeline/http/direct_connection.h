// A connection of a DirectClient.
#ifndef PIPELINE_HTTP_DIRECT_CONNECTION_H_
#define PIPELINE_HTTP_DIRECT_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipeline/http/answer_parser.h"
#include "pipeline/http/curl_multi.h"

namespace sluice {

class DirectClient;
class DirectExchange;

// Writes a request, reads its answer, and is free for the next one.
//
// Handlers run inside of what happens to a connection and may end it: its
// client keeps it until that is over.
class DirectConnection final : public CurlMulti::SocketHandler {
 public:
  // Takes `socket`, which is connected and does not block. `client` and
  // `sockets` outlive it.
  DirectConnection(DirectClient* client, CurlMulti* sockets, std::string origin,
                   int socket);
  ~DirectConnection() override;

  const std::string& origin() const { return origin_; }
  // Monotonic time at which it became free; its client keeps that.
  absl::Duration idle_since() const { return idle_since_; }
  void set_idle_since(absl::Duration now) { idle_since_ = now; }

  // Sends the request of `exchange`; calls nobody. REQUIRES: LooksAlive().
  void Begin(std::shared_ptr<DirectExchange> exchange);
  // False: the other side has closed it. REQUIRES: it is idle.
  bool LooksAlive() const;
  // Bytes of the present request went out.
  bool sent_any() const { return written_ > 0; }
  // Stops and restarts reading; what was read before is gone on with in the
  // same call.
  void Pause();
  void Resume();
  // Closes it. What it carried is nobody's any more.
  void Abandon();
  // The client ends, and with it the present request.
  void Detach();

  void OnReady(uint32_t events) override;

 private:
  void Write();
  void Read();
  void Parse(std::string_view bytes);
  // The other side has closed it, or it broke.
  void OnEnd();
  void Finish();
  void Fail(std::string_view what);
  void Close();
  // Watches for what is waited for now.
  void Watch();

  DirectClient* const client_;
  CurlMulti* const sockets_;
  const std::string origin_;
  absl::Duration idle_since_;
  int socket_;                                // -1: closed.
  std::shared_ptr<DirectExchange> exchange_;  // Null: idle.
  // Of the present request, or of the last: the parser may be at work while it
  // ends.
  std::unique_ptr<AnswerParser> parser_;
  size_t written_ = 0;  // Of head and body together.
  bool writing_ = false;
  bool paused_ = false;
  uint32_t watched_ = 0;  // Events.
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_DIRECT_CONNECTION_H_
