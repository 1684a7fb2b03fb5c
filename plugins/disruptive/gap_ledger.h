// Every gap of a stream, and what became of it.
#ifndef PLUGINS_DISRUPTIVE_GAP_LEDGER_H_
#define PLUGINS_DISRUPTIVE_GAP_LEDGER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/api/component.h"

namespace sluice::disruptive {

// One stretch of time the stream did not bring, and what became of it.
struct GapRecord {
  enum class Cause { kReconnect, kRestart, kFirstStart };
  Cause cause = Cause::kReconnect;
  // Server time: from the last ping of a stream to the first of the next one
  // (before that comes, to its opening as we see it).
  absl::Time start;
  absl::Time end;
  // Devices whose history was read, or will be; since the process started.
  int devices = 0;
  // Of these, devices whose history was refused.
  int failed_devices = 0;
  // Events that history brought and the stream had not.
  uint64_t recovered_events = 0;
  // Its devices are known and noted in the table.
  bool sorted = false;
  // Nothing more is done about it.
  bool finished = false;
  // Finished, and the history of every device that may have sent something was
  // read completely.
  bool closed = false;
  // Why not.
  std::string reason;
};

// "from 2024-05-01T12:00:00Z to 2024-05-01T12:00:10Z".
std::string Stretch(const GapRecord& gap);

// Counts gaps over the life of a checkpoint, and keeps the latest: those that
// are not finished, and up to 100 others. Part of the checkpoint, so a restart
// forgets none.
//
// Thread-safety: none.
class GapLedger {
 public:
  std::shared_ptr<GapRecord> Add(GapRecord::Cause cause, absl::Time start,
                                 absl::Time end);
  // `record` is finished; it is closed if there is no reason against it.
  void Finish(GapRecord& record);
  void CountRecovered(GapRecord& record);

  // Oldest first.
  const std::deque<std::shared_ptr<GapRecord>>& records() const {
    return records_;
  }
  uint64_t unclosed() const { return unclosed_; }
  // The latest that could not be closed; null: none is known.
  const GapRecord* last_unclosed() const;

  // The fields of a v1::Checkpoint that are about gaps, serialized: to be
  // appended to one without.
  std::string Serialize() const;
  // Takes over what a checkpoint says about gaps. Returns those that are not
  // finished.
  std::vector<std::shared_ptr<GapRecord>> Load(std::string_view checkpoint);

  // For the operator.
  SourceGaps Report() const;

 private:
  void Trim();

  std::deque<std::shared_ptr<GapRecord>> records_;
  uint64_t closed_ = 0;
  uint64_t unclosed_ = 0;
  uint64_t recovered_events_ = 0;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_GAP_LEDGER_H_
