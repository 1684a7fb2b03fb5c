// A sink that appends events to a file, one CloudEvent per line.
#ifndef PLUGINS_FILE_FILE_SINK_H_
#define PLUGINS_FILE_FILE_SINK_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/sink.h"
#include "pipeline/executor/executor.h"
#include "plugins/file/cloud_event_json.h"
#include "plugins/file/rotating_file.h"

namespace sluice::file {

struct FileSinkOptions {
  // `sync_each_append` true: delivered means on the disk.
  RotatingFileOptions file;
  // Time between syncs when not each append is synced; infinite: the operating
  // system decides.
  absl::Duration sync_interval = absl::InfiniteDuration();
};

// Makes the executor that the sink's disk work runs on. Called once, by
// Start().
using IoExecutorFactory = std::function<std::shared_ptr<Executor>()>;

// Writes each delivery with one write (and one fdatasync), on an executor of
// its own, because disks block. One delivery is under way at a time, so the
// file has the order of the log.
//
//   no space, I/O error     kRetry for all events; none of them is in the file
//   path cannot be used     misconfigured, naming `path`
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
  // On the disk's executor.
  absl::Status Write(const Delivery& delivery);
  // On the component's executor.
  void Answer(const absl::Status& written, DeliverCallback done);
  void ReportHealth(const absl::Status& status);
  void SyncLater();

  const FileSinkOptions options_;
  const IoExecutorFactory io_factory_;
  ComponentContext context_;
  Counter* written_bytes_ = nullptr;
  Counter* rotations_ = nullptr;
  Executor::TimerId sync_timer_ = 0;

  // Used on io_ only.
  RotatingFile file_;
  CloudEventJsonWriter json_;
  std::string lines_;

  // Last, so that it ends before what its tasks use.
  std::shared_ptr<Executor> io_;
};

}  // namespace sluice::file

#endif  // PLUGINS_FILE_FILE_SINK_H_
