// Keeps a stream up, and says exactly where it was not.
#ifndef PLUGINS_DISRUPTIVE_STREAM_KEEPER_H_
#define PLUGINS_DISRUPTIVE_STREAM_KEEPER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/scoped_timer.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/authorizer.h"
#include "plugins/disruptive/backoff.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/server_clock.h"
#include "plugins/disruptive/settings.h"
#include "plugins/disruptive/stream_connection.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {

// Runs the stream: connects, reconnects with backoff, waits for a person after
// a refusal, and changes connections without a gap before the server ends one.
//
// Coverage. What the stream has brought completely is known only by pings: a
// ping's time says that everything published before it has arrived. When a
// connection is lost, the time from its last ping to the opening of the next is
// a gap.
//
// Handover. Before the token or the connection gets too old a second connection
// is opened. Until it takes over, its events are kept back; it takes over when
// it has brought something and the old one has proved that it was alive after
// the new one opened (a later ping, or an event that both have). So no event is
// missed and none overtakes another; those that both brought are emitted once.
//
// Used on the executor only.
class StreamKeeper final : private StreamConnection::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // An event of the stream, in order.
    virtual void OnLiveEvent(const EventFields& event) = 0;
    virtual void OnLiveMalformed(MalformedInput malformed) = 0;
    // The stream stands for the first time in this process, and everything
    // published from now on will come. `covered_until`: as given to Start().
    virtual void OnFirstOpen(std::optional<absl::Time> covered_until,
                             absl::Time opened) = 0;
    // The stream brought nothing of what was published between these two; comes
    // before the first event after it.
    virtual void OnStreamGap(absl::Time start, absl::Time end) = 0;
    // The connection whose events are handed over brought a ping that the
    // service sent at `time`.
    virtual void OnLivePing(absl::Time time) = 0;
    // Nothing more is at hand for now.
    virtual void OnLiveIdle() = 0;
    // health() is another.
    virtual void OnStreamHealth() = 0;
  };

  struct Counters {
    // Connections that were lost after they stood.
    Counter* reconnects = nullptr;
    // Attempts that failed.
    Counter* connect_failures = nullptr;
    Counter* handovers = nullptr;
    Counter* pings = nullptr;
  };

  // Everything given outlives the keeper.
  StreamKeeper(const Settings* settings, Executor* executor, HttpClient* http,
               Authorizer* authorizer, absl::BitGenRef* random,
               ServerClock* clock, Counters counters, Listener* listener);

  // Begins; `covered_until`: what an earlier process had covered.
  void Start(std::optional<absl::Time> covered_until);

  // Stops and restarts reading.
  void SetPaused(bool paused);

  // Everything published before it has been handed over, but for the gaps told:
  // the time of the last ping. Nullopt before the first opening.
  std::optional<absl::Time> covered_until() const { return covered_until_; }

  // kStarting, kHealthy (streaming), kDegraded or kPaused.
  const Health& health() const { return health_; }

 private:
  std::unique_ptr<StreamConnection> NewConnection();
  void Connect();
  void Retire(std::unique_ptr<StreamConnection> stream);
  void SetHealth(HealthState state, std::string message);
  void OnActiveOpen();
  void OnActiveEnd(const StreamEnd& end);
  void WaitAndConnect(const StreamEnd& end);

  void ScheduleRotation();
  void Rotate();
  void DropSuccessor();
  // True when nothing can be missed by closing the old connection.
  bool handover_ready() const {
    return successor_ != nullptr && successor_->open() &&
           successor_delivered_ && old_proved_;
  }
  void TakeOver();
  void KeepBack(const EventFields& event);

  // StreamConnection::Listener:
  void OnStreamOpen(StreamConnection* stream,
                    const HttpHeaders& headers) override;
  void OnStreamPing(StreamConnection* stream,
                    std::optional<absl::Time> time) override;
  void OnStreamEvent(StreamConnection* stream,
                     const EventFields& event) override;
  void OnStreamMalformed(StreamConnection* stream,
                         MalformedInput malformed) override;
  void OnStreamIdle(StreamConnection* stream) override;
  void OnStreamEnd(StreamConnection* stream, StreamEnd end) override;

  const Settings* settings_;
  Executor* executor_;
  HttpClient* http_;
  Authorizer* authorizer_;
  absl::BitGenRef* random_;
  ServerClock* clock_;
  Counters counters_;
  Listener* listener_;
  EventDecoder decoder_;

  Health health_;
  bool paused_ = false;
  bool opened_before_ = false;
  std::optional<absl::Time> covered_until_;
  // It is a time of the service's clock, not an estimate of ours.
  bool covered_by_server_ = false;
  // 401 answers in a row.
  int unauthorized_ = 0;
  Backoff backoff_;

  std::unique_ptr<StreamConnection> active_;
  // The next connection, while it overlaps with the active one.
  std::unique_ptr<StreamConnection> successor_;
  absl::Time successor_opened_;
  bool successor_delivered_ = false;
  std::optional<absl::Time> successor_ping_;
  bool old_proved_ = false;
  EventBatchBuilder kept_back_;
  absl::flat_hash_set<std::string> kept_back_ids_;
  std::vector<MalformedInput> kept_back_malformed_;
  // Handed on from the active connection during the overlap.
  std::vector<std::string> passed_malformed_;

  // Closed connections, destroyed outside of their callbacks.
  std::vector<std::unique_ptr<StreamConnection>> retired_;
  ScopedTimer retire_timer_;
  ScopedTimer connect_timer_;
  ScopedTimer stable_timer_;
  ScopedTimer rotate_timer_;
  ScopedTimer handover_timer_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_STREAM_KEEPER_H_
