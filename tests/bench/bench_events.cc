#include "tests/bench/bench_events.h"

#include <array>
#include <string>

#include "absl/strings/str_format.h"

namespace sluice {

EventBatchPtr MakeBenchBatch(uint64_t first, size_t count) {
  EventBatchBuilder builder;
  builder.Reserve(count, count * 450);
  for (uint64_t i = first; i < first + count; ++i) {
    const std::string id = absl::StrFormat("c0v1a2b3c4%010u", i);
    const std::string subject =
        absl::StrFormat("projects/bhmh0143iktucae701vg/devices/bchonod7r%04u",
                        i * 2654435761u % 5000);
    const std::string data = absl::StrFormat(
        R"({"humidity":{"temperature":%.2f,"relativeHumidity":%.1f,)"
        R"("updateTime":"2026-02-03T04:05:%02u.%06uZ"},"sequence":%u,)"
        R"("networkStatus":{"signalStrength":%u,"rssi":-%u,"cloudConnectors":)"
        R"([{"id":"bdkjbo2v0000uk377c4g","signalStrength":%u}]}})",
        static_cast<double>(i * 7919 % 6000) / 100 - 20,
        static_cast<double>(i * 104729 % 1000) / 10, i / 1000 % 60,
        i * 7919 % 1000000, i, i % 100, 40 + i % 60, i * 31 % 100);
    const std::string name = absl::StrFormat("Freezer %u", i * 31 % 900 + 100);
    const std::array<LabelView, 2> labels = {LabelView{"name", name},
                                             LabelView{"site", "store-12"}};
    EventFields fields;
    fields.id = id;
    fields.source = "//disruptive-technologies.com/projects/p1";
    fields.type = "humidity";
    fields.subject = subject;
    fields.datacontenttype = "application/json";
    fields.data = data;
    fields.time_unix_nanos =
        static_cast<int64_t>(1'770'000'000'000'000'000 + i);
    fields.ingest_time_unix_nanos = fields.time_unix_nanos + 1000;
    fields.labels = labels;
    builder.Add(fields);
  }
  return builder.Build();
}

}  // namespace sluice
