#include "pipeline/http/direct_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "glog/logging.h"
#include "pipeline/http/curl_status.h"
#include "pipeline/http/direct_connection.h"
#include "pipeline/http/direct_exchange.h"
#include "pipeline/http/request_text.h"

namespace sluice {
namespace {

constexpr long kKeepaliveSeconds = 60;

// The caller's hold on a request.
class Call final : public HttpCall {
 public:
  explicit Call(std::shared_ptr<DirectExchange> exchange)
      : exchange_(std::move(exchange)) {}
  ~Call() override { exchange_->Cancel(); }
  void Pause() override { exchange_->Pause(); }
  void Resume() override { exchange_->Resume(); }

 private:
  const std::shared_ptr<DirectExchange> exchange_;
};

// Whether the environment names a proxy for plain HTTP; libcurl looks for no
// other name of it.
bool HasProxy() {
  static const bool has_proxy = [] {
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
      const char* const value = std::getenv(name);
      if (value != nullptr && *value != '\0') return true;
    }
    return false;
  }();
  return has_proxy;
}

// Headers that change what is sent, or what comes.
bool IsPlainHeader(const HttpHeader& header) {
  for (const char* name : {"Accept-Encoding", "Connection", "Expect",
                           "Transfer-Encoding", "Upgrade"}) {
    if (absl::EqualsIgnoreCase(header.first, name)) return false;
  }
  return IsSendable(header);
}

// What libcurl would correct or refuse is left to it.
bool IsPlainUrl(const std::string& url) {
  return absl::StartsWith(url, "http://") &&
         std::all_of(url.begin(), url.end(),
                     [](unsigned char c) { return absl::ascii_isgraph(c); }) &&
         UrlOrigin(url).starts_with("http://") &&  // No user name in it.
         UrlOrigin(url).size() > std::string_view("http://").size();
}

}  // namespace

DirectClient::DirectClient(const Options& options, CurlMulti* sockets,
                           Executor* executor)
    : options_(options), sockets_(sockets), executor_(executor) {}

DirectClient::~DirectClient() = default;

bool DirectClient::Takes(const HttpRequest& request) {
  return !request.body.empty() &&
         (request.method == "POST" || request.method == "PUT" ||
          request.method == "PATCH") &&
         request.max_redirects == 0 &&
         request.idle_timeout == absl::InfiniteDuration() &&
         IsPlainUrl(request.url) &&
         std::all_of(request.headers.begin(), request.headers.end(),
                     IsPlainHeader) &&
         (!HasProxy() || IsLoopbackUrl(request.url));
}

std::unique_ptr<HttpCall> DirectClient::Stream(HttpRequest request,
                                               HttpStreamHandler* handler) {
  const absl::Duration connect_timeout = request.connect_timeout;
  auto exchange = std::make_shared<DirectExchange>(
      this, std::move(request), handler, options_.user_agent);
  exchange->StartTimer(executor_);
  std::unique_ptr<Place>& place = places_[exchange->origin()];
  if (place == nullptr) place = std::make_unique<Place>();
  place->waiting.push_back(exchange);
  place->connect_timeout = connect_timeout;
  Serve(exchange->origin());
  return std::make_unique<Call>(std::move(exchange));
}

void DirectClient::Serve(const std::string& origin) {
  Place& place = *places_.at(origin);
  while (!place.waiting.empty()) {
    DirectConnection* const connection = TakeIdle(place);
    if (connection == nullptr) break;
    connection->Begin(std::move(place.waiting.front()));
    place.waiting.pop_front();
  }
  const size_t most =
      options_.max_connections_per_host == 0
          ? place.waiting.size() + place.connections.size()
          : static_cast<size_t>(options_.max_connections_per_host);
  while (place.connecting < place.waiting.size() &&
         place.connecting + place.connections.size() < most) {
    ++place.connecting;
    Connect(origin, place.connect_timeout);
  }
}

DirectConnection* DirectClient::TakeIdle(Place& place) {
  while (!place.idle.empty()) {
    DirectConnection* const connection = place.idle.back();
    const absl::Duration idle =
        executor_->MonotonicNow() - connection->idle_since();
    if (idle <= options_.max_idle && connection->LooksAlive()) {
      place.idle.pop_back();
      return connection;
    }
    connection->Abandon();
  }
  return nullptr;
}

void DirectClient::Connect(const std::string& origin, absl::Duration timeout) {
  // libcurl may be busy now.
  executor_->Post([this, open = open_, origin, timeout] {
    if (!*open) return;
    CURL* const easy = curl_easy_init();
    CHECK(easy != nullptr) << "out of memory";
    auto connecting = std::make_unique<Connecting>();
    connecting->origin = origin;
    connecting->error_text.assign(CURL_ERROR_SIZE, '\0');
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, connecting->error_text.data());
    curl_easy_setopt(easy, CURLOPT_URL, origin.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, kKeepaliveSeconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, kKeepaliveSeconds);
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        std::max(1L, static_cast<long>(absl::ToInt64Milliseconds(timeout))));
    connecting_.emplace(easy, std::move(connecting));
    sockets_->Add(easy);
  });
}

void DirectClient::OnConnected(CURL* easy, int code) {
  const auto found = connecting_.find(easy);
  if (found == connecting_.end()) return;
  const std::unique_ptr<Connecting> made = std::move(found->second);
  connecting_.erase(found);
  const int socket = code == CURLE_OK ? sockets_->TakeSocket(easy) : -1;
  sockets_->Remove(easy);
  curl_easy_cleanup(easy);
  Place& place = *places_.at(made->origin);
  --place.connecting;
  if (socket >= 0) {
    place.connections.push_back(std::make_unique<DirectConnection>(
        this, sockets_, made->origin, socket));
    return OnFree(place.connections.back().get());
  }
  if (place.waiting.empty()) return;
  const ExchangePtr oldest = std::move(place.waiting.front());
  place.waiting.pop_front();
  // The others get their own try.
  Serve(made->origin);
  oldest->End(
      {CurlStatus(code == CURLE_OK ? CURLE_COULDNT_CONNECT : code,
                  /*sent=*/false, made->origin, made->error_text.c_str()),
       /*maybe_sent=*/false});
}

void DirectClient::OnFree(DirectConnection* connection) {
  connection->set_idle_since(executor_->MonotonicNow());
  places_.at(connection->origin())->idle.push_back(connection);
  Serve(connection->origin());
}

void DirectClient::OnClosed(DirectConnection* connection) {
  Place& place = *places_.at(connection->origin());
  const auto idle = std::find(place.idle.begin(), place.idle.end(), connection);
  if (idle != place.idle.end()) place.idle.erase(idle);
  const auto found =
      std::find_if(place.connections.begin(), place.connections.end(),
                   [&](const auto& held) { return held.get() == connection; });
  if (found == place.connections.end()) return;
  // Destroyed when nothing of it runs any more; then there is room for another.
  executor_->Post([this, open = open_, closed = std::move(*found)] {
    if (*open) Serve(closed->origin());
  });
  place.connections.erase(found);
}

void DirectClient::Forget(DirectExchange* exchange) {
  const auto place = places_.find(exchange->origin());
  if (place == places_.end()) return;  // Closed.
  std::deque<ExchangePtr>& waiting = place->second->waiting;
  const auto found =
      std::find_if(waiting.begin(), waiting.end(),
                   [&](const auto& held) { return held.get() == exchange; });
  if (found != waiting.end()) waiting.erase(found);
}

void DirectClient::Close() {
  *open_ = false;
  for (const auto& [easy, connecting] : connecting_) {
    sockets_->Remove(easy);
    curl_easy_cleanup(easy);
  }
  connecting_.clear();
  for (const auto& [origin, place] : places_) {
    for (const auto& connection : place->connections) connection->Detach();
    for (const ExchangePtr& exchange : place->waiting) exchange->Detach();
  }
  places_.clear();
}

}  // namespace sluice
