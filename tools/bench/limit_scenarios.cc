#include "tools/bench/limit_scenarios.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "tools/bench/disk_limit.h"
#include "tools/bench/store_limit.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kStoreEvents = 2'000'000;
constexpr int kGroupWrites = 200;

// A size of writes with as many as make a steady p99 in a few seconds.
struct WriteSize {
  const char* name;
  size_t bytes;
  int count;
};
constexpr WriteSize kWriteSizes[] = {
    {"4kib", size_t{4} << 10, 1000},
    {"256kib", size_t{256} << 10, 400},
    {"1mib", kGroupWriteBytes, kGroupWrites},
};

// Runs that are short on purpose write less.
int WritesFor(const ScenarioOptions& options, int count) {
  if (options.events == 0) return count;
  return static_cast<int>(std::clamp<uint64_t>(options.events / 100, 10,
                                               static_cast<uint64_t>(count)));
}

absl::Status AddDisk(const ScenarioOptions& options, Figures* figures) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "disk"));
  for (const WriteSize& size : kWriteSizes) {
    SLUICE_ASSIGN_OR_RETURN(
        const DiskLimit disk,
        MeasureDisk(folder, size.bytes, WritesFor(options, size.count)));
    const std::string name = absl::StrCat("disk_", size.name);
    figures->emplace_back(absl::StrCat(name, "_mib_per_second"),
                          ToMib(disk.bytes_per_second));
    figures->emplace_back(absl::StrCat(name, "_sync_p50", kLatencyUnit),
                          absl::ToDoubleMilliseconds(disk.sync_p50));
    figures->emplace_back(absl::StrCat(name, "_sync_p99", kLatencyUnit),
                          absl::ToDoubleMilliseconds(disk.sync_p99));
  }
  return absl::OkStatus();
}

absl::Status AddStore(const ScenarioOptions& options, const std::string& name,
                      uint64_t events, Durability durability,
                      Figures* figures) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder, MakeFolder(options, name));
  SLUICE_ASSIGN_OR_RETURN(const StoreLimit store,
                          MeasureStore(folder, events, durability));
  AddWork(absl::StrCat(name, "_"), store.work, figures);
  figures->emplace_back(absl::StrCat(name, "_record_bytes_per_event"),
                        store.record_bytes_per_event);
  return absl::OkStatus();
}

absl::StatusOr<ScenarioResult> MachineLimits(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, kStoreEvents);
  ScenarioResult result;
  result.figures.emplace_back("events", static_cast<double>(events));
  SLUICE_RETURN_IF_ERROR(AddDisk(options, &result.figures));
  SLUICE_RETURN_IF_ERROR(AddStore(options, "store_buffered", events,
                                  Durability::kBuffered, &result.figures));
  SLUICE_RETURN_IF_ERROR(AddStore(options, "store_durable", events,
                                  Durability::kDurable, &result.figures));
  result.complete = true;
  return result;
}

}  // namespace

std::vector<Scenario> LimitScenarios() {
  return {{"machine_limits", ScenarioGroup::kLimits,
           "the disk with fdatasync, and RocksDB alone", &MachineLimits}};
}

absl::Status AddLimits(const ScenarioOptions& options, double events_per_second,
                       uint64_t events, Durability durability,
                       Figures* figures) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "limit"));
  SLUICE_ASSIGN_OR_RETURN(
      const StoreLimit store,
      MeasureStore(absl::StrCat(folder, "/store"),
                   std::min(events, kStoreEvents), durability));
  const double store_rate = store.work.events_per_second();
  figures->emplace_back("limit_store_events_per_second", store_rate);
  figures->emplace_back("ratio_to_store_limit",
                        Ratio(events_per_second, store_rate));
  if (durability == Durability::kDurable) {
    SLUICE_ASSIGN_OR_RETURN(const DiskLimit disk,
                            MeasureDisk(folder, kGroupWriteBytes,
                                        WritesFor(options, kGroupWrites)));
    const double disk_rate =
        Ratio(disk.bytes_per_second, store.record_bytes_per_event);
    figures->emplace_back("limit_disk_events_per_second", disk_rate);
    figures->emplace_back("ratio_to_disk_limit",
                          Ratio(events_per_second, disk_rate));
    figures->emplace_back("limit_disk_sync_p50_milliseconds",
                          absl::ToDoubleMilliseconds(disk.sync_p50));
  }
  figures->emplace_back("record_bytes_per_event", store.record_bytes_per_event);
  return absl::OkStatus();
}

}  // namespace sluice::bench
