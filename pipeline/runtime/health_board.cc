#include "pipeline/runtime/health_board.h"

#include <utility>

#include "glog/logging.h"

namespace sluice {

class HealthBoard::Reporter final : public HealthReporter {
 public:
  Reporter(HealthBoard* board, std::string name)
      : board_(board), name_(std::move(name)) {}

  void Report(Health health) override {
    board_->Report(name_, std::move(health));
  }
  void ReportGaps(SourceGaps gaps) override {
    absl::MutexLock lock(&board_->mu_);
    board_->gaps_[name_] = std::move(gaps);
  }

 private:
  HealthBoard* const board_;
  const std::string name_;
};

HealthBoard::HealthBoard(std::string pipeline, const Clock* clock)
    : pipeline_(std::move(pipeline)), clock_(clock) {}

HealthBoard::~HealthBoard() = default;

HealthReporter* HealthBoard::reporter(std::string_view name) {
  absl::MutexLock lock(&mu_);
  std::unique_ptr<Reporter>& reporter = reporters_[std::string(name)];
  if (reporter == nullptr) {
    reporter = std::make_unique<Reporter>(this, std::string(name));
    entries_[std::string(name)] = {Health{}, clock_->Now()};
  }
  return reporter.get();
}

HealthBoard::Entry HealthBoard::Get(std::string_view name) const {
  absl::MutexLock lock(&mu_);
  auto it = entries_.find(name);
  return it == entries_.end() ? Entry{} : it->second;
}

SourceGaps HealthBoard::Gaps(std::string_view name) const {
  absl::MutexLock lock(&mu_);
  const auto it = gaps_.find(name);
  return it == gaps_.end() ? SourceGaps() : it->second;
}

void HealthBoard::Report(const std::string& name, Health health) {
  absl::MutexLock lock(&mu_);
  Entry& entry = entries_[name];
  if (entry.health.state == health.state &&
      entry.health.message == health.message) {
    return;
  }
  // A change of words alone is not worth a line of its own.
  const bool state_changed = entry.health.state != health.state;
  if (state_changed) {
    entry.since = clock_->Now();
    const std::string_view state = HealthStateName(health.state);
    if (health.state == HealthState::kPaused) {
      LOG(ERROR) << pipeline_ << "." << name << " " << state << ": "
                 << health.message;
    } else if (health.state == HealthState::kDegraded) {
      LOG(WARNING) << pipeline_ << "." << name << " " << state << ": "
                   << health.message;
    } else {
      LOG(INFO) << pipeline_ << "." << name << " " << state
                << (health.message.empty() ? "" : ": ") << health.message;
    }
  }
  entry.health = std::move(health);
}

}  // namespace sluice
