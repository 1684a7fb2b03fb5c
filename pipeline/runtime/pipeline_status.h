// A pipeline as others see it: counters, health, and whether every event is
// accounted for.
#ifndef PIPELINE_RUNTIME_PIPELINE_STATUS_H_
#define PIPELINE_RUNTIME_PIPELINE_STATUS_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/status.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

google::protobuf::Timestamp ToTimestamp(absl::Time time);

// Puts the status together from what the log, the components and the metrics
// say, conservation ledger included.
admin::v1::PipelineStatus DescribePipeline(const PipelineSpec& spec,
                                           const EventLog& log,
                                           const HealthBoard& health,
                                           const HealthBoard::Entry& log_health,
                                           const MetricRegistry& metrics);

// Fills status.imbalances: one sentence for each source or sink whose counters
// do not add up. The identities are those of proto/storage/v1/storage.proto.
void CheckLedger(admin::v1::PipelineStatus& status);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PIPELINE_STATUS_H_
