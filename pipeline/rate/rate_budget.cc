#include "pipeline/rate/rate_budget.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sluice {
namespace {

// Below this part of a window's limit the rest is spread over the time left.
constexpr int64_t kSpreadBelowPart = 5;
// Clocks and roads differ: a window is taken to end so much later.
constexpr absl::Duration kMargin = absl::Seconds(1);
// A share that does not come back so long after its wait has lost its turn.
constexpr absl::Duration kPatience = absl::Seconds(2);
// What a share waits that leaves its turn to another.
constexpr absl::Duration kCourtesy = absl::Milliseconds(50);
// A share that asked within this time is counted as one that uses the budget.
constexpr absl::Duration kLately = absl::Minutes(10);
// Limits may be raised, so what no answer has told of for long does not count.
constexpr absl::Duration kForgetAfter = absl::Hours(3);

}  // namespace

RateBudget::RateBudget(std::vector<absl::Duration> spans,
                       std::optional<RateLimits> known)
    : spans_(std::move(spans)) {
  if (known.has_value()) known_.emplace(*known);
}

std::shared_ptr<RateBudget> RateBudget::Create(
    std::vector<absl::Duration> spans, std::optional<RateLimits> known) {
  return std::shared_ptr<RateBudget>(new RateBudget(std::move(spans), known));
}

absl::Duration RateBudget::SpanOf(int64_t limit) const {
  // The larger of two nested windows has the larger limit.
  size_t place = 0;
  for (const auto& [known, window] : windows_) {
    while (place + 1 < spans_.size() && spans_[place] < window.longest) ++place;
    if (known == limit || place + 1 == spans_.size()) break;
    ++place;
  }
  return spans_[place];
}

void RateBudget::Block(absl::Duration until) {
  absl::MutexLock lock(&mu_);
  blocked_until_ = std::max(blocked_until_, until);
  if (known_.has_value()) known_->Block(until);
}

void RateBudget::Tighten(const RateLimits& known) {
  absl::MutexLock lock(&mu_);
  if (known_.has_value()) {
    known_->SetLimits(known_->limits().TightenedBy(known));
  } else {
    known_.emplace(known);
  }
}

void RateBudget::Update(absl::Duration now) {
  absl::Duration unused;
  for (auto it = windows_.begin(); it != windows_.end();) {
    Window& window = it->second;
    if (window.told + kForgetAfter <= now) {
      it = windows_.erase(it);
      continue;
    }
    if (window.end <= now) {
      // Most answers tell of the tightest window only, so this one is counted
      // on from here.
      const absl::Duration span = SpanOf(it->first);
      window.end +=
          span * (1 + absl::IDivDuration(now - window.end, span, &unused));
      window.remaining = it->first - under_way_;
      window.assumed = true;
    }
    ++it;
  }
}

absl::Duration RateBudget::WaitForLimits(absl::Duration now, Claim claim) {
  Update(now);
  absl::Duration wait = std::max(absl::ZeroDuration(), blocked_until_ - now);
  if (windows_.empty() && known_.has_value()) {
    return std::max(wait, known_->Wait(now, claim == Claim::kUrgent));
  }
  for (const auto& [limit, window] : windows_) {
    const absl::Duration left = window.end - now;
    if (window.remaining <= 0) {
      wait = std::max(wait, left);
    } else if (window.remaining <= limit / kSpreadBelowPart) {
      wait = std::max(wait, last_taken_ + left / window.remaining - now);
    }
  }
  return wait;
}

absl::Duration RateBudget::WaitForTurn(const Share* share, absl::Duration now,
                                       Claim claim) {
  const Turn& mine = turns_.at(share);
  const bool may_lead = claim == Claim::kUrgent && known_.has_value();
  const auto lead =
      static_cast<uint64_t>(may_lead ? known_->limits().reserve : 0);
  for (const auto& [other_share, other] : turns_) {
    if (other_share == share || other.expected < now) continue;
    if (other.served + lead >= mine.served) continue;
    // Others need more than an urgent request does; it must not take that away
    // from them bit by bit.
    return std::max(kCourtesy, WaitForLimits(now, Claim::kNormal));
  }
  return absl::ZeroDuration();
}

double RateBudget::PerSecond() const {
  double per_second = std::numeric_limits<double>::infinity();
  if (windows_.empty() && known_.has_value()) {
    per_second = 1 / absl::ToDoubleSeconds(known_->limits().interval);
  }
  for (const auto& [limit, window] : windows_) {
    per_second = std::min(per_second, static_cast<double>(limit) /
                                          absl::ToDoubleSeconds(SpanOf(limit)));
  }
  return per_second;
}

int64_t RateBudget::Share::AllowedPerHour(absl::Duration now,
                                          double per_request) const {
  absl::MutexLock lock(&budget_->mu_);
  const double per_second = budget_->PerSecond();
  if (per_second == std::numeric_limits<double>::infinity()) return 0;
  int users = 1;
  for (const auto& [share, turn] : budget_->turns_) {
    if (share != this && turn.asked + kLately >= now) ++users;
  }
  constexpr double kMost = 1e15;
  return static_cast<int64_t>(
      std::clamp(per_second * 3600 * per_request / users, 1.0, kMost));
}

RateBudget::Share::Share(std::shared_ptr<RateBudget> budget)
    : budget_(std::move(budget)) {
  absl::MutexLock lock(&budget_->mu_);
  Turn turn;
  for (const auto& [share, other] : budget_->turns_) {
    turn.served = std::max(turn.served, other.served);
  }
  budget_->turns_[this] = turn;
}

RateBudget::Share::~Share() {
  absl::MutexLock lock(&budget_->mu_);
  budget_->turns_.erase(this);
  budget_->under_way_ -= under_way_;
}

absl::Duration RateBudget::Share::Take(absl::Duration now, Claim claim) {
  RateBudget& budget = *budget_;
  absl::MutexLock lock(&budget.mu_);
  Turn& mine = budget.turns_[this];
  mine.asked = now;
  absl::Duration wait = budget.WaitForLimits(now, claim);
  if (wait <= absl::ZeroDuration()) {
    wait = budget.WaitForTurn(this, now, claim);
  }
  if (wait > absl::ZeroDuration()) {
    mine.expected = now + wait + kPatience;
    return wait;
  }
  // Only turns while there is waiting count: who rested has no claim.
  for (const auto& [share, other] : budget.turns_) {
    if (other.expected >= now) continue;
    mine.served = std::max(mine.served, other.served);
  }
  ++mine.served;
  mine.expected = -absl::InfiniteDuration();
  budget.last_taken_ = now;
  ++budget.under_way_;
  ++under_way_;
  for (auto& [limit, window] : budget.windows_) --window.remaining;
  if (budget.windows_.empty() && budget.known_.has_value()) {
    budget.known_->Take(now);
  }
  return absl::ZeroDuration();
}

void RateBudget::Share::Done() {
  absl::MutexLock lock(&budget_->mu_);
  --budget_->under_way_;
  --under_way_;
}

void RateBudget::Share::Observe(absl::Duration now, const Report& report) {
  if (report.limit <= 0 || report.until_reset <= absl::ZeroDuration()) return;
  absl::MutexLock lock(&budget_->mu_);
  // Those under way may not be counted yet.
  const int64_t remaining = report.remaining - budget_->under_way_;
  const absl::Duration end = now + report.until_reset + kMargin;
  const auto [it, is_new] = budget_->windows_.try_emplace(
      report.limit, Window{remaining, end, now, report.until_reset});
  if (is_new) return;
  Window& window = it->second;
  window.told = now;
  window.longest = std::max(window.longest, report.until_reset);
  if (absl::AbsDuration(end - window.end) <= 2 * kMargin) {
    // Answers overtake each other: within a window the lowest counts.
    window.remaining = std::min(window.remaining, remaining);
    window.assumed = false;
  } else if (end > window.end || window.assumed) {
    window.remaining = remaining;
    window.end = end;
    window.assumed = false;
  }
}

std::shared_ptr<RateBudget> RateBudgets::Get(const std::string& credential,
                                             std::vector<absl::Duration> spans,
                                             std::optional<RateLimits> known) {
  absl::MutexLock lock(&mu_);
  std::weak_ptr<RateBudget>& held = budgets_[credential];
  std::shared_ptr<RateBudget> budget = held.lock();
  if (budget == nullptr) {
    budget = RateBudget::Create(std::move(spans), known);
    held = budget;
  } else if (known.has_value()) {
    budget->Tighten(*known);
  }
  return budget;
}

}  // namespace sluice
