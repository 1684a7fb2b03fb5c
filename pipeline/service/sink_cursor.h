// Where a sink stands in the log, and how it is moved.
#ifndef PIPELINE_SERVICE_SINK_CURSOR_H_
#define PIPELINE_SERVICE_SINK_CURSOR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/admin/v1/sinks.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// Errors of all: kNotFound: the log has no cursor of the sink; errors of
// EventLog's methods.

absl::StatusOr<admin::v1::SinkCursor> DescribeSinkCursor(
    EventLog& log, const std::string& sink);

// As the calls of the same names, for a sink that does not deliver at the
// moment. With `dry_run` they only read.
absl::Status RewindSink(EventLog& log,
                        const admin::v1::RewindSinkRequest& request,
                        admin::v1::RewindSinkResponse& response);
absl::Status SkipSink(EventLog& log, const admin::v1::SkipSinkRequest& request,
                      admin::v1::SkipSinkResponse& response);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_SINK_CURSOR_H_
