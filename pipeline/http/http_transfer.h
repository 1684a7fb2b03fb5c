// One request of an HttpLoop.
#ifndef PIPELINE_HTTP_HTTP_TRANSFER_H_
#define PIPELINE_HTTP_HTTP_TRANSFER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/curl_multi.h"
#include "pipeline/http/http_client.h"

struct curl_slist;

namespace sluice {

class HttpTransfer;

// What a transfer asks of the loop it runs on.
class HttpTransferHost {
 public:
  virtual ~HttpTransferHost() = default;
  virtual Executor& executor() = 0;
  // Takes the transfer away from libcurl, now or as soon as libcurl permits.
  virtual void Abandon(HttpTransfer* transfer) = 0;
  // Goes on with a transfer that libcurl has paused.
  virtual void Unpause(HttpTransfer* transfer) = 0;
};

// Turns libcurl's callbacks into those of an HttpStreamHandler. It lives from
// Stream() until libcurl and the caller have both let go of it.
//
// Handlers run inside libcurl's callbacks, where libcurl can neither start nor
// end transfers; so a cancelled transfer goes deaf at once and is taken away by
// its host later.
class HttpTransfer final : public std::enable_shared_from_this<HttpTransfer> {
 public:
  HttpTransfer(HttpTransferHost* host, HttpRequest request,
               HttpStreamHandler* handler);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // For the host.
  //
  // Describes the request to `easy`, which stays the host's. An error: it
  // cannot be sent.
  absl::Status Configure(CURL* easy, const std::string& user_agent);
  // Null while libcurl does not know of it.
  CURL* easy() const { return easy_; }
  // True once nobody listens any more.
  bool cancelled() const { return handler_ == nullptr; }
  // libcurl is done with the request, with this CURLcode. Reads its results
  // from easy().
  void SetResult(int code);
  // easy() is no longer this transfer's.
  void ReleaseEasy();
  // Reports the end, once easy() is released; later, if paused.
  void ReportEnd(HttpFailure failure);
  void ReportEnd();
  // The loop ends: no callback comes any more.
  void Detach();

  // For the caller.
  void Cancel();
  void Pause();
  void Resume();

 private:
  static size_t OnHeaderLine(char* data, size_t size, size_t count, void* self);
  static size_t OnBodyPiece(char* data, size_t size, size_t count, void* self);
  static int OnConnected(void* self, char* remote, char* local, int remote_port,
                         int local_port);

  absl::Status SetMethod();
  absl::Status SetHeaders();
  void SetTimeouts();

  void HandleHeaderLine(std::string_view line);
  void HandleHeadersComplete();
  bool WillRedirect() const;
  // False: the handler cancelled.
  bool DeliverResponse();
  void Continue();

  void NoteSignOfLife();
  void RestartIdleTimer();
  void AwaitSilence(absl::Duration wait);
  void OnIdleTimer();

  HttpTransferHost* host_;
  HttpRequest request_;
  HttpStreamHandler* handler_;
  CURL* easy_ = nullptr;
  curl_slist* header_list_ = nullptr;
  std::string error_text_;  // libcurl writes into it.

  int status_ = 0;
  HttpHeaders headers_;
  int redirects_ = 0;
  // Headers are complete and the handler has not yet seen them.
  bool response_ready_ = false;
  bool response_delivered_ = false;

  bool paused_ = false;
  bool curl_paused_ = false;  // It holds a piece back.
  // libcurl's count at the last connection, and what it had sent by then to
  // hosts before.
  long curl_redirects_ = 0;
  long sent_before_hop_ = 0;
  // The connection died with a request on it that must not be sent twice.
  bool lost_connection_ = false;
  // How it ended.
  std::optional<HttpFailure> failure_;

  Executor::TimerId idle_timer_ = 0;
  absl::Duration last_sign_;  // Of life of the other side.
  int64_t uploaded_ = 0;      // At the last look.
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_TRANSFER_H_
