// The file of a listening Unix socket.
#ifndef PIPELINE_NET_UNIX_SOCKET_H_
#define PIPELINE_NET_UNIX_SOCKET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

// Permissions of a socket's file, in octal: "0660".
//   kInvalidArgument: it is none that lets its owner read and write; the
//   message says what is allowed.
absl::StatusOr<uint32_t> ParseSocketMode(std::string_view text);

// Lets a server bind in a folder that only this process can enter, and moves
// the file to its place once it has its permissions: at no moment can anybody
// else connect. Removes the file when it is destroyed.
class UnixSocket {
 public:
  // Makes the folder, beside `path`.
  //   kAlreadyExists: somebody serves at `path`, or something else lies there.
  //   kInvalidArgument: its folder cannot be written, or the path is too long.
  static absl::StatusOr<std::unique_ptr<UnixSocket>> Prepare(std::string path,
                                                             uint32_t mode);
  ~UnixSocket();
  UnixSocket(const UnixSocket&) = delete;
  UnixSocket& operator=(const UnixSocket&) = delete;

  // Where the server is to bind, before Publish().
  const std::string& bind_path() const { return bind_path_; }

  // Gives the bound socket its permissions and its place.
  absl::Status Publish();

 private:
  UnixSocket(std::string path, uint32_t mode)
      : path_(std::move(path)), mode_(mode) {}

  const std::string path_;
  const uint32_t mode_;
  std::string folder_;
  std::string bind_path_;
  bool published_ = false;
};

}  // namespace sluice

#endif  // PIPELINE_NET_UNIX_SOCKET_H_
