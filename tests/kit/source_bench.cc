#include "tests/kit/source_bench.h"

#include <atomic>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "storage/base/status_macros.h"
#include "tests/kit/kit_case.h"

namespace sluice::kit {

SourceBench::SourceBench(ComponentFactory<Source> make, std::string secret,
                         Patience patience)
    : make_(std::move(make)), secret_(std::move(secret)), patience_(patience) {}

SourceBench::~SourceBench() {
  // What is wrong with it, a case has found, or will in its own time.
  Stop().IgnoreError();
}

absl::Status SourceBench::Make() {
  SLUICE_RETURN_IF_ERROR(Stop());
  intake_ = std::make_shared<Intake>();
  absl::Status status;
  home_.Run([&] {
    absl::StatusOr<std::unique_ptr<Source>> made = make_();
    status = made.status();
    if (made.ok()) source_ = *std::move(made);
  });
  if (!status.ok()) {
    return Broken("the source is not made: ", std::string(status.message()));
  }
  return absl::OkStatus();
}

absl::Status SourceBench::Start(std::optional<std::string> checkpoint,
                                size_t room) {
  SLUICE_RETURN_IF_ERROR(Make());
  intake_->SetRoom(room);
  absl::Status status;
  home_.Run([&] {
    status =
        source_->Start(home_.context(), intake_.get(), std::move(checkpoint));
  });
  if (!status.ok()) {
    return Broken("the source does not start: ", std::string(status.message()));
  }
  return absl::OkStatus();
}

absl::Status SourceBench::TryStart(std::optional<std::string> checkpoint) {
  SLUICE_RETURN_IF_ERROR(Make());
  absl::Status status;
  home_.Run([&] {
    status =
        source_->Start(home_.context(), intake_.get(), std::move(checkpoint));
  });
  return status;
}

SourceTraits SourceBench::traits() {
  SourceTraits traits;
  home_.Run([&] { traits = source_->traits(); });
  return traits;
}

bool SourceBench::finished() {
  bool finished = false;
  home_.Run([&] { finished = source_->finished(); });
  return finished;
}

absl::Status SourceBench::WaitForEvents(size_t distinct) {
  if (intake_->WaitForEvents(distinct, patience_.answer)) {
    return intake_->mistake();
  }
  return Broken("the source should have emitted ", distinct,
                " different events, and it has emitted ",
                Listed(intake_->ids()));
}

void SourceBench::MakeRoom(size_t emissions) {
  home_.Run([&] {
    intake_->SetRoom(emissions);
    intake_->Ready();
  });
}

void SourceBench::Acknowledge(const absl::Status& status) {
  home_.Run([&] { intake_->Acknowledge(status); });
}

absl::Status SourceBench::StopInstance() {
  struct Stopped {
    absl::Notification once;
    std::atomic<int> times{0};
  };
  auto stopped = std::make_shared<Stopped>();
  home_.executor().Post([this, stopped] {
    intake_->Close();
    source_->Stop([stopped] {
      if (++stopped->times == 1) stopped->once.Notify();
    });
  });
  if (!stopped->once.WaitForNotificationWithTimeout(patience_.answer)) {
    home_.LeaveBehind(std::move(source_));
    home_.LeaveBehind(std::make_unique<std::shared_ptr<Intake>>(intake_));
    return Broken("Stop() does not report done");
  }
  home_.Run([this] {
    // What the pipeline still does then: room comes, and storing ends.
    intake_->SetRoom(Intake::kNoBound);
    intake_->Ready();
    intake_->Acknowledge(absl::OkStatus());
  });
  home_.Run([this] { source_ = nullptr; });
  home_.Run([] {});
  if (stopped->times > 1) {
    return Broken("Stop() reports done ", stopped->times.load(), " times");
  }
  return intake_->mistake();
}

absl::Status SourceBench::Stop() {
  if (source_ == nullptr) return absl::OkStatus();
  absl::Status status = StopInstance();
  for (const Health& health : home_.reports()) {
    if (!secret_.empty() && health.message.find(secret_) != std::string::npos) {
      status.Update(Broken("the secret is in a report of the source's health"));
    }
  }
  return status;
}

}  // namespace sluice::kit
