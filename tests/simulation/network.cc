#include "tests/simulation/network.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "glog/logging.h"

namespace sluice::simulation {
namespace {

// Longest a request is under way when it arrives late.
constexpr absl::Duration kLatest = absl::Minutes(3);
constexpr char kPage[] = "<html><body>Please sign in</body></html>\n";

std::string HostOf(const std::string& url) {
  const size_t begin = url.find("://") + 3;
  return url.substr(begin, url.find_first_of("/?", begin) - begin);
}

}  // namespace

// One request and its answer. Times out, breaks and stalls like TCP.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Network* network, Executor* executor, HttpRequest request,
             HttpStreamHandler* handler, std::string host, uint64_t id)
      : network_(network),
        executor_(executor),
        request_(std::move(request)),
        handler_(handler),
        host_(std::move(host)),
        id_(id) {}

  void Open(Service* service, Fault fault) {
    service_ = service;
    fault_ = fault;
    Weather weather = network_->weathers_[host_];
    network_->trace_->Add("#", id_, " ", request_.method, " ", request_.url,
                          " ", request_.body.size(), "B fault ",
                          static_cast<int>(fault));
    if (request_.total_timeout < absl::InfiniteDuration()) {
      total_timer_ = ClientTimer(request_.total_timeout, "total timeout");
    }
    RestartIdleTimer();
    switch (fault) {
      case Fault::kBlackHole:
        return;
      case Fault::kRefused:
        return FailLater(absl::UnavailableError("connection refused"), false);
      case Fault::kLostBefore:
        return FailLater(absl::UnavailableError("connection reset"), true);
      case Fault::kThrottled:
        return AnswerItself(429, "", {{"Retry-After", RandomSeconds(60)}});
      case Fault::kProxyError:
        return AnswerItself(RandomStatus({500, 502, 503, 504}), "<html>", {});
      case Fault::kForeignPage:
        return AnswerItself(200, kPage, {{"Content-Type", "text/html"}});
      default:
        break;
    }
    const absl::Duration arrival =
        fault == Fault::kLateArrival
            ? network_->scheduler_->Between(absl::Seconds(1), kLatest)
            : Latency();
    network_->world_->PostAfter(arrival, [self = shared_from_this()] {
      self->service_->Handle(std::make_shared<ServerExchange>(self));
    });
    if (weather.stream_life > absl::ZeroDuration() &&
        request_.total_timeout == absl::InfiniteDuration()) {
      life_ =
          network_->scheduler_->Between(absl::Seconds(1), weather.stream_life);
    }
  }

  // ---- The service's side.

  const HttpRequest& request() const { return request_; }
  bool gone() const { return gone_; }

  void Begin(int status, HttpHeaders headers) {
    if (fault_ == Fault::kProxyErrorAfter) {
      return AnswerItself(RandomStatus({502, 504}), "<html>", {});
    }
    if (BreaksBeforeAnswer()) return;
    if (life_ > absl::ZeroDuration()) {
      network_->world_->PostAfter(
          life_, [self = shared_from_this()] { self->BreakStream(); });
    }
    Deliver([this, status, headers = std::move(headers)] {
      RestartIdleTimer();
      handler_->OnResponse(status, headers);
    });
  }

  void Send(std::string piece) {
    if (silent_) return;
    if (fault_ == Fault::kHalfAnswer) {
      if (!piece.empty()) {
        piece.resize(network_->scheduler_->Below(piece.size()));
      }
      Body(std::move(piece));
      return Break();
    }
    // Pieces end anywhere.
    while (piece.size() > 1 && network_->scheduler_->Chance(0.2)) {
      const size_t cut = 1 + network_->scheduler_->Below(piece.size() - 1);
      Body(piece.substr(0, cut));
      piece.erase(0, cut);
    }
    Body(std::move(piece));
  }

  void End() {
    if (silent_) return;
    if (fault_ == Fault::kHalfAnswer) return Break();
    silent_ = true;
    Deliver([this] { Finish({}); });
  }

  void Reset() {
    if (!silent_) Break();
  }

  // ---- The client's side.

  void Hangup() {
    handler_ = nullptr;
    executor_->Cancel(total_timer_);
    executor_->Cancel(idle_timer_);
    network_->world_->PostAfter(
        Latency(), [self = shared_from_this()] { self->gone_ = true; });
  }

  void Pause() {
    paused_ = true;
    executor_->Cancel(idle_timer_);
  }

  void Resume() {
    if (!std::exchange(paused_, false)) return;
    RestartIdleTimer();
    executor_->Post([self = shared_from_this()] { self->Drain(); });
  }

 private:
  using Step = absl::AnyInvocable<void()>;

  absl::Duration Latency() {
    const absl::Duration mean = network_->weathers_[host_].latency;
    return network_->scheduler_->Between(mean / 4, mean * 2);
  }

  std::string RandomSeconds(uint64_t bound) {
    return absl::StrCat(network_->scheduler_->Below(bound));
  }

  int RandomStatus(const std::vector<int>& statuses) {
    return statuses[network_->scheduler_->Below(statuses.size())];
  }

  // Something between client and service answers instead of it.
  void AnswerItself(int status, std::string body, HttpHeaders headers) {
    silent_ = true;
    Deliver([this, status, body = std::move(body),
             headers = std::move(headers)]() mutable {
      handler_->OnResponse(status, headers);
      if (handler_ != nullptr && !body.empty()) handler_->OnBody(body);
      Finish({});
    });
  }

  bool BreaksBeforeAnswer() {
    if (silent_) return true;
    if (fault_ == Fault::kAnswerStalled) silent_ = true;
    if (fault_ == Fault::kAnswerLost) Break();
    return silent_;
  }

  void BreakStream() {
    if (silent_) return;
    if (network_->scheduler_->Chance(0.3)) {
      network_->trace_->Add("#", id_, " falls silent");
      silent_ = true;  // A router forgot the connection.
    } else {
      Break();
    }
  }

  void Break() {
    silent_ = true;
    network_->trace_->Add("#", id_, " breaks");
    FailLater(absl::UnavailableError("connection reset"), true);
    network_->world_->PostAfter(
        Latency(), [self = shared_from_this()] { self->gone_ = true; });
  }

  void Body(std::string piece) {
    if (piece.empty()) return;
    Deliver([this, piece = std::move(piece)] {
      RestartIdleTimer();
      handler_->OnBody(piece);
    });
  }

  void FailLater(absl::Status status, bool maybe_sent) {
    Deliver([this, failure = HttpFailure{std::move(status), maybe_sent}] {
      Finish(failure);
    });
  }

  // Hands `step` to the client after everything that was sent before it.
  void Deliver(Step step) {
    if (handler_ == nullptr) return;
    const absl::Duration now = network_->scheduler_->MonotonicNow();
    last_arrival_ = std::max(last_arrival_, now + Latency());
    executor_->PostAfter(
        last_arrival_ - now,
        [self = shared_from_this(), step = std::move(step)]() mutable {
          self->inbox_.push_back(std::move(step));
          self->Drain();
        });
  }

  void Drain() {
    // A step may drop the call, and with it the last hold on this connection.
    const auto self = shared_from_this();
    while (handler_ != nullptr && !paused_ && !inbox_.empty()) {
      Step step = std::move(inbox_.front());
      inbox_.pop_front();
      std::move(step)();
    }
  }

  Executor::TimerId ClientTimer(absl::Duration after, const char* what) {
    return executor_->PostAfter(after, [weak = weak_from_this(), what] {
      const auto self = weak.lock();
      if (self == nullptr || self->handler_ == nullptr) return;
      self->Finish({absl::DeadlineExceededError(what), true});
    });
  }

  void RestartIdleTimer() {
    executor_->Cancel(idle_timer_);
    if (request_.idle_timeout == absl::InfiniteDuration()) return;
    idle_timer_ = ClientTimer(request_.idle_timeout, "idle timeout");
  }

  void Finish(const HttpFailure& failure) {
    if (handler_ == nullptr) return;
    network_->trace_->Add("#", id_, " done ", failure.status.ToString());
    HttpStreamHandler* handler = handler_;
    Hangup();
    handler->OnDone(failure);
  }

  Network* const network_;
  Executor* const executor_;
  const HttpRequest request_;
  HttpStreamHandler* handler_;
  const std::string host_;
  const uint64_t id_;
  Service* service_ = nullptr;
  Fault fault_ = Fault::kNone;
  absl::Duration life_;
  // Nothing more comes from the service's side.
  bool silent_ = false;
  bool gone_ = false;
  bool paused_ = false;
  absl::Duration last_arrival_ = -absl::InfiniteDuration();
  std::deque<Step> inbox_;
  Executor::TimerId total_timer_ = 0;
  Executor::TimerId idle_timer_ = 0;
};

namespace {

class Call final : public HttpCall {
 public:
  explicit Call(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  ~Call() override { connection_->Hangup(); }
  void Pause() override { connection_->Pause(); }
  void Resume() override { connection_->Resume(); }

 private:
  const std::shared_ptr<Connection> connection_;
};

// Of a process that is dead.
class DeadCall final : public HttpCall {
 public:
  void Pause() override {}
  void Resume() override {}
};

}  // namespace

std::unique_ptr<HttpCall> NetworkClient::Stream(HttpRequest request,
                                                HttpStreamHandler* handler) {
  if (network_ == nullptr) return std::make_unique<DeadCall>();
  return network_->Start(executor_, std::move(request), handler);
}

const HttpRequest& ServerExchange::request() const {
  return connection_->request();
}
void ServerExchange::Begin(int status, HttpHeaders headers) {
  connection_->Begin(status, std::move(headers));
}
void ServerExchange::Send(std::string piece) {
  connection_->Send(std::move(piece));
}
void ServerExchange::End() { connection_->End(); }
void ServerExchange::Reset() { connection_->Reset(); }
bool ServerExchange::gone() const { return connection_->gone(); }

void ServerExchange::Respond(int status, std::string body,
                             HttpHeaders headers) {
  Begin(status, std::move(headers));
  Send(std::move(body));
  End();
}

void Network::AddHost(const std::string& host, Service* service) {
  services_[host] = service;
}

Fault Network::DrawFault(const Weather& weather) {
  if (weather.down) {
    return scheduler_->Chance(0.7) ? Fault::kRefused : Fault::kBlackHole;
  }
  if (!scheduler_->Chance(weather.fault_rate)) return Fault::kNone;
  return static_cast<Fault>(1 + scheduler_->Below(kFaultKinds - 1));
}

std::unique_ptr<HttpCall> Network::Start(Executor* executor,
                                         HttpRequest request,
                                         HttpStreamHandler* handler) {
  const std::string host = HostOf(request.url);
  const auto service = services_.find(host);
  CHECK(service != services_.end()) << "no such host: " << request.url;
  const Fault fault = DrawFault(weathers_[host]);
  ++counts_[static_cast<size_t>(fault)];
  auto connection = std::make_shared<Connection>(
      this, executor, std::move(request), handler, host, next_connection_++);
  connection->Open(service->second, fault);
  return std::make_unique<Call>(std::move(connection));
}

}  // namespace sluice::simulation
