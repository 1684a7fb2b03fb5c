// The dead letters of one pipeline, wherever they can be reached.
#ifndef TOOLS_SLUICE_DEAD_LETTER_ACCESS_H_
#define TOOLS_SLUICE_DEAD_LETTER_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/runtime/dead_letter_box.h"
#include "proto/storage/v1/storage.pb.h"
#include "tools/sluice/admin_client.h"

namespace sluice {

struct DeadLetterListing {
  DeadLetterPage page;
  // All that the pipeline has, whether they match or not.
  uint64_t total = 0;
  uint64_t total_bytes = 0;
};

// As DeadLetterBox. What says "all" to Redrive() and Purge() is an empty
// filter; whether that is meant is asked before.
class DeadLetterAccess {
 public:
  virtual ~DeadLetterAccess() = default;

  virtual absl::StatusOr<DeadLetterListing> List(const DeadLetterFilter& filter,
                                                 uint64_t from_id,
                                                 size_t limit) = 0;
  virtual absl::StatusOr<storage::v1::DeadLetter> Get(uint64_t id) = 0;
  virtual absl::Status ForEach(
      const DeadLetterFilter& filter,
      absl::FunctionRef<absl::Status(const storage::v1::DeadLetter&)>
          visit) = 0;
  virtual absl::StatusOr<RedriveReport> Redrive(
      const DeadLetterFilter& filter, const std::vector<std::string>& sinks,
      bool dry_run) = 0;
  virtual absl::StatusOr<storage::v1::DeadLetter> Edit(
      uint64_t id, const DeadLetterEdit& edit) = 0;
  virtual absl::StatusOr<uint64_t> Purge(const DeadLetterFilter& filter,
                                         bool dry_run) = 0;
};

// Those of pipelines in a data directory that no process uses.
//   errors of OpenOfflineLog().
absl::StatusOr<std::unique_ptr<DeadLetterAccess>> OpenDeadLetters(
    const std::string& data_dir, const std::string& pipeline);

// Names of the pipelines that a process runs.
absl::StatusOr<std::vector<std::string>> RunningPipelines(
    const AdminClient& client);

// Those of a running process. `client` outlives it; calls that fail have the
// code and the message of the admin API. How far long ones are goes to
// `terminal`; null: nowhere.
std::unique_ptr<DeadLetterAccess> ReachDeadLetters(const AdminClient* client,
                                                   const std::string& pipeline,
                                                   std::ostream* terminal);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DEAD_LETTER_ACCESS_H_
