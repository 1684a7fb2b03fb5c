// What the golden files hold. A change here, or to the files, is a change of
// the format: add a new version beside the old one instead.
#ifndef TESTS_GOLDEN_GOLDEN_LOG_H_
#define TESTS_GOLDEN_GOLDEN_LOG_H_

#include <string>

#include "storage/event/event_batch.h"
#include "storage/format/record.h"
#include "storage/log/event_log.h"

namespace sluice {

// The record that docs/log_format.md takes apart: where it lies, and its one
// event.
format::RecordHeader ExampleHeader();
EventBatchPtr ExampleBatch();

// The batch of the golden records: 40 events with ids "golden-0" and so on.
EventBatchPtr GoldenBatch();

// Makes in `folder` a log with something of everything.
void MakeGoldenLog(const std::string& folder);

}  // namespace sluice

#endif  // TESTS_GOLDEN_GOLDEN_LOG_H_
