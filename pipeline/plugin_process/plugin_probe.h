// Asking a program about its plugins.
#ifndef PIPELINE_PLUGIN_PROCESS_PLUGIN_PROBE_H_
#define PIPELINE_PLUGIN_PROCESS_PLUGIN_PROBE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "pipeline/plugin_process/launch.h"
#include "pipeline/plugin_process/program_spec.h"
#include "proto/plugin/v1/plugin.pb.h"

namespace sluice::plugin_process {

// A process that is started to be asked, and killed when this is dropped. Its
// methods block, at most `start_timeout` each, so they are for those who load a
// configuration.
//
// Thread-safety: one call at a time.
class PluginProbe {
 public:
  explicit PluginProbe(std::shared_ptr<const ProgramSpec> spec)
      : spec_(std::move(spec)) {}
  ~PluginProbe();
  PluginProbe(const PluginProbe&) = delete;
  PluginProbe& operator=(const PluginProbe&) = delete;

  // kInvalidArgument, of both: the program cannot be started, ends, does not
  // answer in time, or speaks another version; the message names it and says
  // why.
  absl::StatusOr<plugin::v1::DescribeResponse> Describe();
  absl::StatusOr<plugin::v1::CheckResponse> Check(
      const plugin::v1::CheckRequest& request);

 private:
  // What the thread of the child touches, too.
  struct Shared {
    absl::Mutex mu;
    bool ended ABSL_GUARDED_BY(mu) = false;
    std::string how ABSL_GUARDED_BY(mu);
    grpc::ClientContext* call ABSL_GUARDED_BY(mu) = nullptr;
  };
  using Call = std::function<grpc::Status(plugin::v1::Plugin::Stub&,
                                          grpc::ClientContext*)>;

  absl::Status Ask(const Call& call);
  absl::Status AskOnThisThread(const Call& call);
  absl::Status StartProcess();
  absl::Status Explain(const grpc::Status& status);

  const std::shared_ptr<const ProgramSpec> spec_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::shared_ptr<Launch> launch_;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PLUGIN_PROBE_H_
