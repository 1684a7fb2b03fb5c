#include "tools/sandbox/fault_switch.h"

#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxKept = 1000;

struct KindName {
  FaultKind kind;
  std::string_view name;
};
constexpr KindName kKindNames[] = {
    {FaultKind::kStatus, "status"},
    {FaultKind::kStall, "stall"},
    {FaultKind::kCut, "cut"},
    {FaultKind::kHangUp, "hang_up"},
    {FaultKind::kHalf, "half"},
    {FaultKind::kLoseAnswer, "lose_answer"},
    {FaultKind::kSlow, "slow"},
    {FaultKind::kDrip, "drip"},
    {FaultKind::kWrongLength, "wrong_length"},
};

absl::Duration SteadyNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

bool Matches(const Fault& fault, std::string_view service,
             std::string_view method, std::string_view path) {
  return fault.service == service &&
         (fault.method.empty() ||
          absl::EqualsIgnoreCase(fault.method, ToAbsl(method))) &&
         (fault.path.empty() || absl::StrContains(ToAbsl(path), fault.path));
}

}  // namespace

std::string_view FaultKindName(FaultKind kind) {
  for (const KindName& each : kKindNames) {
    if (each.kind == kind) return each.name;
  }
  return "unknown";
}

std::optional<FaultKind> ParseFaultKind(std::string_view name) {
  for (const KindName& each : kKindNames) {
    if (each.name == name) return each.kind;
  }
  return std::nullopt;
}

FaultSwitch::FaultSwitch() : FaultSwitch(SteadyNow) {}

FaultSwitch::FaultSwitch(MonotonicClock now) : now_(std::move(now)) {}

int64_t FaultSwitch::Add(Fault fault) {
  absl::MutexLock lock(&mu_);
  Entry entry;
  entry.state.id = next_id_++;
  entry.state.active = !fault.count.has_value() || *fault.count > 0;
  entry.until = now_() + fault.duration;
  entry.to_skip = fault.skip;
  entry.state.fault = std::move(fault);
  entries_.push_back(std::move(entry));
  Forget();
  return entries_.back().state.id;
}

bool FaultSwitch::Remove(int64_t id) {
  absl::MutexLock lock(&mu_);
  Expire();
  for (Entry& entry : entries_) {
    if (entry.state.id == id) return std::exchange(entry.state.active, false);
  }
  return false;
}

int FaultSwitch::Clear(std::string_view service) {
  absl::MutexLock lock(&mu_);
  Expire();
  int cleared = 0;
  for (Entry& entry : entries_) {
    if (!service.empty() && entry.state.fault.service != service) continue;
    if (std::exchange(entry.state.active, false)) ++cleared;
  }
  return cleared;
}

std::optional<Fault> FaultSwitch::Fire(std::string_view service,
                                       std::string_view method,
                                       std::string_view path) {
  return Fire(/*at_head=*/false, service, method, path);
}

std::optional<Fault> FaultSwitch::FireAtHead(std::string_view service,
                                             std::string_view method,
                                             std::string_view path) {
  return Fire(/*at_head=*/true, service, method, path);
}

std::optional<Fault> FaultSwitch::Fire(bool at_head, std::string_view service,
                                       std::string_view method,
                                       std::string_view path) {
  absl::MutexLock lock(&mu_);
  Expire();
  for (Entry& entry : entries_) {
    FaultState& state = entry.state;
    if (!state.active || !Matches(state.fault, service, method, path) ||
        (state.fault.kind == FaultKind::kHangUp) != at_head) {
      continue;
    }
    if (entry.to_skip > 0) {
      --entry.to_skip;
      continue;
    }
    ++state.fired;
    if (state.fault.count.has_value() && state.fired >= *state.fault.count) {
      state.active = false;
    }
    return state.fault;
  }
  return std::nullopt;
}

std::vector<FaultState> FaultSwitch::List() const {
  absl::MutexLock lock(&mu_);
  const absl::Duration now = now_();
  std::vector<FaultState> states;
  states.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    states.push_back(entry.state);
    FaultState& state = states.back();
    state.active = state.active && now < entry.until;
    state.remaining = state.active ? entry.until - now : absl::ZeroDuration();
  }
  return states;
}

int64_t FaultSwitch::fired(std::string_view service) const {
  absl::MutexLock lock(&mu_);
  int64_t fired = 0;
  for (const Entry& entry : entries_) {
    if (service.empty() || entry.state.fault.service == service) {
      fired += entry.state.fired;
    }
  }
  return fired;
}

void FaultSwitch::Expire() {
  const absl::Duration now = now_();
  for (Entry& entry : entries_) {
    if (now >= entry.until) entry.state.active = false;
  }
}

void FaultSwitch::Forget() {
  for (auto it = entries_.begin();
       entries_.size() > kMaxKept && it != entries_.end();) {
    it = it->state.active ? it + 1 : entries_.erase(it);
  }
}

}  // namespace sluice::sandbox
