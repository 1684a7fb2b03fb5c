// A program that was started, and the way to call it.
#ifndef PIPELINE_PLUGIN_PROCESS_LAUNCH_H_
#define PIPELINE_PLUGIN_PROCESS_LAUNCH_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/plugin_process/child_process.h"
#include "pipeline/plugin_process/program_spec.h"
#include "pipeline/plugin_process/socket_folder.h"
#include "proto/plugin/v1/plugin.grpc.pb.h"

namespace sluice::plugin_process {

// One process of a program with the socket and the token that only it knows.
// Whoever drops this should have killed the child, or nobody will.
//
// Thread-safety: all methods from any thread.
class Launch {
 public:
  // Starts the program, soon. `on_end` is called once, on the thread of the
  // child, with how it ended and the last line it wrote. Its output goes to the
  // log behind `log_name`.
  //   kUnavailable: no folder for the socket can be made.
  static absl::StatusOr<std::shared_ptr<Launch>> Start(
      const ProgramSpec& spec, std::string log_name,
      absl::AnyInvocable<void(std::string how)> on_end);
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  plugin::v1::Plugin::Stub& stub() { return *stub_; }
  // With the token, waiting until the program listens. No deadline for
  // absl::InfiniteDuration().
  std::unique_ptr<grpc::ClientContext> NewContext(absl::Duration timeout) const;
  ChildProcess& child() { return *child_; }

 private:
  Launch() = default;

  std::unique_ptr<SocketFolder> folder_;
  std::string token_;
  std::unique_ptr<plugin::v1::Plugin::Stub> stub_;
  std::shared_ptr<ChildProcess> child_;
};

// The question every process is asked first.
plugin::v1::DescribeRequest MakeDescribeRequest();

// Whether what it answers is of a version that this side speaks.
//   kInvalidArgument: it is not; the message says what to do.
absl::Status CheckVersion(const ProgramSpec& spec,
                          const plugin::v1::DescribeResponse& described);

// Text of a program: bounded, and UTF-8 whatever it was.
std::string BoundedText(std::string_view text, size_t max_bytes = 4096);

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_LAUNCH_H_
