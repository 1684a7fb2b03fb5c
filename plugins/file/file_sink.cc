#include "plugins/file/file_sink.h"

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "glog/logging.h"
#include "pipeline/cloud_event/cloud_event_json.h"

namespace sluice::file {

// One delivery on its way through the disk.
struct FileSink::Write {
  Delivery delivery;
  absl::Time now;
  // Who sets it first has the delivery: the disk, or whoever gives it up.
  std::atomic<bool> taken{false};

  // What became of it, and the disk's until it has told. Nullopt: it was given
  // up before its turn.
  std::optional<absl::Status> status;
  uint64_t bytes = 0;
  uint64_t rotations = 0;
};

// What the disk's tasks use and hold, so that they need no sink.
class FileSink::Disk {
 public:
  Disk(RotatingFileOptions options, FileCalls calls, Executor* listener)
      : file_(std::move(options), std::move(calls)), listener_(listener) {}

  // On the disk's executor.
  RotatingFile& file() { return file_; }
  void Append(Write& write) {
    if (write.taken.exchange(true)) return;
    lines_.clear();
    for (const DeliveryItem& item : write.delivery.items) {
      json_.AppendLine(item.event, &lines_);
    }
    const uint64_t rotations = file_.rotations();
    write.status = file_.Append(lines_, write.now);
    write.rotations = file_.rotations() - rotations;
    write.bytes = write.status->ok() ? lines_.size() : 0;
  }

  // For the component's executor, from any thread.
  void Tell(Executor::Task task) {
    absl::MutexLock lock(&mu_);
    if (listener_ != nullptr) listener_->Post(std::move(task));
  }
  bool left_behind() const {
    absl::MutexLock lock(&mu_);
    return listener_ == nullptr;
  }
  void LeaveBehind() {
    absl::MutexLock lock(&mu_);
    listener_ = nullptr;
  }

 private:
  RotatingFile file_;
  CloudEventJsonWriter json_;
  std::string lines_;
  mutable absl::Mutex mu_;
  Executor* listener_ ABSL_GUARDED_BY(mu_);
};

template <typename Work, typename Then>
void FileSink::OnDisk(Work work, Then then) {
  io_->Post([disk = disk_, work = std::move(work),
             then = std::move(then)]() mutable {
    disk->Tell([disk, result = work(*disk), then = std::move(then)]() mutable {
      if (!disk->left_behind()) then(result);
    });
  });
}

FileSink::FileSink(FileSinkOptions options, IoExecutorFactory io_factory,
                   FileCalls calls)
    : options_(std::move(options)),
      io_factory_(std::move(io_factory)),
      calls_(std::move(calls)) {}

SinkTraits FileSink::traits() const {
  SinkTraits traits;
  traits.max_batch_events = 1000;
  traits.max_batch_bytes = 1 << 20;
  traits.max_in_flight = 1;
  traits.idempotent = false;
  // A sync behind a busy disk can take long, and it does end.
  traits.timeout = absl::Minutes(2);
  return traits;
}

absl::Status FileSink::Start(const ComponentContext& context) {
  context_ = context;
  const MetricLabels labels = context.metric_labels();
  written_bytes_ = context.metrics->counter("file_written_bytes_total", labels,
                                            "Bytes written.");
  rotations_ =
      context.metrics->counter("file_rotations_total", labels,
                               "Files begun because the one before was full.");
  io_ = io_factory_();
  disk_ = std::make_shared<Disk>(options_.file, calls_, context.executor);
  OnDisk([now = context.executor->Now()](
             Disk& disk) { return disk.file().Open(now); },
         [this](const absl::Status& opened) { ReportHealth(opened); });
  return absl::OkStatus();
}

void FileSink::Deliver(Delivery delivery, DeliverCallback done) {
  const uint64_t id = next_id_++;
  auto write = std::make_shared<Write>();
  write->delivery = std::move(delivery);
  write->now = context_.executor->Now();
  open_[id] = {.write = write,
               .done = std::move(done),
               .timer = context_.executor->PostAfter(
                   write->delivery.timeout, [this, id] { HandleLate(id); })};
  OnDisk(
      [write](Disk& disk) {
        disk.Append(*write);
        return write;
      },
      [this, id](const std::shared_ptr<Write>& done) {
        HandleWritten(id, *done);
      });
}

void FileSink::Stop(absl::AnyInvocable<void()> done) {
  if (io_ == nullptr) return done();
  if (sync_timer_ != 0) context_.executor->Cancel(sync_timer_);
  stopped_ = std::move(done);
  stop_timer_ = context_.executor->PostAfter(kDiskStopGrace,
                                             [this] { LeaveDiskBehind(); });
  // Behind every delivery under way, whose answers thus come first.
  OnDisk([](Disk& disk) { return disk.file().Close(); },
         [this](const absl::Status& closed) {
           if (!closed.ok()) {
             LOG(ERROR) << context_.name << ": " << closed.message();
           }
           context_.executor->Cancel(stop_timer_);
           FinishStop();
         });
}

void FileSink::LeaveDiskBehind() {
  LOG(ERROR) << context_.name << ": stops without the disk, which does not "
             << "answer; " << options_.file.path
             << " stays locked until it does";
  disk_->LeaveBehind();
  while (!open_.empty()) HandleLate(open_.begin()->first);
  // Somebody has to wait for the call to return.
  std::thread([io = std::move(io_)]() mutable { io = nullptr; }).detach();
  FinishStop();
}

void FileSink::FinishStop() {
  // It may destroy this.
  absl::AnyInvocable<void()> stopped = std::move(stopped_);
  stopped();
}

void FileSink::HandleWritten(uint64_t id, const Write& write) {
  if (!write.status.has_value()) return;
  const absl::Status& status = *write.status;
  written_bytes_->Add(write.bytes);
  rotations_->Add(write.rotations);
  ReportHealth(status);
  DeliveryResult result;
  if (status.ok()) {
    SyncLater();
    result = DeliveryResult::All(Outcome::Delivered());
  } else if (absl::IsFailedPrecondition(status)) {
    result.misconfigured =
        absl::FailedPreconditionError(absl::StrCat("path: ", status.message()));
  } else {
    result = DeliveryResult::All(Outcome::Retry(std::string(status.message())));
  }
  Answer(id, std::move(result));
}

void FileSink::HandleLate(uint64_t id) {
  Write& write = *open_.at(id).write;
  const std::string message =
      absl::StrCat("the disk of ", options_.file.path, " does not answer");
  ReportHealth(absl::UnavailableError(message));
  Answer(id, DeliveryResult::All(write.taken.exchange(true)
                                     ? Outcome::Unknown(message)
                                     : Outcome::NotTried()));
}

void FileSink::Answer(uint64_t id, DeliveryResult result) {
  auto open = open_.extract(id);
  // It was late.
  if (open.empty()) return;
  context_.executor->Cancel(open.mapped().timer);
  open.mapped().done(std::move(result));
}

void FileSink::ReportHealth(const absl::Status& status) {
  if (status.ok()) {
    context_.health->Report({HealthState::kHealthy, ""});
  } else if (status.code() == absl::StatusCode::kFailedPrecondition) {
    context_.health->Report(
        {HealthState::kPaused,
         absl::StrCat("path: ", absl::string_view(status.message()))});
  } else {
    context_.health->Report(
        {HealthState::kDegraded, std::string(status.message())});
  }
}

void FileSink::SyncLater() {
  // A stop syncs by itself.
  if (sync_timer_ != 0 || stopped_ || options_.file.sync_each_append ||
      options_.sync_interval == absl::InfiniteDuration()) {
    return;
  }
  sync_timer_ = context_.executor->PostAfter(options_.sync_interval, [this] {
    sync_timer_ = 0;
    OnDisk([](Disk& disk) { return disk.file().Sync(); },
           [this](const absl::Status& synced) {
             if (synced.ok()) return;
             LOG(ERROR) << context_.name << ": delivered events may be lost: "
                        << synced.message();
             ReportHealth(synced);
           });
  });
}

}  // namespace sluice::file
