// The sink `feed`: an activity per event in activity feeds of Stream.
#ifndef PLUGINS_FEED_FEED_SINK_H_
#define PLUGINS_FEED_FEED_SINK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/rate/rate_budget.h"
#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/config.pb.h"
#include "plugins/feed/feed_batch.h"
#include "plugins/feed/feed_reply.h"

namespace sluice::feed {

// Adds the events of a delivery to their feeds: one request per feed and 100
// activities, several feeds at once, the requests of one feed one after the
// other.
//
// Outcomes
//   delivered  the service answered that it has the activity
//   rejected   no activity can be made of the event (reasons in activity.h), or
//              the service refused it standing alone ("refused", "too_large")
//   retry      the service surely does not have it
//   unknown    no answer; harmless, because the key of an activity comes from
//              its event and a second one with it replaces the first
//   not tried  a rate limit, a pause, or an earlier request of this feed failed
// A request that is refused as a whole is split until the guilty activity
// stands alone, with a bound on the requests one delivery may cost.
class FeedSink final : public Sink {
 public:
  // A ConfigError at the field with the mistake.
  static absl::StatusOr<std::unique_ptr<Sink>> Create(
      const v1::FeedSinkConfig& config);

  SinkTraits traits() const override;
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  struct Options {
    absl::Duration request_timeout;
    RequestLimits limits;
    size_t max_concurrent_requests;
  };

  // What is left to do for one feed of a delivery.
  struct Group {
    FeedBatch batch;
    std::deque<ActivityRange> todo;
  };

  // A delivery that is not answered yet.
  struct Job {
    std::vector<Group> groups;
    size_t open_groups = 0;
    // How often an event of the delivery was tried, this time included.
    uint32_t attempt = 1;
    // On the monotonic clock.
    absl::Duration deadline;
    int splits_left = 0;
    // Set once the rest of the delivery must not be sent now.
    bool halted = false;
    DeliveryResult result;
    DeliverCallback done;
  };
  using JobPtr = std::shared_ptr<Job>;

  // The next request of one feed of a job.
  struct Turn {
    JobPtr job;
    size_t group = 0;
  };

  struct Request {
    Turn turn;
    ActivityRange range;
    std::unique_ptr<HttpCall> call;
  };

  FeedSink(Options options, FeedConnection connection, ActivityWriter writer)
      : options_(options),
        connection_(std::move(connection)),
        sorter_(std::move(writer)) {}

  // Starts requests as long as there are feeds waiting and room for them.
  void Pump();
  void Send(Turn turn);
  void OnReply(uint64_t id, FeedReply reply);
  void OnStored(const Request& request);
  // Sends `range` again in parts; false: it cannot be split any more.
  bool Split(Group& group, Job& job, ActivityRange range,
             const std::vector<size_t>& culprits);
  void OnRefused(Group& group, Job& job, ActivityRange range,
                 const FeedReply& reply);
  void Throttle(Job& job, const FeedReply& reply);

  // Goes on with the feed of `turn`, or closes it.
  void Continue(Turn turn);
  // Closes the feed of `turn`, whose unsent events get `outcome`.
  void Close(Turn turn, const Outcome& outcome);
  void Finish(const JobPtr& job);

  static void SetOutcome(Job& job, const Group& group, ActivityRange range,
                         const Outcome& outcome);
  // Nobody with this credential sends anything before `wait` has passed.
  void PauseFor(absl::Duration wait, Job& job);
  void TellAllowance();
  void Report(HealthState state, std::string message);

  const Options options_;
  FeedConnection connection_;
  DeliverySorter sorter_;

  ComponentContext context_;
  Counter* requests_ = nullptr;
  Counter* activities_ = nullptr;
  Counter* retries_ = nullptr;
  Counter* throttles_ = nullptr;
  Counter* splits_ = nullptr;
  Gauge* allowed_ = nullptr;

  std::deque<Turn> waiting_;
  absl::flat_hash_map<uint64_t, Request> under_way_;
  uint64_t next_id_ = 1;
  // Of what the service allows the api_key; from Start() on.
  std::unique_ptr<RateBudget::Share> rate_;
  int throttled_in_a_row_ = 0;
  bool pumping_ = false;
  bool stopped_ = false;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_FEED_SINK_H_
