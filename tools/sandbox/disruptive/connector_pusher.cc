#include "tools/sandbox/disruptive/connector_pusher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "glog/logging.h"
#include "pipeline/auth/jwt.h"

namespace sluice::sandbox {
namespace {

constexpr absl::Duration kSignatureLifetime = absl::Hours(1);
// Nobody reads what an endpoint says.
constexpr size_t kMaxResponseBytes = 64 << 10;
// Outcomes kept for the metrics of one connector.
constexpr size_t kMaxOutcomes = 100'000;
// Further doublings would overflow, and pass any bound on the wait.
constexpr int kMaxDoublings = 30;

// In lower-case hex.
std::string Digest(const EVP_MD* kind, const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &length, kind, nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), length));
}

}  // namespace

ConnectorPusher::ConnectorPusher(ConnectorPusherOptions options,
                                 DataConnectors* connectors, Clock clock,
                                 NewId new_id)
    : options_(std::move(options)),
      connectors_(connectors),
      clock_(std::move(clock)),
      new_id_(std::move(new_id)) {}

void ConnectorPusher::Start(Executor* executor, Send send) {
  executor_ = executor;
  send_ = std::move(send);
}

int64_t ConnectorPusher::waiting() const {
  size_t waiting = 0;
  for (const auto& [connector, queue] : queues_) {
    waiting += queue.ready.size() + queue.under_way + queue.held_back;
  }
  return static_cast<int64_t>(waiting);
}

ConnectorPusher::Queue& ConnectorPusher::QueueOf(std::string_view connector) {
  const auto [queue, added] = queues_.try_emplace(std::string(connector));
  if (added) queue->second.generation = next_generation_++;
  return queue->second;
}

ConnectorPusher::Queue* ConnectorPusher::Find(const std::string& connector,
                                              uint64_t generation) {
  const auto queue = queues_.find(connector);
  if (queue == queues_.end() || queue->second.generation != generation) {
    return nullptr;
  }
  return &queue->second;
}

void ConnectorPusher::Push(const DataConnector& connector, std::string body) {
  Queue& queue = QueueOf(connector.id);
  Event event{.body = std::move(body), .taken = clock_()};
  ++taken_;
  event.again =
      options_.duplicate_every > 0 && taken_ % options_.duplicate_every == 0;
  if (options_.reorder_every > 0 && taken_ % options_.reorder_every == 0) {
    return HoldBack(connector.id, queue, std::move(event),
                    options_.reorder_delay);
  }
  queue.ready.push_back(std::move(event));
  if (queue.ready.size() > options_.max_waiting) {
    queue.ready.pop_front();
    ++expired_;
  }
  Pump(connector.id);
}

void ConnectorPusher::HoldBack(const std::string& connector, Queue& queue,
                               Event event, absl::Duration delay) {
  ++queue.held_back;
  executor_->PostAfter(delay, [this, connector, generation = queue.generation,
                               event = std::move(event)]() mutable {
    Queue* queue = Find(connector, generation);
    if (queue == nullptr) return;
    --queue->held_back;
    queue->ready.push_back(std::move(event));
    Pump(connector);
  });
}

void ConnectorPusher::Pump(const std::string& id) {
  const DataConnector* connector = connectors_->Find(id);
  if (connector == nullptr || !connector->active()) return Forget(id);
  Queue& queue = QueueOf(id);
  while (!queue.ready.empty() && queue.under_way < options_.parallel) {
    Event event = std::move(queue.ready.front());
    queue.ready.pop_front();
    if (clock_() - event.taken >= options_.max_age) {
      ++expired_;
      continue;
    }
    ++queue.under_way;
    ++attempts_;
    HttpRequest request = RequestFor(*connector, event);
    send_(
        std::move(request),
        [this, id, generation = queue.generation, event = std::move(event),
         sent = clock_()](HttpResponse response, HttpFailure failure) mutable {
          OnAnswer(id, generation, std::move(event), sent,
                   failure.status.ok() ? response.status : 0);
        });
  }
}

HttpRequest ConnectorPusher::RequestFor(const DataConnector& connector,
                                        const Event& event) {
  HttpRequest request{.method = "POST",
                      .url = connector.url,
                      .headers = {{"Content-Type", "application/json"}},
                      .body = event.body,
                      .connect_timeout = options_.timeout,
                      .total_timeout = options_.timeout,
                      .max_response_bytes = kMaxResponseBytes,
                      .tls = {.ca_file = options_.ca_file}};
  if (!connector.signature_secret.empty()) {
    request.headers.emplace_back("X-Dt-Signature",
                                 Signature(connector, event.body));
  }
  for (const auto& [name, value] : connector.headers) {
    request.headers.emplace_back(name, value);
  }
  return request;
}

std::string ConnectorPusher::Signature(const DataConnector& connector,
                                       const std::string& body) {
  const absl::Time now = clock_();
  return SignJwt(
      R"({"alg":"HS256","typ":"JWT"})",
      absl::StrCat(R"({"checksum":")", Digest(EVP_sha1(), body),
                   R"(","checksum_sha256":")", Digest(EVP_sha256(), body),
                   R"(","exp":)", absl::ToUnixSeconds(now + kSignatureLifetime),
                   R"(,"iat":)", absl::ToUnixSeconds(now), R"(,"jti":")",
                   new_id_(), R"("})"),
      connector.signature_secret);
}

void ConnectorPusher::OnAnswer(const std::string& connector,
                               uint64_t generation, Event event,
                               absl::Time sent, int status) {
  Queue* queue = Find(connector, generation);
  if (queue == nullptr) return;
  --queue->under_way;
  const bool success = status >= 200 && status < 300;
  const absl::Time now = clock_();
  NoteOutcome(*queue, {now, success, now - sent});
  if (success) {
    OnSuccess(*queue, std::move(event));
  } else {
    OnFailure(connector, *queue, std::move(event));
  }
  // It may have been forgotten meanwhile.
  if (Find(connector, generation) != nullptr) Pump(connector);
}

void ConnectorPusher::OnSuccess(Queue& queue, Event event) {
  queue.failing_since = absl::InfiniteFuture();
  if (std::exchange(event.again, false)) {
    queue.ready.push_back(std::move(event));
  } else {
    ++delivered_;
  }
}

void ConnectorPusher::OnFailure(const std::string& connector, Queue& queue,
                                Event event) {
  const absl::Time now = clock_();
  queue.failing_since = std::min(queue.failing_since, now);
  if (now - queue.failing_since >= options_.disable_after) {
    return Disable(connector);
  }
  const absl::Duration wait =
      std::min(options_.longest_retry,
               options_.first_retry *
                   (int64_t{1} << std::min(event.failures, kMaxDoublings)));
  ++event.failures;
  HoldBack(connector, queue, std::move(event), wait);
}

void ConnectorPusher::Disable(const std::string& connector) {
  if (DataConnector* found = connectors_->Find(connector)) {
    found->status = DataConnector::Status::kSystemDisabled;
    LOG(WARNING) << "data connector " << found->Name()
                 << " has failed for too long and is disabled";
  }
  Forget(connector);
}

void ConnectorPusher::NoteOutcome(Queue& queue, Outcome outcome) {
  queue.outcomes.push_back(outcome);
  while (queue.outcomes.size() > kMaxOutcomes ||
         outcome.time - queue.outcomes.front().time > options_.metrics_window) {
    queue.outcomes.pop_front();
  }
}

std::string ConnectorPusher::MetricsJson(std::string_view connector) {
  const absl::Time now = clock_();
  int64_t successes = 0;
  int64_t errors = 0;
  std::vector<absl::Duration> latencies;
  const auto queue = queues_.find(std::string(connector));
  if (queue != queues_.end()) {
    for (const Outcome& outcome : queue->second.outcomes) {
      if (now - outcome.time > options_.metrics_window) continue;
      ++(outcome.success ? successes : errors);
      latencies.push_back(outcome.latency);
    }
  }
  absl::Duration latency;
  if (!latencies.empty()) {
    const auto place =
        latencies.begin() +
        static_cast<ptrdiff_t>((latencies.size() - 1) * 99 / 100);
    std::nth_element(latencies.begin(), place, latencies.end());
    latency = *place;
  }
  return absl::StrFormat(
      R"({"metrics":{"successCount":%d,"errorCount":%d,"latency99p":"%.3fs"}})",
      successes, errors, absl::ToDoubleSeconds(latency));
}

}  // namespace sluice::sandbox
