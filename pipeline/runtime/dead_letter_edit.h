// Changing the event of a dead letter.
#ifndef PIPELINE_RUNTIME_DEAD_LETTER_EDIT_H_
#define PIPELINE_RUNTIME_DEAD_LETTER_EDIT_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/runtime/dead_letter_box.h"
#include "proto/storage/v1/storage.pb.h"

namespace sluice {

// Makes `edit` to `letter`; errors as of DeadLetterBox::Edit(), and then the
// letter is unchanged.
absl::Status ApplyEdit(const DeadLetterEdit& edit, absl::Time now,
                       storage::v1::DeadLetter* letter);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DEAD_LETTER_EDIT_H_
