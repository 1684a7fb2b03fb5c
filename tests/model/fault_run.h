// One run of random steps on a log whose disk fails, compared with a model.
#ifndef TESTS_MODEL_FAULT_RUN_H_
#define TESTS_MODEL_FAULT_RUN_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/contract/settable_clock.h"
#include "tests/damage/file_fault.h"
#include "tests/model/event_log_model.h"
#include "tests/model/faulted_log.h"

namespace sluice {

// What runs have met, so that a test can see that they met everything.
struct FaultRunCounts {
  uint64_t steps = 0;
  uint64_t writes = 0;
  uint64_t failed_writes = 0;
  uint64_t full = 0;  // Refused because of max_bytes.
  uint64_t opens = 0;
  uint64_t failed_opens = 0;
  uint64_t reopens = 0;
  uint64_t kills = 0;
  uint64_t power_losses = 0;
  // Crashes after which the log was as at an earlier write, or held a write
  // that had failed.
  uint64_t went_back = 0;
  uint64_t failed_write_survived = 0;
  uint64_t faults = 0;
  // In the end, one file of a copy each; those of which opening the copy spoke.
  uint64_t damages = 0;
  uint64_t damages_told = 0;
  uint64_t events_lost = 0;

  void Add(const FaultRunCounts& other);
  std::string ToString() const;
};

// Every random choice follows from the seed. Appends, commits, trims, opens,
// parks, rewinds and removes cursors, deletes dead letters; fills the disk and
// makes it fail; reopens, kills, cuts the power. After each step the log has to
// be what the model is; after a crash it has to be exactly what the model was
// at one write: the last one that was acknowledged, or one that failed behind
// it; after loss of power, one that is not older than the last acknowledged as
// durable. In the end one file of a copy of it is damaged, which costs only
// what lay in the damaged bytes.
class FaultRun {
 public:
  // `verbose`: prints every step.
  FaultRun(uint64_t seed, bool verbose);

  // What was wrong, in a sentence; empty: nothing.
  std::string Run();
  const FaultRunCounts& counts() const { return counts_; }
  // What was done and what came of it, a line per step.
  const std::string& trace() const { return trace_; }

 private:
  // What the log was, or may be, after a write.
  struct Version {
    EventLogModel model;
    bool acknowledged = false;
  };

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string RandomCursor();
  Durability RandomDurability();
  storage::v1::DeadLetter NewDeadLetter();
  void Note(const std::string& line);

  void Step();
  void Append();
  void Flush(Durability durability);
  void Commit();
  void Trim();
  void OpenCursor();
  void ParkCursor();
  void RewindCursor();
  void RemoveCursor();
  void DeleteDeadLetters();
  void ChangeFaults();
  void Reopen();
  void Crash(bool power);
  void DamageCopies();
  void KeepFiles(const DiskFiles& files, const char* name) const;
  void OpenAgain(std::vector<Version> candidates, const char* why);

  // Something was to be written that makes the log `attempted`.
  void Written(const absl::Status& status, EventLogModel attempted,
               Durability durability);
  // The states that a crash of the process can leave.
  std::vector<Version> AfterKill() const;
  void Check();

  const uint64_t seed_;
  const bool verbose_;
  std::mt19937_64 random_;
  SettableClock clock_;
  FaultedLog log_;
  std::string failure_;
  std::string trace_;
  FaultRunCounts counts_;
  bool faulty_ = false;  // The disk fails now and then, or is full.
  bool broken_ = false;  // The log wants to be opened anew.
  uint64_t next_event_ = 0;
  uint64_t next_letter_ = 0;
  // As the log is, with what is not yet written.
  EventLogModel live_;
  // A trim that failed is done with the next write that succeeds, which also
  // brings back dead letters whose deletion failed.
  bool trim_waits_ = false;
  bool deletion_failed_ = false;
  // Below here a failed write took events away.
  Sequence failed_first_ = 1;
  // From the last durable write on, oldest first.
  std::vector<Version> versions_;
};

}  // namespace sluice

#endif  // TESTS_MODEL_FAULT_RUN_H_
