#include "plugins/file/file_sink.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice::file {

FileSink::FileSink(FileSinkOptions options, IoExecutorFactory io_factory,
                   FileCalls calls)
    : options_(std::move(options)),
      io_factory_(std::move(io_factory)),
      file_(options_.file, std::move(calls)) {}

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
  io_->Post([this] {
    context_.executor->Post(
        [this, opened = file_.Open(context_.executor->Now())] {
          ReportHealth(opened);
        });
  });
  return absl::OkStatus();
}

void FileSink::Deliver(Delivery delivery, DeliverCallback done) {
  io_->Post(
      [this, delivery = std::move(delivery), done = std::move(done)]() mutable {
        context_.executor->Post([this, written = Write(delivery),
                                 done = std::move(done)]() mutable {
          Answer(written, std::move(done));
        });
      });
}

void FileSink::Stop(absl::AnyInvocable<void()> done) {
  if (io_ == nullptr) return done();
  if (sync_timer_ != 0) context_.executor->Cancel(sync_timer_);
  // Behind every delivery under way, whose answers thus come before `done`.
  io_->Post([this, done = std::move(done)]() mutable {
    if (absl::Status closed = file_.Close(); !closed.ok()) {
      LOG(ERROR) << context_.name << ": " << closed.message();
    }
    context_.executor->Post(std::move(done));
  });
}

absl::Status FileSink::Write(const Delivery& delivery) {
  lines_.clear();
  for (const DeliveryItem& item : delivery.items) {
    json_.AppendLine(item.event, &lines_);
  }
  const uint64_t rotations = file_.rotations();
  absl::Status status = file_.Append(lines_, context_.executor->Now());
  rotations_->Add(file_.rotations() - rotations);
  if (status.ok()) written_bytes_->Add(lines_.size());
  return status;
}

void FileSink::Answer(const absl::Status& written, DeliverCallback done) {
  ReportHealth(written);
  if (written.ok()) {
    SyncLater();
    return done(DeliveryResult::All(Outcome::Delivered()));
  }
  const std::string message(written.message());
  if (written.code() != absl::StatusCode::kFailedPrecondition) {
    return done(DeliveryResult::All(Outcome::Retry(message)));
  }
  DeliveryResult result;
  result.misconfigured =
      absl::FailedPreconditionError(absl::StrCat("path: ", message));
  done(std::move(result));
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
  if (sync_timer_ != 0 || options_.file.sync_each_append ||
      options_.sync_interval == absl::InfiniteDuration()) {
    return;
  }
  sync_timer_ = context_.executor->PostAfter(options_.sync_interval, [this] {
    sync_timer_ = 0;
    io_->Post([this] {
      absl::Status synced = file_.Sync();
      if (synced.ok()) return;
      LOG(ERROR) << context_.name
                 << ": delivered events may be lost: " << synced.message();
      context_.executor->Post([this, synced] { ReportHealth(synced); });
    });
  });
}

}  // namespace sluice::file
