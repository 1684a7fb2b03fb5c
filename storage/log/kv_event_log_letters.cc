// The dead letters of KvEventLog: listing, deleting, editing, and their limits.

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/status_macros.h"
#include "storage/log/kv_event_log.h"
#include "storage/log/kv_event_log_internal.h"

namespace sluice {
namespace {

// Dead letters that one write removes because of their limits take no more
// memory than this, beyond what the write itself brings.
constexpr uint64_t kMaxDroppedBytes = uint64_t{4} << 20;

absl::Time DeathOf(std::string_view serialized) {
  storage::v1::DeadLetter letter;
  letter.ParseFromArray(serialized.data(), static_cast<int>(serialized.size()));
  return absl::FromUnixNanos(letter.dead_unix_nanos());
}

bool Holds(absl::Span<const PendingDeadLetter> letters, uint64_t id) {
  return std::any_of(
      letters.begin(), letters.end(),
      [id](const PendingDeadLetter& letter) { return letter.id == id; });
}

}  // namespace

absl::StatusOr<std::vector<storage::v1::DeadLetter>>
KvEventLog::ListDeadLetters(uint64_t from_id, size_t limit) const {
  // First those that wait: one that is written meanwhile is then seen twice and
  // not never.
  std::map<uint64_t, storage::v1::DeadLetter> letters;
  uint64_t end = 0;
  {
    absl::MutexLock lock(&mu_);
    end = dead_letters_end_;
    for (const PendingDeadLetter& pending : book_.pending_dead_letters()) {
      if (pending.id < from_id || letters.size() >= limit) continue;
      letters[pending.id].ParseFromString(pending.serialized);
    }
  }
  size_t read = 0;
  const auto range =
      ScanRange::Between(format::NumberKey(from_id), format::NumberKey(end));
  if (limit > 0 && from_id < end) {
    SLUICE_RETURN_IF_ERROR(
        store_->Scan(Table::kDeadLetters, range,
                     [&](std::string_view key, std::string_view value) {
                       const auto id = format::ParseNumberKey(key);
                       if (!id.has_value()) return true;
                       letters[*id].ParseFromArray(
                           value.data(), static_cast<int>(value.size()));
                       return ++read < limit;
                     }));
  }
  std::vector<storage::v1::DeadLetter> list;
  for (auto& [id, letter] : letters) {
    if (list.size() == limit) break;
    list.push_back(std::move(letter));
  }
  return list;
}

absl::StatusOr<std::optional<std::string>> KvEventLog::FindLetter(
    uint64_t id) const {
  {
    absl::MutexLock lock(&mu_);
    for (const PendingDeadLetter& pending : book_.pending_dead_letters()) {
      if (pending.id == id) return pending.serialized;
    }
  }
  // What a failed write did to the store does not count.
  if (id >= unwritten_dead_letter_id_) return std::nullopt;
  const auto restored = letters_to_restore_.find(id);
  if (restored != letters_to_restore_.end()) return restored->second;
  return store_->Get(Table::kDeadLetters, format::NumberKey(id));
}

absl::Status KvEventLog::PlanDeletion(absl::Span<const uint64_t> ids,
                                      bool must_exist,
                                      uint64_t DeadLetterDelta::*reason,
                                      LetterChanges* changes) const {
  std::vector<uint64_t> wanted(ids.begin(), ids.end());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const uint64_t id : wanted) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<std::string> letter, FindLetter(id));
    if (!letter.has_value()) {
      if (!must_exist) continue;
      return absl::NotFoundError(absl::StrCat("there is no dead letter ", id));
    }
    changes->deleted.push_back(id);
    ++(changes->delta.*reason);
    changes->delta.bytes -= static_cast<int64_t>(letter->size());
    changes->before.push_back({id, *std::move(letter)});
  }
  return absl::OkStatus();
}

absl::Status KvEventLog::PlanEdits(
    absl::Span<const storage::v1::DeadLetter> edited,
    LetterChanges* changes) const {
  for (const storage::v1::DeadLetter& letter : edited) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<std::string> before,
                            FindLetter(letter.id()));
    if (!before.has_value() || Holds(changes->before, letter.id())) {
      return absl::NotFoundError(
          absl::StrCat("there is no dead letter ", letter.id()));
    }
    PendingDeadLetter after{letter.id(), letter.SerializeAsString()};
    changes->delta.bytes += static_cast<int64_t>(after.serialized.size()) -
                            static_cast<int64_t>(before->size());
    changes->before.push_back({letter.id(), *std::move(before)});
    changes->edited.push_back(std::move(after));
  }
  return absl::OkStatus();
}

bool KvEventLog::LettersOverLimits() const {
  if (options_.dead_letter_max_age > absl::ZeroDuration() &&
      clock_->Now() >= next_letter_check_) {
    return true;
  }
  absl::MutexLock lock(&mu_);
  return options_.dead_letter_max_bytes > 0 &&
         book_.dead_letter_bytes() > options_.dead_letter_max_bytes;
}

void KvEventLog::PlanLimits(const Additions& additions,
                            LetterChanges* changes) const {
  uint64_t brought = 0;
  for (const auto& letter : additions.dead_letters) {
    brought += letter.ByteSizeLong();
  }
  int64_t over = 0;
  if (options_.dead_letter_max_bytes > 0) {
    absl::MutexLock lock(&mu_);
    over = static_cast<int64_t>(book_.dead_letter_bytes() + brought) +
           changes->delta.bytes -
           static_cast<int64_t>(options_.dead_letter_max_bytes);
  }
  const absl::Time now = clock_->Now();
  absl::Time oldest_kept = absl::InfinitePast();
  if (options_.dead_letter_max_age > absl::ZeroDuration() &&
      now >= next_letter_check_) {
    oldest_kept = now - options_.dead_letter_max_age;
  }
  if (over <= 0 && oldest_kept == absl::InfinitePast()) return;

  // Those that this write changes anyhow; few.
  std::vector<uint64_t> changed;
  for (const auto& letter : changes->before) changed.push_back(letter.id);
  const uint64_t most = kMaxDroppedBytes + brought;
  uint64_t dropped = 0;
  changes->next_check = now + options_.dead_letter_max_age;
  // Those that no write has reached yet have to wait for the next.
  const absl::Status status = store_->Scan(
      Table::kDeadLetters,
      ScanRange::Between(format::NumberKey(letter_floor_),
                         std::string(format::AfterAllNumberKeys())),
      [&](std::string_view key, std::string_view value) {
        const auto id = format::ParseNumberKey(key);
        if (!id.has_value() ||
            std::find(changed.begin(), changed.end(), *id) != changed.end())
          return true;
        changes->floor = *id;
        const absl::Time death = DeathOf(value);
        const bool goes = over > 0 || death <= oldest_kept;
        if (!goes || dropped >= most) {
          changes->next_check =
              goes ? now : death + options_.dead_letter_max_age;
          return false;
        }
        over -= static_cast<int64_t>(value.size());
        dropped += value.size();
        ++changes->delta.dropped;
        changes->delta.bytes -= static_cast<int64_t>(value.size());
        changes->deleted.push_back(*id);
        changes->before.push_back({*id, std::string(value)});
        return true;
      });
  if (!status.ok()) {
    LOG_EVERY_N(WARNING, 1000)
        << "looking for the oldest dead letters: " << status;
  }
}

void KvEventLog::PrepareDeadLetters(Additions& additions, WriteSet& set) {
  for (const auto& [id, letter] : letters_to_restore_) {
    set.PutView(Table::kDeadLetters, format::NumberKey(id), letter);
  }
  additions.pending_dead_letters = book_.pending_dead_letters().size();
  for (const PendingDeadLetter& letter : book_.pending_dead_letters()) {
    set.PutView(Table::kDeadLetters, format::NumberKey(letter.id),
                letter.serialized);
  }
  DeadLetterDelta& delta = additions.letters_delta;
  delta = additions.letters.delta;
  for (const storage::v1::DeadLetter& letter : additions.dead_letters) {
    additions.new_dead_letters.push_back(book_.MakeDeadLetter(letter));
  }
  for (const PendingDeadLetter& letter : additions.new_dead_letters) {
    set.PutView(Table::kDeadLetters, format::NumberKey(letter.id),
                letter.serialized);
    ++delta.made;
    delta.bytes += static_cast<int64_t>(letter.serialized.size());
  }
  for (const PendingDeadLetter& letter : additions.letters.edited) {
    set.PutView(Table::kDeadLetters, format::NumberKey(letter.id),
                letter.serialized);
  }
  for (const uint64_t id : additions.letters.deleted) {
    set.Delete(Table::kDeadLetters, format::NumberKey(id));
  }
  additions.next_dead_letter_id = book_.next_dead_letter_id();
}

void KvEventLog::SettleLetters(const Additions& additions, bool written) {
  const LetterChanges& changes = additions.letters;
  if (!written) {
    // A crash may yet make that write true. The next one undoes it; of several
    // that failed, the first has seen what is stored.
    for (const PendingDeadLetter& letter : changes.before) {
      letters_to_restore_.emplace(letter.id, letter.serialized);
    }
    return;
  }
  letters_to_restore_.clear();
  if (changes.floor.has_value()) letter_floor_ = *changes.floor;
  if (changes.next_check.has_value()) next_letter_check_ = *changes.next_check;
  if (changes.delta.dropped > 0) {
    LOG(WARNING) << "dead letters are over their limits: the oldest "
                 << changes.delta.dropped << " were removed";
  }
}

absl::Status KvEventLog::DeleteDeadLetters(absl::Span<const uint64_t> ids) {
  absl::MutexLock writer(&writer_mu_);
  Additions additions;
  SLUICE_RETURN_IF_ERROR(PlanDeletion(
      ids, /*must_exist=*/false, &DeadLetterDelta::purged, &additions.letters));
  if (additions.letters.deleted.empty()) return absl::OkStatus();
  {
    absl::MutexLock lock(&mu_);
    additions.start = book_.start();
  }
  return WriteOut(additions, Durability::kBuffered);
}

}  // namespace sluice
