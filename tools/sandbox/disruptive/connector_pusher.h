// Pushes events to the endpoints of Data Connectors, again and again until each
// is acknowledged.
//
// The request, its signature and what an answer means are as documented at
// https://docs.developer.disruptive-technologies.com/data-connectors/receiving-events
// and .../best-practices, and captured in
// https://github.com/disruptive-technologies/python-integrations
// (tests/events.py). The schedule of retries is not documented: the one here is
// a guess.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_CONNECTOR_PUSHER_H_
#define TOOLS_SANDBOX_DISRUPTIVE_CONNECTOR_PUSHER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "tools/sandbox/disruptive/data_connectors.h"

namespace sluice::sandbox {

struct ConnectorPusherOptions {
  // An endpoint that has not answered by then has failed.
  absl::Duration timeout = absl::Seconds(10);
  // The wait after a failure; doubled with every further one of the event.
  absl::Duration first_retry = absl::Seconds(1);
  absl::Duration longest_retry = absl::Minutes(10);
  // Then an event is given up.
  absl::Duration max_age = absl::Hours(12);
  // After so long without any success a connector becomes SYSTEM_DISABLED.
  absl::Duration disable_after = absl::Hours(24 * 5);
  // What the metrics of a connector speak of.
  absl::Duration metrics_window = absl::Hours(3);
  // Pushes of one connector under way at once.
  size_t parallel = 8;
  // Events of one connector that wait; the oldest go first.
  size_t max_waiting = 100'000;
  // PEM file of the authorities to trust; empty: the system's.
  std::string ca_file;

  // Faults. Every so many events, one is pushed again after it was
  // acknowledged; 0: never.
  int64_t duplicate_every = 0;
  // Every so many events, one is held back for reorder_delay; 0: never.
  int64_t reorder_every = 0;
  absl::Duration reorder_delay = absl::Milliseconds(100);
};

// Runs on one executor.
class ConnectorPusher {
 public:
  using Done = absl::AnyInvocable<void(HttpResponse, HttpFailure)>;
  // Sends a request; calls `done` once, later, on the executor.
  using Send = absl::AnyInvocable<void(HttpRequest, Done)>;
  // The service's clock, and new ids of it.
  using Clock = std::function<absl::Time()>;
  using NewId = std::function<std::string()>;

  // `connectors` outlives it.
  ConnectorPusher(ConnectorPusherOptions options, DataConnectors* connectors,
                  Clock clock, NewId new_id);

  void Start(Executor* executor, Send send);
  // Pushes nothing more.
  void Stop() { queues_.clear(); }

  // Takes in what is to be pushed to an active connector. `body` is the whole
  // body, as the endpoint will see it.
  void Push(const DataConnector& connector, std::string body);

  // Gives up everything of a connector: it was removed or disabled.
  void Forget(std::string_view connector) {
    queues_.erase(std::string(connector));
  }

  // {"metrics": {"successCount": 9, "errorCount": 0, "latency99p": "0.411s"}}
  std::string MetricsJson(std::string_view connector);

  ConnectorPusherOptions& options() { return options_; }

  // Of all connectors, since the start.
  int64_t attempts() const { return attempts_; }
  int64_t delivered() const { return delivered_; }
  int64_t expired() const { return expired_; }
  // Events that are neither delivered nor given up.
  int64_t waiting() const;

 private:
  struct Event {
    std::string body;
    absl::Time taken;
    int failures = 0;
    bool again = false;  // Push it once more after its success.
  };
  struct Outcome {
    absl::Time time;
    bool success;
    absl::Duration latency;
  };
  // What is to be pushed to one connector.
  struct Queue {
    uint64_t generation = 0;  // Tells it from an earlier one of the connector.
    std::deque<Event> ready;
    size_t under_way = 0;
    size_t held_back = 0;  // By a timer.
    std::deque<Outcome> outcomes;
    absl::Time failing_since = absl::InfiniteFuture();
  };

  Queue& QueueOf(std::string_view connector);
  // Null: it was forgotten since.
  Queue* Find(const std::string& connector, uint64_t generation);
  void HoldBack(const std::string& connector, Queue& queue, Event event,
                absl::Duration delay);
  // Sends what may be sent now.
  void Pump(const std::string& connector);
  HttpRequest RequestFor(const DataConnector& connector, const Event& event);
  std::string Signature(const DataConnector& connector,
                        const std::string& body);
  void OnAnswer(const std::string& connector, uint64_t generation, Event event,
                absl::Time sent, int status);
  void OnSuccess(Queue& queue, Event event);
  void OnFailure(const std::string& connector, Queue& queue, Event event);
  void Disable(const std::string& connector);
  void NoteOutcome(Queue& queue, Outcome outcome);

  ConnectorPusherOptions options_;
  DataConnectors* const connectors_;
  const Clock clock_;
  const NewId new_id_;
  Executor* executor_ = nullptr;
  Send send_;
  std::map<std::string, Queue> queues_;
  uint64_t next_generation_ = 1;
  int64_t taken_ = 0;
  int64_t attempts_ = 0;
  int64_t delivered_ = 0;
  int64_t expired_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_CONNECTOR_PUSHER_H_
