#include "pipeline/runtime/dead_letter_counter.h"

#include <utility>

namespace sluice {
namespace {

constexpr std::string_view kOther = "other";

}  // namespace

DeadLetterCounter::DeadLetterCounter(MetricRegistry* registry, std::string name,
                                     MetricLabels labels)
    : registry_(registry), name_(std::move(name)), labels_(std::move(labels)) {
  // There from the start, so that a graph of the sum begins with zero.
  Make(kOther);
}

void DeadLetterCounter::Count(std::string_view reason) {
  auto counter = counters_.find(reason);
  if (counter == counters_.end() && counters_.size() > kMaxReasons) {
    counter = counters_.find(kOther);
  }
  (counter == counters_.end() ? Make(reason) : counter->second)->Add();
}

Counter* DeadLetterCounter::Make(std::string_view reason) {
  MetricLabels labels = labels_;
  labels.emplace_back("reason", reason);
  return counters_[std::string(reason)] = registry_->counter(
             name_, labels,
             "Dead letters made, by reason, since the process started.");
}

}  // namespace sluice
