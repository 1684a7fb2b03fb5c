// Requests over plain HTTP/1.1 without what libcurl does anew for each.
#ifndef PIPELINE_HTTP_DIRECT_CLIENT_H_
#define PIPELINE_HTTP_DIRECT_CLIENT_H_

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/curl_multi.h"
#include "pipeline/http/http_client.h"

namespace sluice {

class DirectConnection;
class DirectExchange;

// Sends many requests with bodies to few places: describing each to libcurl,
// and libcurl's own way from one to the next, cost about as much as the system
// calls that carry them. libcurl still makes the connections.
//
// Connections are kept, each carries one request at a time. A request is sent
// once: a connection that dies with it ends it.
//
// Thread-safety: one thread, that of `executor`, which also polls `sockets`.
class DirectClient {
 public:
  struct Options {
    // Requests beyond this many to one place wait. 0: no limit.
    int max_connections_per_host = 0;
    // A connection that was idle for longer is not used again.
    absl::Duration max_idle = absl::InfiniteDuration();
    std::string user_agent;
  };

  // Both outlive the client.
  DirectClient(const Options& options, CurlMulti* sockets, Executor* executor);
  ~DirectClient();
  DirectClient(const DirectClient&) = delete;
  DirectClient& operator=(const DirectClient&) = delete;

  // Whether `request` is of the kind that this client sends: a body goes out by
  // plain HTTP, nothing has to be followed, decoded or watched for silence, and
  // no proxy is in between. What cannot be sent at all is not.
  static bool Takes(const HttpRequest& request);

  // As HttpClient::Stream(). REQUIRES: Takes(request).
  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler);

  // libcurl is done with `easy`, with this CURLcode; nothing happens if it was
  // not making a connection for this client.
  void OnConnected(CURL* easy, int code);

  // The executor ends: every request is cancelled, without a callback.
  void Close();

 private:
  friend class DirectConnection;
  friend class DirectExchange;
  using ExchangePtr = std::shared_ptr<DirectExchange>;

  // What goes to one origin, "http://host:port".
  struct Place {
    std::list<std::unique_ptr<DirectConnection>> connections;
    // Of them, those without a request; the one used last is at the end.
    std::deque<DirectConnection*> idle;
    std::deque<ExchangePtr> waiting;
    // Connections that are being made, and how long one may take.
    size_t connecting = 0;
    absl::Duration connect_timeout;
  };

  // A connection that libcurl is making.
  struct Connecting {
    std::string origin;
    std::string error_text;  // libcurl writes into it.
  };

  // Gives waiting requests to idle connections, and makes more of those.
  void Serve(const std::string& origin);
  DirectConnection* TakeIdle(Place& place);
  void Connect(const std::string& origin, absl::Duration timeout);

  // For connections: `connection` is free for the next request,
  void OnFree(DirectConnection* connection);
  // or is closed, and destroyed once nothing of it runs.
  void OnClosed(DirectConnection* connection);
  // For requests: one that waits is nobody's any more.
  void Forget(DirectExchange* exchange);

  const Options options_;
  CurlMulti* const sockets_;
  Executor* const executor_;
  absl::flat_hash_map<std::string, std::unique_ptr<Place>> places_;
  absl::flat_hash_map<CURL*, std::unique_ptr<Connecting>> connecting_;
  // What is posted finds it false once the client is closed.
  const std::shared_ptr<bool> open_ = std::make_shared<bool>(true);
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_DIRECT_CLIENT_H_
