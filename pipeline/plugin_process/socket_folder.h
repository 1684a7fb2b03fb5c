// Where the sockets of programs are.
#ifndef PIPELINE_PLUGIN_PROCESS_SOCKET_FOLDER_H_
#define PIPELINE_PLUGIN_PROCESS_SOCKET_FOLDER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace sluice::plugin_process {

// The folder for temporary files whose path leaves room for that of a socket.
std::string SocketFolderParent();

// A folder for the socket of one process, which only our user can enter, and
// which is removed with this. It is locked as long as it is in use, so that
// others can tell it from one whose owner was killed: the system unlocks that,
// whatever number its owner had and in whatever container it ran.
class SocketFolder {
 public:
  // Makes one in `parent`.
  //   kUnavailable: it cannot be made.
  static absl::StatusOr<std::unique_ptr<SocketFolder>> Make(
      const std::string& parent);
  ~SocketFolder();
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string socket() const;

 private:
  SocketFolder(std::string path, int lock)
      : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
};

// Removes the folders of our user in `parent` whose owners were killed.
void RemoveLeftSocketFolders(const std::string& parent);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_SOCKET_FOLDER_H_
