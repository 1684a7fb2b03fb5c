// The three services in miniature, on the network of the simulation.
#ifndef TESTS_SIMULATION_SERVICES_H_
#define TESTS_SIMULATION_SERVICES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "tests/simulation/network.h"
#include "tests/simulation/trace.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {

// Events whose id ends with this are refused by the feed, whatever comes.
inline constexpr char kPoison[] = "bad";

// The name and value pairs of a query or of a form.
std::multimap<std::string, std::string> ParseForm(const std::string& text);

// Fixed windows that begin at multiples of their span, as the services count.
class RateWindows {
 public:
  struct Window {
    absl::Duration span;
    int64_t max = 0;
    int64_t start = 0;
    int64_t count = 0;
  };

  explicit RateWindows(std::vector<Window> windows)
      : windows_(std::move(windows)) {}

  // Counts a request; false: some window is over its maximum.
  bool Take(absl::Time now);
  // The window with the least left of it.
  const Window& tightest() const;
  absl::Time EndOf(const Window& window) const;
  // Lets other clients of the same credential use some of it.
  void Burn(absl::Time now, int64_t requests);

 private:
  void Roll(absl::Time now);

  std::vector<Window> windows_;
};

// The cloud of the devices: tokens, stream without memory, history.
class DeviceCloud final : public Service {
 public:
  struct Event {
    std::string id;
    std::string device;
    absl::Time time;
    // When history begins to show it.
    absl::Time indexed;
    std::string json;
  };

  struct Options {
    absl::Duration ping_interval = absl::Seconds(10);
    absl::Duration token_lifetime = absl::Hours(1);
    absl::Duration longest_stream = absl::Hours(1);
    absl::Duration longest_index_delay = absl::Seconds(10);
    size_t history_page = 100;
    size_t device_page = 100;
    bool sse = false;
  };

  DeviceCloud(SeededScheduler* scheduler, Executor* world, Trace* trace,
              Options options)
      : scheduler_(scheduler),
        world_(world),
        trace_(trace),
        options_(options) {}

  void Handle(std::shared_ptr<ServerExchange> exchange) override;

  // A device of the cloud publishes; returns the id.
  std::string Publish(const std::string& device);
  // Every stream ends, properly or not.
  void CutStreams();

  const std::vector<Event>& events() const { return events_; }
  bool sse() const { return options_.sse; }

 private:
  struct Stream {
    std::shared_ptr<ServerExchange> exchange;
    absl::Time ends;
  };
  using Query = std::multimap<std::string, std::string>;

  bool Authorized(const ServerExchange& exchange) const;
  void GiveToken(ServerExchange& exchange);
  void OpenStream(std::shared_ptr<ServerExchange> exchange);
  void Ping(std::shared_ptr<Stream> stream);
  void ListDevices(ServerExchange& exchange, const Query& query);
  void GiveDevice(ServerExchange& exchange, const std::string& device);
  void GiveHistory(ServerExchange& exchange, const std::string& device,
                   const Query& query);
  std::string Frame(const std::string& envelope) const;

  SeededScheduler* const scheduler_;
  Executor* const world_;
  Trace* const trace_;
  const Options options_;
  std::map<std::string, absl::Time> last_time_;
  std::vector<Event> events_;
  std::map<std::string, absl::Time> tokens_;
  std::vector<std::shared_ptr<Stream>> streams_;
  uint64_t next_id_ = 0;
};

// Activity feeds: a second activity with the same key replaces the first.
class FeedService final : public Service {
 public:
  struct Activity {
    std::string feed;
    // As it came first; a repeat must be the same byte for byte.
    std::string json;
    int arrivals = 0;
  };

  FeedService(SeededScheduler* scheduler, Trace* trace, RateWindows windows)
      : scheduler_(scheduler), trace_(trace), windows_(std::move(windows)) {}

  void Handle(std::shared_ptr<ServerExchange> exchange) override;

  // By event id.
  const std::map<std::string, Activity>& activities() const {
    return activities_;
  }
  // Ids in each feed, in the order of their first arrival.
  const std::map<std::string, std::vector<std::string>>& feeds() const {
    return feeds_;
  }
  // What must not happen, in sentences.
  const std::vector<std::string>& violations() const { return violations_; }
  int64_t repeats() const { return repeats_; }
  int64_t rate_violations() const { return rate_violations_; }
  RateWindows& windows() { return windows_; }

 private:
  void Store(const std::string& feed, const std::string& id, std::string json);

  SeededScheduler* const scheduler_;
  Trace* const trace_;
  RateWindows windows_;
  std::map<std::string, Activity> activities_;
  std::map<std::string, std::vector<std::string>> feeds_;
  std::map<std::string, std::string> id_of_key_;
  std::vector<std::string> violations_;
  int64_t repeats_ = 0;
  int64_t rate_violations_ = 0;
};

// A stream of posts without any key: what comes twice is there twice.
class InthingService final : public Service {
 public:
  InthingService(SeededScheduler* scheduler, Trace* trace, RateWindows windows)
      : scheduler_(scheduler), trace_(trace), windows_(std::move(windows)) {}

  void Handle(std::shared_ptr<ServerExchange> exchange) override;

  // How often each event was told of.
  const std::map<std::string, int>& told() const { return told_; }
  int64_t posts() const { return posts_; }
  int64_t duplicates() const;
  int64_t rate_violations() const { return rate_violations_; }

 private:
  SeededScheduler* const scheduler_;
  Trace* const trace_;
  RateWindows windows_;
  std::map<std::string, int> told_;
  int64_t posts_ = 0;
  int64_t rate_violations_ = 0;
};

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_SERVICES_H_
