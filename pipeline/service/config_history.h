// The configurations that were accepted, kept in the data directory.
#ifndef PIPELINE_SERVICE_CONFIG_HISTORY_H_
#define PIPELINE_SERVICE_CONFIG_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/storage/v1/control.pb.h"

namespace sluice {

// Thread-safety: none.
class ConfigHistory {
 public:
  // So many are kept.
  static constexpr size_t kKept = 50;

  // Opens the history in `folder`, which is made if it is not there. A record
  // that cannot be read is left out, and said so in the log.
  //   kUnavailable: the folder cannot be made or read.
  static absl::StatusOr<std::unique_ptr<ConfigHistory>> Open(
      const std::string& folder);

  // The latest generation; 0: there is none.
  uint64_t latest() const;

  // The record of `generation`, with its text.
  //   kNotFound: it is not kept; the message says which are.
  //   kUnavailable: it cannot be read.
  absl::StatusOr<storage::v1::ConfigRecord> Get(uint64_t generation) const;

  // All records, the latest first, without their texts.
  std::vector<storage::v1::ConfigRecord> List() const;

  // Adds `record` under the next generation, which is returned. On the disk
  // when it returns. RemoveLatest() or ForgetOldest() follows.
  //   kUnavailable: the disk refuses; nothing was added.
  absl::StatusOr<uint64_t> Add(storage::v1::ConfigRecord record);

  // Takes the latest one back: it did not come to run after all.
  void RemoveLatest();

  // The latest one runs: forgets the oldest above kKept.
  void ForgetOldest();

 private:
  explicit ConfigHistory(std::string folder) : folder_(std::move(folder)) {}

  std::string PathOf(uint64_t generation) const;
  void Remove(uint64_t generation);
  absl::StatusOr<storage::v1::ConfigRecord> Read(uint64_t generation) const;

  const std::string folder_;
  // Without their texts.
  std::map<uint64_t, storage::v1::ConfigRecord> records_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_CONFIG_HISTORY_H_
