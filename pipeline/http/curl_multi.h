// libcurl's multi interface on epoll.
#ifndef PIPELINE_HTTP_CURL_MULTI_H_
#define PIPELINE_HTTP_CURL_MULTI_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

// As in <curl/curl.h>, which only those read who speak to libcurl.
typedef void CURL;
typedef void CURLM;

namespace sluice {

// Many transfers on one thread, driven by readiness: work per wake-up depends
// on what is ready, not on how many transfers there are.
//
// Thread-safety: Wake() from any thread, the rest from one.
class CurlMulti {
 public:
  struct Options {
    // Further requests to the host wait in libcurl.
    int max_connections_per_host = 0;  // 0: no limit.
    // Idle connections kept for reuse.
    int max_idle_connections = 64;
  };
  // A transfer that ended, and its CURLcode.
  using Finished = std::pair<CURL*, int>;

  // Who uses a socket that is not libcurl's.
  class SocketHandler {
   public:
    virtual ~SocketHandler() = default;
    // These of the watched `events`, EPOLLERR or EPOLLHUP hold. Called inside
    // Poll(), while libcurl is not busy.
    virtual void OnReady(uint32_t events) = 0;
  };

  explicit CurlMulti(const Options& options);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // True while libcurl is at work, and so inside its callbacks, where it
  // refuses the next three.
  bool busy() const { return busy_; }
  void Add(CURL* easy);
  void Remove(CURL* easy);
  // Goes on with a paused transfer; its write callback may run inside this
  // call.
  void Unpause(CURL* easy);

  // The socket of a handle that was to connect only, and has. It stays open
  // when the handle goes, and is the caller's. -1: there is none.
  int TakeSocket(CURL* easy);
  // Watches `socket`, which is not libcurl's, for `events` of epoll, in place
  // of what it was watched for before.
  void Watch(int socket, uint32_t events, SocketHandler* handler);
  void Unwatch(int socket);

  // Waits until a socket is ready, a timeout of libcurl has passed, somebody
  // called Wake(), or `due` (monotonic nanoseconds) has come; then moves
  // transfers on. A `due` in the past does not wait. Returns the transfers that
  // ended; the list is overwritten by the next call.
  const std::vector<Finished>& Poll(int64_t due);

  // Makes the present or the next Poll() return.
  void Wake();

 private:
  static int OnSocket(CURL* easy, int socket, int what, void* self,
                      void* registered);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  int WaitMillis(int64_t due) const;
  void Act(int socket, int events);

  CURLM* multi_;
  absl::flat_hash_map<int, SocketHandler*> handlers_;
  int epoll_;
  int wake_;  // An eventfd.
  // When libcurl wants to be called for its timeouts.
  int64_t curl_due_;
  bool busy_ = false;
  std::vector<Finished> finished_;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_CURL_MULTI_H_
