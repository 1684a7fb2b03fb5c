// Senders outside of Sluice that repeat what was not acknowledged, and the
// source through which they push.
#ifndef TESTS_SIMULATION_PUSHER_H_
#define TESTS_SIMULATION_PUSHER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/api/source.h"
#include "proto/config/v1/config.pb.h"
#include "tests/simulation/trace.h"
#include "tests/testing/seeded_scheduler.h"

namespace sluice::simulation {

// One sender. It remembers what was acknowledged, across all restarts of
// Sluice, and never sends that again: from then on it relies on the promise.
class Pusher {
 public:
  struct Event {
    std::string id;
    std::string subject;
    std::string data;
    bool acknowledged = false;
    // It was acknowledged at a level that does not survive what happened then.
    bool excused = false;
  };

  Pusher(std::string name, config::v1::AcknowledgementLevel level,
         SeededScheduler* scheduler, Trace* trace)
      : name_(std::move(name)),
        level_(level),
        scheduler_(scheduler),
        trace_(trace) {}

  const std::string& name() const { return name_; }
  config::v1::AcknowledgementLevel level() const { return level_; }

  // Has one more event to send.
  void Publish(size_t data_bytes);
  const std::vector<Event>& events() const { return events_; }

  // Makes the source of one process.
  std::unique_ptr<Source> MakeSource();

  // The process died: what was acknowledged below what survives is excused.
  void NoteCrash(bool power_loss);

  // Called with the ids of each acknowledgement that is given.
  std::function<void(const std::vector<std::string>&)> on_acknowledged;
  // Emissions of the process at work that were not answered yet.
  int unanswered() const { return unanswered_; }

 private:
  friend class PushSource;

  const std::string name_;
  const config::v1::AcknowledgementLevel level_;
  SeededScheduler* const scheduler_;
  Trace* const trace_;
  std::vector<Event> events_;
  // Those before were acknowledged before the process at work began.
  size_t safe_before_ = 0;
  // Whose answers count.
  int incarnation_ = 0;
  int unanswered_ = 0;
};

}  // namespace sluice::simulation

#endif  // TESTS_SIMULATION_PUSHER_H_
