#include "tools/bench/path_costs.h"

#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"

namespace sluice::bench {

void AddSyncs(const admin::v1::PipelineStatus& status, Figures* figures) {
  const auto syncs = static_cast<double>(status.log().syncs());
  const absl::Duration sync_time =
      absl::Nanoseconds(google::protobuf::util::TimeUtil::DurationToNanoseconds(
          status.log().sync_time()));
  figures->emplace_back("syncs", syncs);
  figures->emplace_back("mean_sync_milliseconds",
                        Ratio(absl::ToDoubleMilliseconds(sync_time), syncs));
}

void AddCosts(const Stopwatch& watch, uint64_t events, double received_bytes,
              Figures* figures) {
  const auto written = static_cast<double>(watch.written_bytes());
  const auto all = static_cast<double>(events);
  AddMainWork(watch.Observe(events), figures);
  figures->emplace_back("received_bytes_per_event", received_bytes);
  figures->emplace_back("written_bytes_per_event", Ratio(written, all));
  figures->emplace_back("written_bytes_per_received_byte",
                        Ratio(written, all * received_bytes));
  figures->emplace_back(
      "peak_rss_mib",
      ToMib(static_cast<double>(CurrentResourceUse().peak_rss_bytes)));
}

}  // namespace sluice::bench
