// A sink that appends events to a file, one CloudEvent per line.
#ifndef PLUGINS_FILE_FILE_SINK_H_
#define PLUGINS_FILE_FILE_SINK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/sink.h"
#include "pipeline/executor/executor.h"
#include "plugins/file/rotating_file.h"

namespace sluice::file {

struct FileSinkOptions {
  // `sync_each_append` true: delivered means on the disk.
  RotatingFileOptions file;
  // Time between syncs when not each append is synced; infinite: the operating
  // system decides.
  absl::Duration sync_interval = absl::InfiniteDuration();
};

// How long Stop() waits for the disk.
inline constexpr absl::Duration kDiskStopGrace = absl::Seconds(5);

// Makes the executor that the sink's disk work runs on. Called once, by
// Start().
using IoExecutorFactory = std::function<std::shared_ptr<Executor>()>;

// Writes each delivery with one write (and one fdatasync), on an executor of
// its own, because disks block. One delivery is under way at a time, so the
// file has the order of the log.
//
//   no space, I/O error     kRetry for all events; none of them is in the file
//   path cannot be used     misconfigured, naming `path`
//   no answer in time       kUnknown; kNotTried if the write has not begun
//
// A call that hangs in a disk cannot be taken back. Stop() leaves it behind
// after kDiskStopGrace, with its thread and the file, which stays locked until
// the call returns.
//
// A crash between a write and its answer makes the pipeline deliver the same
// events again, so the same line may stand in the file twice.
class FileSink final : public Sink {
 public:
  FileSink(FileSinkOptions options, IoExecutorFactory io_factory,
           FileCalls calls = FileCalls::Real());

  SinkTraits traits() const override;
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  class Disk;
  struct Write;
  // A delivery that is not answered yet.
  struct Open {
    std::shared_ptr<Write> write;
    DeliverCallback done;
    Executor::TimerId timer = 0;
  };

  // Runs `work(disk)` on the disk's executor, then `then` with what it returned
  // on the component's. A disk that was left behind tells nothing any more.
  template <typename Work, typename Then>
  void OnDisk(Work work, Then then);
  void HandleWritten(uint64_t id, const Write& write);
  void HandleLate(uint64_t id);
  void Answer(uint64_t id, DeliveryResult result);
  void ReportHealth(const absl::Status& status);
  void SyncLater();
  void LeaveDiskBehind();
  void FinishStop();

  const FileSinkOptions options_;
  const IoExecutorFactory io_factory_;
  const FileCalls calls_;
  ComponentContext context_;
  Counter* written_bytes_ = nullptr;
  Counter* rotations_ = nullptr;
  Executor::TimerId sync_timer_ = 0;
  Executor::TimerId stop_timer_ = 0;
  absl::AnyInvocable<void()> stopped_;
  uint64_t next_id_ = 1;
  std::map<uint64_t, Open> open_;
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Executor> io_;
};

}  // namespace sluice::file

#endif  // PLUGINS_FILE_FILE_SINK_H_
