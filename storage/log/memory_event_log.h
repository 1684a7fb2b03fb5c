// An EventLog that lasts as long as its object: for tests, and for pipelines
// that need not outlive the process.
#ifndef STORAGE_LOG_MEMORY_EVENT_LOG_H_
#define STORAGE_LOG_MEMORY_EVENT_LOG_H_

#include "storage/base/clock.h"
#include "storage/log/kv_event_log.h"

namespace sluice {

// As the log on disk in everything but that: the same format and the same code
// over tables in memory. Records are not compressed.
class MemoryEventLog : public KvEventLog {
 public:
  // `clock` outlives the log.
  explicit MemoryEventLog(const LogOptions& options = {},
                          Clock* clock = Clock::Real());
};

}  // namespace sluice

#endif  // STORAGE_LOG_MEMORY_EVENT_LOG_H_
