// All pipelines of a process, and how they become other ones.
#ifndef PIPELINE_RUNTIME_PIPELINE_SET_H_
#define PIPELINE_RUNTIME_PIPELINE_SET_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/kept_pipeline.h"
#include "pipeline/runtime/pipeline.h"
#include "pipeline/topology/memory_plan.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/config.pb.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {

using ComponentChanges = std::vector<admin::v1::ComponentChange>;

// Thread-safety: methods that change something from one thread at a time, which
// is none of the executors'; they block. The others from any thread.
class PipelineSet {
 public:
  // What all pipelines share; outlives the set. `environment` without the
  // bounds of memory.
  struct Parts {
    const DataDirectory* directory = nullptr;
    PipelineEnvironment environment;
    RocksDbLogResources log_memory;
  };

  explicit PipelineSet(Parts parts) : parts_(std::move(parts)) {}

  // REQUIRES: Stop() was called.
  ~PipelineSet() = default;

  // ---- Changing ----

  // Says what Reach() would do, after it has made every new component once.
  //   kInvalidArgument: a component cannot be made from its configuration.
  absl::StatusOr<ComponentChanges> Preview(const ProcessSpec& spec) const;

  // Makes the pipelines those of `spec`, and runs them: starts, stops, changes
  // where something differs, leaves the rest alone. Components that stop have
  // `grace` for what is under way. If something fails the pipelines become what
  // they were before.
  //   errors of Preview(), RocksDbEventLog::Open and EventLog's writing
  //   methods, with the pipeline's name before them.
  absl::StatusOr<ComponentChanges> Reach(const ProcessSpec& spec,
                                         absl::Duration grace);

  // Changes what of a pipeline runs: `edit` changes its target, whose spec it
  // leaves alone. Kept across restarts.
  //   kNotFound: there is no such pipeline.
  //   kUnavailable: that it is so could not be written; nothing was changed.
  //   errors of `edit`: nothing was changed.
  absl::Status Retarget(std::string_view pipeline, absl::Duration grace,
                        absl::FunctionRef<absl::Status(PipelineTarget&)> edit);

  // Stops a sink, if it runs, does `between` with the log of its pipeline on
  // the ingest executor, and starts the sink again where its cursor is then.
  //   kNotFound: there is no such pipeline.
  //   kInvalidArgument: the sink cannot be made anew; nothing was done.
  //   error of `between`: the sink runs again.
  absl::Status PauseFor(std::string_view pipeline, const std::string& sink,
                        absl::Duration grace,
                        absl::AnyInvocable<absl::Status(EventLog&)> between);

  // Removes what the data directory keeps of a pipeline that is none of these
  // any more, and says what that was; with `dry_run` only that.
  //   kNotFound: nothing is kept of one of this name.
  //   kFailedPrecondition: it is one of these; or it holds what is not
  //   delivered, and `discard` is false. The message says which.
  //   errors of LogView::Open(), unless `discard` is true, and
  //   DataDirectory::RemovePipeline().
  absl::StatusOr<KeptPipeline> Delete(const std::string& name, bool discard,
                                      bool dry_run) const;

  // Stops all, for good.
  void Stop(absl::Duration grace);

  // ---- Looking ----

  // Whether there is a pipeline of this name. The errors are those of all
  // methods that say kNotFound.
  //   kNotFound: there is none; the message has near names.
  //   kUnavailable: it is just being opened, as a changed configuration wants
  //   it; try again.
  absl::Status CheckPipeline(std::string_view name) const;

  // Names of those that are none of these any more, and of which the data
  // directory keeps something, in order.
  std::vector<std::string> Removed() const;

  // Visits all in order of their names.
  void ForEach(absl::FunctionRef<void(const Pipeline&)> visit) const;

  // Runs `task` with the log of a pipeline on the ingest executor.
  //   kNotFound: there is no such pipeline.
  absl::Status PostToLog(std::string_view pipeline,
                         absl::AnyInvocable<void(EventLog&)> task) const;

  // Runs `look`, which only reads, with the log of a pipeline on the calling
  // thread. A pipeline that goes waits for it, so it must not be long.
  //   kNotFound: there is no such pipeline.
  //   error of `look`
  absl::Status ReadLog(std::string_view pipeline,
                       absl::FunctionRef<absl::Status(EventLog&)> look) const;

  // As Pipeline::FindPending().
  //   kNotFound: there is no such pipeline.
  absl::Status FindPending(
      std::string_view pipeline, Sequence sequence,
      absl::AnyInvocable<void(Pipeline::PendingDeliveries)> done) const;

  // Calls `done` once, on an executor, when every pipeline has finished (see
  // Pipeline::WhenFinished).
  void WhenFinished(absl::AnyInvocable<void()> done);

 private:
  // Those who read the log of a pipeline.
  class Readers;
  struct Entry {
    PipelineMemory memory;
    std::unique_ptr<Pipeline> pipeline;
    std::shared_ptr<Readers> readers;
  };
  // What has to be done, by name of the pipeline.
  struct Difference;
  class Watch;

  Difference Compare(const ProcessSpec& spec, const MemoryPlan& plan) const;
  absl::StatusOr<ComponentChanges> ReachOnce(const ProcessSpec& spec,
                                             absl::Duration grace);
  absl::Status Change(const Difference& difference, absl::Duration grace);
  absl::StatusOr<std::unique_ptr<Pipeline>> Open(
      const PipelineSpec& spec, const PipelineMemory& memory) const;
  void Start(std::unique_ptr<Pipeline> pipeline, const PipelineMemory& memory);
  static absl::Status CarryOut(Pipeline& pipeline, PipelineChange change,
                               absl::Duration grace);
  void Remove(const std::set<std::string>& names, absl::Duration grace);
  ProcessSpec CurrentSpec() const;
  std::string ControlPath(const std::string& name) const;
  Pipeline* Find(std::string_view name) const;
  absl::Status NoPipeline(std::string_view name) const;
  // What is added or opened anew by `difference` is on its way.
  void SetOpening(const Difference& difference);
  void WatchForEnd(Pipeline& pipeline);

  const Parts parts_;

  // `entries_` and `opening_` are written by the changing thread only, which
  // reads them without the lock.
  mutable absl::Mutex mu_;
  std::map<std::string, Entry, std::less<>> entries_;
  // Not among them, yet or for the moment.
  std::set<std::string, std::less<>> opening_;
  uint64_t memory_bytes_ = 0;
  std::shared_ptr<Watch> watch_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PIPELINE_SET_H_
