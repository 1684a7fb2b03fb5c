// The status of a process for people and for scripts.
#ifndef TOOLS_SLUICE_STATUS_OUTPUT_H_
#define TOOLS_SLUICE_STATUS_OUTPUT_H_

#include <ostream>
#include <string>

#include "boost/json.hpp"
#include "proto/admin/v1/status.pb.h"
#include "tools/sluice/output.h"

namespace sluice {

// The fields of the messages under their names, numbers as numbers. `time` is
// RFC 3339; a metric's labels stand beside its name and value. Each component
// whose health is known has `health` ("healthy", ...) and, when there is
// something to say, `health_message`.
boost::json::object StatusToJson(const admin::v1::ProcessStatus& status);

// "running", "draining", "paused".
std::string PipelineStateName(admin::v1::PipelineState state);

// The ledger: a table per pipeline, a row per source and sink with where its
// events are, and what does not add up. Ends with a line break.
std::string FormatLedger(const admin::v1::ProcessStatus& status);

// One pipeline, as StatusToJson() or FormatLedger() has it.
void PrintPipeline(const admin::v1::PipelineStatus& pipeline,
                   OutputFormat format, std::ostream& out);

// What waits for a sink that runs, how fast it goes, and when it will be done,
// e.g. "backlog 12,000, 40/s, done in about 5 min", or "grows", "stands still",
// "not known yet how long it takes" instead of the time.
std::string FormatBacklog(const admin::v1::SinkStatus& sink);

// One line per pipeline, e.g. "office: received 120, stored 120; room-feed
// delivered 118, waiting 0"; FormatBacklog() where events wait. Ends with a
// line break.
std::string FormatProgress(const admin::v1::ProcessStatus& status);

// True if every event of every pipeline is accounted for.
bool IsBalanced(const admin::v1::ProcessStatus& status);

}  // namespace sluice

#endif  // TOOLS_SLUICE_STATUS_OUTPUT_H_
