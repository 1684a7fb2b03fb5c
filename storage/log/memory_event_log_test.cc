#include "storage/log/memory_event_log.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

class MemoryHarness final : public EventLogHarness {
 public:
  std::unique_ptr<EventLog> Open(const LogOptions& options,
                                 Clock* clock) override {
    return std::make_unique<MemoryEventLog>(options, clock);
  }
  bool persists() const override { return false; }
  void Crash() override {}
};

std::unique_ptr<EventLogHarness> MakeHarness() {
  return std::make_unique<MemoryHarness>();
}

INSTANTIATE_TEST_SUITE_P(MemoryEventLog, EventLogContract,
                         testing::Values(&MakeHarness));

}  // namespace
}  // namespace sluice
