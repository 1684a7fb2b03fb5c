// The folder a process keeps its logs in.
#ifndef PIPELINE_RUNTIME_DATA_DIRECTORY_H_
#define PIPELINE_RUNTIME_DATA_DIRECTORY_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

// Holds a data directory for this process as long as it lives.
//
//   LOCK                     held by the process that uses the directory
//   pipelines/NAME/log       the log of pipeline NAME
//   pipelines/NAME/control   what of it an operator has stopped
//   config/NUMBER            configurations that were accepted
class DataDirectory {
 public:
  // Makes the directory, readable by its owner only, if it is not there, and
  // locks it. Ends removals that were cut short.
  //   kFailedPrecondition: another process holds it.  kPermissionDenied: it
  //   cannot be made, or written. kInvalidArgument: `path` is empty or names
  //   something else than a directory.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(
      const std::string& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  // Where the log of pipeline `name` lies; the folder above it exists once this
  // returns.
  absl::StatusOr<std::string> LogPath(std::string_view name) const;

  // Removes all that is kept of pipeline `name`, whose log nobody has open: all
  // of it, or, if the process is ended meanwhile, the rest at the next Open().
  //   kNotFound: nothing is kept of it.
  //   kUnavailable: the disk refuses; what is left does not count any more.
  absl::Status RemovePipeline(std::string_view name) const;

  const std::string& path() const { return path_; }

 private:
  DataDirectory(std::string path, int lock)
      : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
};

// The log's path within a data directory, without touching anything; for tools
// that look from outside.
std::string PipelineLogPath(std::string_view data_dir,
                            std::string_view pipeline);

// The names of the pipelines that have a log in a data directory, in order.
//   kNotFound: `data_dir` is no data directory.
absl::StatusOr<std::vector<std::string>> PipelinesWithLog(
    const std::string& data_dir);

// The folder of configurations within a data directory.
std::string ConfigHistoryPath(std::string_view data_dir);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DATA_DIRECTORY_H_
