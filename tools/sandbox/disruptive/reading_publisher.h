// Lets the simulated fleet speak at a steady pace.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_READING_PUBLISHER_H_
#define TOOLS_SANDBOX_DISRUPTIVE_READING_PUBLISHER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "tools/sandbox/disruptive/device_cloud.h"
#include "tools/sandbox/disruptive/simulated_fleet.h"

namespace sluice::sandbox {

// Publishes the fleet's readings, one after the other, into a cloud whose
// registry has the fleet's devices. Runs on one executor.
class ReadingPublisher {
 public:
  // Both outlive it.
  ReadingPublisher(const SimulatedFleet* fleet, DeviceCloud* cloud)
      : fleet_(fleet), cloud_(cloud) {}

  void Start(Executor* executor) { executor_ = executor; }

  // Publishes `rate` readings per second (above 0), over all devices together,
  // until `count` more are out; nullopt: without end. The first one follows at
  // once, after what runs now. Replaces the run under way.
  void Run(double rate, std::optional<int64_t> count);
  void Stop();

  // Publishes `count` readings at once, besides any run.
  void PublishNow(int64_t count);

  bool running() const { return timer_ != 0; }
  double rate() const { return rate_; }
  // Readings published so far; the number of the next one.
  int64_t published() const { return static_cast<int64_t>(next_number_); }

 private:
  void Step();
  void PublishOne();

  const SimulatedFleet* const fleet_;
  DeviceCloud* const cloud_;
  Executor* executor_ = nullptr;
  uint64_t next_number_ = 0;

  // The run under way.
  double rate_ = 0;
  std::optional<int64_t> left_;
  absl::Duration started_;
  int64_t done_ = 0;
  Executor::TimerId timer_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_READING_PUBLISHER_H_
