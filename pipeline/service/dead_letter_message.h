// Dead letters as the admin API shows them.
#ifndef PIPELINE_SERVICE_DEAD_LETTER_MESSAGE_H_
#define PIPELINE_SERVICE_DEAD_LETTER_MESSAGE_H_

#include "absl/status/statusor.h"
#include "pipeline/runtime/dead_letter_box.h"
#include "proto/admin/v1/dead_letters.pb.h"
#include "proto/storage/v1/storage.pb.h"

namespace sluice {

admin::v1::DeadLetter ToMessage(const storage::v1::DeadLetter& letter,
                                bool with_content);

//   kInvalidArgument: a time is out of its range.
absl::StatusOr<DeadLetterFilter> FromMessage(
    const admin::v1::DeadLetterFilter& filter);

DeadLetterEdit FromMessage(const admin::v1::EditDeadLetterRequest& request);

// ---- For those who ask ----

// The ids of a part of all are not told.
admin::v1::DeadLetterFilter ToMessage(const DeadLetterFilter& filter);

// What was there before an edit is not told.
storage::v1::DeadLetter FromMessage(const admin::v1::DeadLetter& message);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_DEAD_LETTER_MESSAGE_H_
