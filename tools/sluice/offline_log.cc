#include "tools/sluice/offline_log.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// Where the log is.  kNotFound
absl::StatusOr<std::string> FindLog(const std::string& data_dir,
                                    const std::string& pipeline) {
  std::string path = PipelineLogPath(data_dir, pipeline);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path;
  return absl::NotFoundError(absl::StrCat("there is no log of a pipeline \"",
                                          pipeline, "\" in ", data_dir));
}

}  // namespace

absl::StatusOr<OfflineLog> OpenOfflineLog(const std::string& data_dir,
                                          const std::string& pipeline,
                                          bool check_all) {
  SLUICE_ASSIGN_OR_RETURN(const std::string path, FindLog(data_dir, pipeline));
  OfflineLog opened;
  opened.pipeline = pipeline;
  absl::StatusOr<std::unique_ptr<DataDirectory>> directory =
      DataDirectory::Open(data_dir);
  if (absl::IsFailedPrecondition(directory.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(std::string(directory.status().message()),
                     "; stop that process first"));
  }
  SLUICE_RETURN_IF_ERROR(directory.status());
  opened.directory = *std::move(directory);
  RocksDbLogOptions options;
  options.check_all = check_all;
  options.log.max_bytes = uint64_t{1} << 62;
  options.log.retain_time = absl::InfiniteDuration();
  options.log.dedupe_window = absl::InfiniteDuration();
  options.log.dead_letter_max_bytes = 0;
  options.log.dead_letter_max_age = absl::ZeroDuration();
  SLUICE_ASSIGN_OR_RETURN(opened.log,
                          RocksDbEventLog::Open(path, options, Clock::Real()));
  return opened;
}

absl::StatusOr<std::unique_ptr<LogView>> ViewLog(const std::string& data_dir,
                                                 const std::string& pipeline) {
  SLUICE_ASSIGN_OR_RETURN(const std::string path, FindLog(data_dir, pipeline));
  return LogView::Open(path, Clock::Real());
}

}  // namespace sluice
