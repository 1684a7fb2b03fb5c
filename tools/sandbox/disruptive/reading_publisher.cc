#include "tools/sandbox/disruptive/reading_publisher.h"

#include <algorithm>
#include <utility>

#include "glog/logging.h"

namespace sluice::sandbox {
namespace {

// Between steps at high rates: readings of one step go out together.
constexpr absl::Duration kShortestStep = absl::Milliseconds(5);
// Lets requests through when a rate is more than the machine can do.
constexpr int64_t kMostPerStep = 2000;

}  // namespace

void ReadingPublisher::Run(double rate, std::optional<int64_t> count) {
  CHECK_GT(rate, 0);
  Stop();
  rate_ = rate;
  left_ = count;
  done_ = 0;
  started_ = executor_->MonotonicNow();
  timer_ = executor_->PostAfter(absl::ZeroDuration(), [this] { Step(); });
}

void ReadingPublisher::Stop() {
  if (timer_ != 0) executor_->Cancel(std::exchange(timer_, 0));
}

void ReadingPublisher::PublishNow(int64_t count) {
  for (; count > 0; --count) PublishOne();
  cloud_->streams().Flush();
}

void ReadingPublisher::Step() {
  timer_ = 0;
  const absl::Duration elapsed = executor_->MonotonicNow() - started_;
  // The first one is due at once.
  const int64_t due =
      1 + static_cast<int64_t>(absl::ToDoubleSeconds(elapsed) * rate_);
  int64_t count = std::min(due - done_, kMostPerStep);
  if (left_.has_value()) count = std::min(count, *left_);
  PublishNow(count);
  done_ += count;
  if (left_.has_value()) *left_ -= count;
  if (left_ == 0) return;
  const absl::Duration next =
      started_ + absl::Seconds(static_cast<double>(done_) / rate_);
  const absl::Duration wait =
      std::max(kShortestStep, next - executor_->MonotonicNow());
  timer_ = executor_->PostAfter(wait, [this] { Step(); });
}

void ReadingPublisher::PublishOne() {
  const uint64_t number = next_number_++;
  const std::string& id =
      fleet_->devices()[number % fleet_->devices().size()].id;
  Device* device = cloud_->registry().Find("-", id);
  if (device == nullptr) return;  // deleted over the emulator API
  // Two readings of a device never share a moment.
  const absl::Time time =
      std::max(cloud_->Now(), device->last_event + absl::Microseconds(1));
  SimulatedReading reading = fleet_->ReadingAt(number, time);
  cloud_->Publish(*device, fleet_->EventId(number, time), reading.event_type,
                  std::move(reading.data), time);
}

}  // namespace sluice::sandbox
