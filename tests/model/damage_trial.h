// One file of a log damaged after a history of its own, compared with a model.
#ifndef TESTS_MODEL_DAMAGE_TRIAL_H_
#define TESTS_MODEL_DAMAGE_TRIAL_H_

#include <cstdint>
#include <random>
#include <string>

#include "storage/base/clock.h"
#include "storage/log/rocksdb_event_log.h"
#include "tests/damage/file_fault.h"
#include "tests/model/event_log_model.h"

namespace sluice {

struct DamageTrial {
  FileFault fault;
  DiskFiles files;    // With it.
  uint64_t lost = 0;  // Events.
  bool told = false;  // Opening spoke of it.
  // What was wrong, in a sentence; empty: nothing.
  std::string failure;
};

// Damages one of `files`, chosen by `random`, and opens what is left. It has to
// open, hold all events of `model` but those that lay in the damaged bytes,
// each with its id and data, count the others as lost, be as `model` where the
// damage did not reach, take a new event, and be sound from then on. `files`: a
// log that is as `model`, with nothing left to write; `options.env` is not
// looked at.
DamageTrial TryDamage(const EventLogModel& model, const DiskFiles& files,
                      const RocksDbLogOptions& options, Clock* clock,
                      std::mt19937_64& random);

}  // namespace sluice

#endif  // TESTS_MODEL_DAMAGE_TRIAL_H_
