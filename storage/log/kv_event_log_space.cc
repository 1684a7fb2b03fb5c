// What KvEventLog keeps and what it frees.

#include <algorithm>
#include <utility>

#include "glog/logging.h"
#include "storage/log/kv_event_log.h"
#include "storage/log/kv_event_log_internal.h"

namespace sluice {
namespace {

// Batches let go per write, so that no write takes long; more than a write can
// bring.
constexpr int kMaxReleasesPerWrite = 256;

}  // namespace

bool KvEventLog::Fits(const LogStart& start, uint64_t bytes) const {
  absl::MutexLock lock(&mu_);
  return book_.BytesFrom(start) + bytes <= options_.max_bytes;
}

bool KvEventLog::HasRoom(uint64_t bytes) const {
  const uint64_t need = RecordBytesFor(bytes, options_);
  Sequence horizon = 0;
  {
    absl::MutexLock lock(&mu_);
    if (book_.held_bytes() + need <= options_.max_bytes) return true;
    horizon = book_.Horizon();
    if (horizon <= book_.first()) return false;
  }
  // What is delivered goes with the next append if it is in the way.
  const auto start = StartOf(horizon);
  return start.has_value() && Fits(*start, need);
}

LogStart KvEventLog::PlanReclaim(uint64_t need) const {
  LogStart start;
  Sequence horizon = 0;
  {
    absl::MutexLock lock(&mu_);
    start = book_.start();
    horizon = book_.Horizon();
  }
  if (start.first < overwrite_start_.first) start = overwrite_start_;
  if (horizon <= start.first) return start;
  const auto delivered = StartOf(horizon);
  if (!delivered.has_value()) return start;
  const bool by_time = options_.retain_time > absl::ZeroDuration();
  const bool by_bytes = options_.retain_bytes > 0;
  if (!by_time && !by_bytes) return *delivered;

  const absl::Time now = clock_->Now();
  for (int i = 0; start.first < delivered->first; ++i) {
    int64_t append_unix_nanos = 0;
    const auto behind = StartBehind(start, &append_unix_nanos);
    if (!behind.has_value() || behind->first > delivered->first) break;
    const bool too_old =
        by_time &&
        now - absl::FromUnixNanos(append_unix_nanos) >= options_.retain_time;
    const bool too_much =
        by_bytes && delivered->offset - start.offset > options_.retain_bytes;
    const bool in_the_way = !Fits(start, need);
    if (!too_old && !too_much && !in_the_way) break;
    if (!in_the_way && i >= kMaxReleasesPerWrite) break;
    start = *behind;
  }
  return start;
}

std::optional<LogStart> KvEventLog::StartOf(Sequence sequence) const {
  {
    absl::MutexLock lock(&mu_);
    if (sequence == book_.next())
      return LogStart{sequence, book_.next_offset()};
  }
  const auto place = FindPlace(sequence);
  if (!place.has_value()) return std::nullopt;
  return LogStart{place->first, place->begin_offset};
}

std::optional<LogStart> KvEventLog::StartBehind(
    const LogStart& start, int64_t* append_unix_nanos) const {
  // Reading may find out that the batch is lost; that answers it too.
  for (int attempt = 0; attempt < 2; ++attempt) {
    {
      absl::MutexLock lock(&mu_);
      if (const auto* hole = book_.FindHole(start.first)) {
        *append_unix_nanos = 0;
        return LogStart{hole->last() + 1, start.offset + hole->bytes()};
      }
    }
    if (const auto place = FindPlace(start.first); place.has_value()) {
      *append_unix_nanos = place->append_unix_nanos;
      return LogStart{place->end, place->end_offset};
    }
  }
  return std::nullopt;
}

std::optional<BatchPlace> KvEventLog::FindPlace(Sequence sequence) const {
  StoredRange range;
  {
    absl::MutexLock lock(&mu_);
    if (const BatchPlace* place = book_.recent().Find(sequence)) return *place;
    if (last_found_.first <= sequence && sequence < last_found_.end) {
      return last_found_;
    }
    range.floor = book_.first();
    range.end = book_.next();
  }
  range.from = sequence;
  range.max_bytes = 1;
  range.places_only = true;
  StoredEvents found;
  const absl::Status status = ReadStored(*store_, range, &found);
  if (!status.ok()) {
    LOG_EVERY_N(WARNING, 1000)
        << "looking for event " << sequence << " in the log: " << status;
    return std::nullopt;
  }
  AccountLosses(std::move(found.lost));
  if (found.batches.empty()) return std::nullopt;
  const BatchPlace& place = found.batches.front().place;
  if (place.first > sequence) return std::nullopt;
  absl::MutexLock lock(&mu_);
  last_found_ = place;
  return place;
}

void KvEventLog::AccountLosses(std::vector<LostRange> losses,
                               DamageList* damage) const {
  for (LostRange& lost : losses) {
    uint64_t events = 0;
    {
      absl::MutexLock lock(&mu_);
      // What is being reclaimed was accounted for; only its record is gone.
      const Sequence first = std::max(lost.first, reclaiming_to_);
      if (first > lost.last) continue;
      events = book_.AddLoss(first, lost.last, lost.bytes);
      if (events == 0) continue;
      for (const auto& [sequence, record] : lost.records) {
        damaged_records_.push_back(sequence);
      }
    }
    Damage loss{absl::StrCat(events, " events of the log, ", lost.first, " to ",
                             lost.last, ", are lost to damage on disk"),
                Damage::Loss::kEvents};
    LOG(ERROR) << loss;
    damage->push_back(std::move(loss));
    absl::MutexLock lock(&quarantine_mu_);
    if (quarantine_ == nullptr) continue;
    for (const auto& [sequence, record] : lost.records) {
      quarantine_(sequence, record);
    }
  }
}

void KvEventLog::NotifySpace() {
  absl::MutexLock lock(&space_mu_);
  if (space_listener_ != nullptr) space_listener_();
}

void KvEventLog::SetSpaceListener(absl::AnyInvocable<void()> listener) {
  absl::MutexLock lock(&space_mu_);
  space_listener_ = std::move(listener);
}

}  // namespace sluice
