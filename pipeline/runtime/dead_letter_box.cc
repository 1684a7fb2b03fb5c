#include "pipeline/runtime/dead_letter_box.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/runtime/dead_letter.h"
#include "pipeline/runtime/dead_letter_edit.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

// Letters read at a time; each may hold a MiB and more.
constexpr size_t kLettersPerRead = 32;

// What one write puts back.
constexpr size_t kMaxEventsPerWrite = 500;
constexpr size_t kMaxBytesPerWrite = size_t{2} << 20;

// Ids deleted in one write.
constexpr size_t kMaxPurgedPerWrite = 500;

template <typename T>
bool EmptyOrHolds(const std::vector<T>& all, const T& one) {
  return all.empty() || std::find(all.begin(), all.end(), one) != all.end();
}

bool HasEventId(const storage::v1::DeadLetter& letter,
                std::string_view event_id) {
  if (!letter.has_event()) return false;
  const absl::StatusOr<EventView> event = EventView::Parse(letter.event());
  return event.ok() && event->id() == event_id;
}

// The sinks of a log, as its cursors tell.
class KnownSinks {
 public:
  explicit KnownSinks(const EventLog& log) {
    for (const CursorInfo& cursor : log.Cursors()) {
      (cursor.state.parked() ? parked_ : in_use_).push_back(cursor.name);
    }
  }

  absl::Status Check(const std::string& sink) const {
    if (Holds(in_use_, sink)) return absl::OkStatus();
    if (Holds(parked_, sink)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "sink \"", sink, "\" is not configured any more; sinks in use: ",
          absl::StrJoin(in_use_, ", ")));
    }
    return absl::NotFoundError(
        absl::StrCat("the pipeline has no sink \"", sink,
                     "\"; sinks in use: ", absl::StrJoin(in_use_, ", ")));
  }

  // Where a letter goes by itself.
  absl::StatusOr<std::vector<std::string>> Home(
      const storage::v1::DeadLetter& letter) const {
    if (Holds(in_use_, letter.component()) ||
        Holds(parked_, letter.component())) {
      SLUICE_RETURN_IF_ERROR(Check(letter.component()));
      return std::vector<std::string>{letter.component()};
    }
    if (in_use_.empty()) {
      return absl::FailedPreconditionError("the pipeline has no sink in use");
    }
    return in_use_;
  }

 private:
  static bool Holds(const std::vector<std::string>& names,
                    const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  std::vector<std::string> in_use_;
  std::vector<std::string> parked_;
};

// Gathers letters that go to the same sinks, and puts them back together.
class Redriver {
 public:
  Redriver(EventLog* log, const Clock* clock, bool dry_run,
           RedriveReport* report)
      : log_(log), clock_(clock), dry_run_(dry_run), report_(*report) {}

  absl::Status Take(const storage::v1::DeadLetter& letter,
                    const std::vector<std::string>& sinks) {
    const absl::StatusOr<std::string> event =
        ReviveEvent(letter, sinks, clock_->Now());
    if (!event.ok()) {
      Refuse(letter, event.status());
      return absl::OkStatus();
    }
    Group& group = groups_[sinks];
    group.ids.push_back(letter.id());
    group.events.AddWire(*event);
    if (group.ids.size() < kMaxEventsPerWrite &&
        group.events.wire_size() < kMaxBytesPerWrite) {
      return absl::OkStatus();
    }
    return Write(sinks, group);
  }

  void Refuse(const storage::v1::DeadLetter& letter,
              const absl::Status& status) {
    ++report_.refused;
    if (report_.refusals.size() >= kMaxRefusalsTold) return;
    report_.refusals.emplace_back(letter.id(), std::string(status.message()));
  }

  absl::Status Finish() {
    for (auto& [sinks, group] : groups_) {
      SLUICE_RETURN_IF_ERROR(Write(sinks, group));
    }
    return absl::OkStatus();
  }

 private:
  struct Group {
    std::vector<uint64_t> ids;
    EventBatchBuilder events;
  };

  absl::Status Write(const std::vector<std::string>& sinks, Group& group) {
    if (group.ids.empty()) return absl::OkStatus();
    AppendRequest request;
    request.batches.push_back(group.events.Build());
    request.only_cursors = sinks;
    request.redriven_dead_letters = std::exchange(group.ids, {});
    const uint64_t count = request.redriven_dead_letters.size();
    if (!dry_run_) {
      SLUICE_RETURN_IF_ERROR(
          log_->Append(request, Durability::kDurable).status());
    }
    report_.redriven += count;
    for (const std::string& sink : sinks) report_.by_sink[sink] += count;
    return absl::OkStatus();
  }

  EventLog* const log_;
  const Clock* const clock_;
  const bool dry_run_;
  RedriveReport& report_;
  std::map<std::vector<std::string>, Group> groups_;
};

}  // namespace

bool DeadLetterFilter::Matches(const storage::v1::DeadLetter& letter) const {
  const absl::Time died = absl::FromUnixNanos(letter.dead_unix_nanos());
  return from_id <= letter.id() && letter.id() < end_id &&
         EmptyOrHolds(ids, letter.id()) &&
         EmptyOrHolds(components, letter.component()) &&
         EmptyOrHolds(reasons, letter.reason()) && from <= died && died < to &&
         (event_id.empty() || HasEventId(letter, event_id));
}

bool DeadLetterFilter::empty() const {
  return ids.empty() && components.empty() && reasons.empty() &&
         from == absl::InfinitePast() && to == absl::InfiniteFuture() &&
         event_id.empty();
}

absl::StatusOr<DeadLetterPage> DeadLetterBox::List(
    const DeadLetterFilter& filter, uint64_t from_id, size_t limit) const {
  DeadLetterPage page;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<storage::v1::DeadLetter> letters,
                            log_->ListDeadLetters(from_id, kLettersPerRead));
    for (storage::v1::DeadLetter& letter : letters) {
      from_id = letter.id() + 1;
      if (!filter.Matches(letter)) continue;
      if (page.letters.size() == limit) {
        page.next_id = letter.id();
        return page;
      }
      page.letters.push_back(std::move(letter));
    }
    if (letters.size() < kLettersPerRead) return page;
  }
}

absl::StatusOr<storage::v1::DeadLetter> DeadLetterBox::Get(uint64_t id) const {
  SLUICE_ASSIGN_OR_RETURN(std::vector<storage::v1::DeadLetter> letters,
                          log_->ListDeadLetters(id, 1));
  if (letters.empty() || letters[0].id() != id) {
    return absl::NotFoundError(absl::StrCat("there is no dead letter ", id));
  }
  return std::move(letters[0]);
}

absl::Status DeadLetterBox::ForEach(
    const DeadLetterFilter& filter,
    absl::FunctionRef<absl::Status(const storage::v1::DeadLetter&)> visit)
    const {
  const uint64_t end =
      std::min(filter.end_id, log_->stats().next_dead_letter_id);
  for (uint64_t from_id = filter.from_id; from_id < end;) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<storage::v1::DeadLetter> letters,
                            log_->ListDeadLetters(from_id, kLettersPerRead));
    for (const storage::v1::DeadLetter& letter : letters) {
      from_id = letter.id() + 1;
      if (letter.id() >= end) return absl::OkStatus();
      if (filter.Matches(letter)) SLUICE_RETURN_IF_ERROR(visit(letter));
    }
    if (letters.size() < kLettersPerRead) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<RedriveReport> DeadLetterBox::Redrive(
    const DeadLetterFilter& filter, const std::vector<std::string>& sinks,
    bool dry_run) {
  const KnownSinks known(*log_);
  std::vector<std::string> targets = sinks;
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  for (const std::string& sink : targets) {
    SLUICE_RETURN_IF_ERROR(known.Check(sink));
  }
  RedriveReport report;
  Redriver redriver(log_, clock_, dry_run, &report);
  SLUICE_RETURN_IF_ERROR(
      ForEach(filter, [&](const storage::v1::DeadLetter& letter) {
        if (!targets.empty()) return redriver.Take(letter, targets);
        const auto home = known.Home(letter);
        if (home.ok()) return redriver.Take(letter, *home);
        redriver.Refuse(letter, home.status());
        return absl::OkStatus();
      }));
  SLUICE_RETURN_IF_ERROR(redriver.Finish());
  return report;
}

absl::StatusOr<storage::v1::DeadLetter> DeadLetterBox::Edit(
    uint64_t id, const DeadLetterEdit& edit) {
  SLUICE_ASSIGN_OR_RETURN(storage::v1::DeadLetter letter, Get(id));
  SLUICE_RETURN_IF_ERROR(ApplyEdit(edit, clock_->Now(), &letter));
  AppendRequest request;
  request.edited_dead_letters.push_back(letter);
  SLUICE_RETURN_IF_ERROR(log_->Append(request, Durability::kDurable).status());
  return letter;
}

absl::StatusOr<uint64_t> DeadLetterBox::Purge(const DeadLetterFilter& filter,
                                              bool dry_run) {
  uint64_t purged = 0;
  std::vector<uint64_t> ids;
  const auto write = [&] {
    purged += ids.size();
    const std::vector<uint64_t> going = std::exchange(ids, {});
    return dry_run || going.empty() ? absl::OkStatus()
                                    : log_->DeleteDeadLetters(going);
  };
  SLUICE_RETURN_IF_ERROR(
      ForEach(filter, [&](const storage::v1::DeadLetter& letter) {
        ids.push_back(letter.id());
        return ids.size() < kMaxPurgedPerWrite ? absl::OkStatus() : write();
      }));
  SLUICE_RETURN_IF_ERROR(write());
  if (!dry_run) SLUICE_RETURN_IF_ERROR(log_->Flush(Durability::kDurable));
  return purged;
}

}  // namespace sluice
