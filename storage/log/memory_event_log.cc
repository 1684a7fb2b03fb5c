#include "storage/log/memory_event_log.h"

#include <memory>

#include "glog/logging.h"
#include "storage/kv/damage.h"
#include "storage/kv/memory_store.h"

namespace sluice {

MemoryEventLog::MemoryEventLog(const LogOptions& options, Clock* clock)
    : KvEventLog(std::make_unique<MemoryStore>(), options, format::Codec::kNone,
                 clock, nullptr) {
  DamageList damage;
  const absl::Status status = Load(&damage);
  CHECK(status.ok()) << "an empty store loads: " << status;
}

}  // namespace sluice
