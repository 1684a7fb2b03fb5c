// How many calls of a kind run at once.
#ifndef PIPELINE_SERVICE_CALL_LIMIT_H_
#define PIPELINE_SERVICE_CALL_LIMIT_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace sluice {

// Bounds the calls that hold something for as long as their callers like.
//
// Thread-safety: all methods from any thread.
class CallLimit {
 public:
  // `what` completes "16 calls ... already".
  CallLimit(int most, std::string what) : most_(most), what_(std::move(what)) {}

  // A place among them, kept as long as the slot lives. The limit outlives it.
  using Slot = std::shared_ptr<void>;
  //   kResourceExhausted: there are as many as there may be.
  absl::StatusOr<Slot> Enter() {
    if (++running_ > most_) {
      --running_;
      return absl::ResourceExhaustedError(
          absl::StrCat(most_, " calls ", what_, " already"));
    }
    return Slot(nullptr, [this](void*) { --running_; });
  }

 private:
  const int most_;
  const std::string what_;
  std::atomic<int> running_{0};
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_CALL_LIMIT_H_
