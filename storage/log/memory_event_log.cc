#include "storage/log/memory_event_log.h"

#include <memory>

#include "glog/logging.h"
#include "storage/kv/memory_store.h"

namespace sluice {

MemoryEventLog::MemoryEventLog(const LogOptions& options, Clock* clock)
    : KvEventLog(std::make_unique<MemoryStore>(), options, format::Codec::kNone,
                 clock, nullptr) {
  const absl::Status status = Load(/*repaired=*/false);
  CHECK(status.ok()) << "an empty store loads: " << status;
}

}  // namespace sluice
