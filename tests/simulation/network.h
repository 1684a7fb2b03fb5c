// The network between one process and the services, with everything that can go
// wrong with it.
#ifndef TESTS_SIMULATION_NETWORK_H_
#define TESTS_SIMULATION_NETWORK_H_

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "tests/simulation/trace.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {

// What can happen to a request.
enum class Fault {
  kNone,
  // Nobody listens; surely nothing was sent.
  kRefused,
  // The connection breaks before the service sees the request.
  kLostBefore,
  // Neither the request nor anything else arrives anywhere.
  kBlackHole,
  // The request arrives so late that the client has often given up.
  kLateArrival,
  // The service has done its part, and then the connection breaks ...
  kAnswerLost,
  // ... or stays silent ...
  kAnswerStalled,
  // ... or breaks in the middle of the answer ...
  kHalfAnswer,
  // ... or something between the two answers 502 or 504.
  kProxyErrorAfter,
  // Something before the service answers: 500, 502, 503, 504.
  kProxyError,
  // The same with 429 and a Retry-After.
  kThrottled,
  // A page of HTML with status 200, as of a captive portal.
  kForeignPage,
};
inline constexpr int kFaultKinds = 12;

// How the network to one host is.
struct Weather {
  // Part of the requests that something happens to.
  double fault_rate = 0;
  // Everything is kRefused or kBlackHole.
  bool down = false;
  absl::Duration latency = absl::Milliseconds(20);
  // Connections that bring an answer for long (streams) break, or fall silent,
  // after a random time below this; zero: never.
  absl::Duration stream_life;
};

class Connection;

// A request as the service sees it, and the way back. Stays usable after the
// client is gone; what is sent then is lost.
class ServerExchange {
 public:
  explicit ServerExchange(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  const HttpRequest& request() const;
  void Begin(int status, HttpHeaders headers = {});
  void Send(std::string piece);
  void End();
  void Reset();
  void Respond(int status, std::string body, HttpHeaders headers = {});
  // True once the service can know that nobody listens any more.
  bool gone() const;

 private:
  std::shared_ptr<Connection> connection_;
};

class Service {
 public:
  virtual ~Service() = default;
  // On the world's executor.
  virtual void Handle(std::shared_ptr<ServerExchange> exchange) = 0;
};

class Network;

// The network as one process sees it.
class NetworkClient final : public HttpClient {
 public:
  NetworkClient(Network* network, Executor* executor)
      : network_(network), executor_(executor) {}

  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler) override;
  // The process is dead: nothing more goes out.
  void Disconnect() { network_ = nullptr; }

 private:
  Network* network_;
  Executor* const executor_;
};

// Connects processes with services. Pieces of one connection keep their order;
// connections overtake each other.
class Network {
 public:
  // `world` runs the services.
  Network(SeededScheduler* scheduler, Executor* world, Trace* trace)
      : scheduler_(scheduler), world_(world), trace_(trace) {}

  void AddHost(const std::string& host, Service* service);
  Weather& weather(const std::string& host) { return weathers_[host]; }

  // How often each fault happened.
  int64_t count(Fault fault) const {
    return counts_[static_cast<size_t>(fault)];
  }

 private:
  friend class Connection;
  friend class NetworkClient;

  std::unique_ptr<HttpCall> Start(Executor* executor, HttpRequest request,
                                  HttpStreamHandler* handler);
  Fault DrawFault(const Weather& weather);

  SeededScheduler* const scheduler_;
  Executor* const world_;
  Trace* const trace_;
  std::map<std::string, Service*> services_;
  std::map<std::string, Weather> weathers_;
  std::array<int64_t, kFaultKinds> counts_ = {};
  uint64_t next_connection_ = 1;
};

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_NETWORK_H_
