// A disk of its own, small enough to be filled.
#ifndef TESTS_FAULT_SMALL_DISK_H_
#define TESTS_FAULT_SMALL_DISK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::fault {

// Lets this process, and the children it starts from now on, have mounts of
// their own. Call it before any other thread is started.
//   kUnimplemented: this system does not allow it (neither root nor user
//   namespaces).
absl::Status AllowMounts();

// A tmpfs at a folder.
class SmallDisk {
 public:
  // Makes the folder if it is not there. REQUIRES: AllowMounts() was OK.
  //   kUnavailable: it cannot be mounted.
  static absl::StatusOr<std::unique_ptr<SmallDisk>> Mount(
      const std::string& folder, uint64_t bytes);
  // Takes it away with all that is on it.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Writes a file until no byte more fits.
  absl::Status Fill();
  // Deletes it.
  void Free();

 private:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {}
  std::string filler() const { return folder_ + "/filler"; }

  const std::string folder_;
};

}  // namespace sluice::fault

#endif  // TESTS_FAULT_SMALL_DISK_H_
