#include "storage/log/memory_event_log.h"

#include <memory>
#include <string>
#include <vector>

#include "glog/logging.h"
#include "storage/kv/memory_store.h"

namespace sluice {

MemoryEventLog::MemoryEventLog(const LogOptions& options, Clock* clock)
    : KvEventLog(std::make_unique<MemoryStore>(), options, format::Codec::kNone,
                 clock, nullptr) {
  std::vector<std::string> damage;
  const absl::Status status = Load(&damage);
  CHECK(status.ok()) << "an empty store loads: " << status;
}

}  // namespace sluice
