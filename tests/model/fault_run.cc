#include "tests/model/fault_run.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/kv/damage.h"
#include "tests/damage/file_fault.h"
#include "tests/model/damage_trial.h"
#include "tests/model/event_data.h"

namespace sluice {
namespace {

constexpr int kSteps = 50;
constexpr int kStepsBeforeDamage = 10;
constexpr int kDamages = 2;
constexpr uint64_t kMaxBytes = uint64_t{1} << 20;
constexpr absl::Duration kDedupeWindow = absl::Hours(1);

// Small, so that memory goes to files, files are dropped, and the log is full,
// all within a run.
RocksDbLogOptions SmallLog(uint64_t seed) {
  RocksDbLogOptions options;
  options.log.max_bytes = kMaxBytes;
  options.log.dedupe_window = kDedupeWindow;
  options.log.tail_bytes = seed % 3 == 0 ? 0 : (seed % 3 == 1 ? 3000 : 1 << 20);
  options.memtable_bytes = 64 << 10;
  options.resources = RocksDbLogResources::Make(8 << 20);
  return options;
}

std::string CodeOf(const absl::Status& status) {
  return status.ok() ? "ok" : absl::StatusCodeToString(status.code());
}

}  // namespace

void FaultRunCounts::Add(const FaultRunCounts& other) {
  steps += other.steps;
  writes += other.writes;
  failed_writes += other.failed_writes;
  full += other.full;
  opens += other.opens;
  failed_opens += other.failed_opens;
  reopens += other.reopens;
  kills += other.kills;
  power_losses += other.power_losses;
  went_back += other.went_back;
  failed_write_survived += other.failed_write_survived;
  faults += other.faults;
  damages += other.damages;
  damages_told += other.damages_told;
  events_lost += other.events_lost;
}

std::string FaultRunCounts::ToString() const {
  return absl::StrCat(
      steps, " steps, ", writes, " writes, ", failed_writes, " failed, ", full,
      " refused by a full log, ", opens, " openings, ", failed_opens,
      " failed, ", reopens, " reopened, ", kills, " killed, ", power_losses,
      " losses of power, ", went_back, " went back, ", failed_write_survived,
      " failed writes survived, ", faults, " faults of the disk, ", damages,
      " files damaged, ", damages_told, " of them told, ", events_lost,
      " events lost by it");
}

FaultRun::FaultRun(uint64_t seed, bool verbose)
    : seed_(seed),
      verbose_(verbose),
      random_(seed),
      log_(seed, SmallLog(seed), &clock_) {
  // Writing and checking them takes half of the time to open a log.
  log_.disk().set_refused("/OPTIONS-");
  versions_.push_back({EventLogModel(), true});
}

void FaultRun::Note(const std::string& line) {
  absl::StrAppend(&trace_, line, "\n");
  if (verbose_) std::cout << line << std::endl;
}

std::string FaultRun::Run() {
  OpenAgain({versions_.back()}, "first opening");
  for (int i = 0; i < kSteps && failure_.empty(); ++i) {
    ++counts_.steps;
    Step();
    if (!failure_.empty()) break;
    if (broken_) Reopen();
    if (failure_.empty()) Check();
  }
  if (failure_.empty()) DamageCopies();
  counts_.faults = log_.disk().faults();
  if (failure_.empty()) return "";
  return absl::StrCat("seed ", seed_, ", after ", counts_.steps,
                      " steps: ", failure_);
}

void FaultRun::Step() {
  clock_.Advance(absl::Seconds(Below(200)));
  switch (Below(24)) {
    case 0:
    case 1:
      return OpenCursor();
    case 2:
      return ParkCursor();
    case 3:
      return Trim();
    case 4:
    case 5:
      return Flush(RandomDurability());
    case 6:
      return DeleteDeadLetters();
    case 7:
      return OneIn(2) ? Reopen() : Flush(RandomDurability());
    case 8:
      return Crash(/*power=*/false);
    case 9:
      return Crash(/*power=*/true);
    case 10:
    case 11:
      return ChangeFaults();
    case 12:
      return RewindCursor();
    case 13:
      return OneIn(2) ? RemoveCursor() : RewindCursor();
    case 14:
    case 15:
    case 16:
    case 17:
      return Commit();
    default:
      return Append();
  }
}

std::string FaultRun::RandomCursor() { return absl::StrCat("out", Below(3)); }

storage::v1::DeadLetter FaultRun::NewDeadLetter() {
  storage::v1::DeadLetter letter;
  letter.set_message(absl::StrCat("letter ", next_letter_++));
  return letter;
}

Durability FaultRun::RandomDurability() {
  return OneIn(3) ? Durability::kDurable : Durability::kBuffered;
}

// ---- Steps that write ----

void FaultRun::Written(const absl::Status& status, EventLogModel attempted,
                       Durability durability) {
  log_.Settle();
  if (!absl::IsResourceExhausted(status)) attempted.RemoveBelow(failed_first_);
  if (status.ok()) {
    ++counts_.writes;
    failed_first_ = 1;
    if (trim_waits_) attempted.RemoveBelow(log_.log().stats().first_sequence);
    trim_waits_ = false;
    deletion_failed_ = false;
    live_ = std::move(attempted);
    if (durability == Durability::kDurable) versions_.clear();
    versions_.push_back({live_, true});
    return;
  }
  if (absl::IsResourceExhausted(status)) {
    ++counts_.full;
    return;
  }
  ++counts_.failed_writes;
  broken_ = absl::IsDataLoss(status);
  if (!broken_ && !absl::IsUnavailable(status)) {
    failure_ = absl::StrCat("an error of the wrong kind: ", status.ToString());
  } else if (!broken_ && !faulty_) {
    failure_ = absl::StrCat("a good disk refused: ", status.ToString());
  }
  failed_first_ = attempted.first;
  // It may turn up, however far it went to make room.
  const std::deque<ModelBatch> batches = attempted.batches;
  versions_.push_back({std::move(attempted), false});
  if (!trim_waits_) return;
  for (const ModelBatch& batch : batches) {
    versions_.push_back({versions_.back().model, false});
    versions_.back().model.RemoveBelow(batch.end());
  }
}

void FaultRun::Append() {
  AppendRequest request;
  EventLogModel after = live_;
  after.RemoveBelow(after.Horizon());
  const Sequence expected = after.next;
  if (OneIn(5)) {
    for (const auto& [name, cursor] : after.cursors) {
      if (OneIn(2)) request.only_cursors.push_back(name);
    }
  }
  for (uint64_t batches = Below(4); batches > 0; --batches) {
    std::vector<std::string> ids;
    EventBatchBuilder builder;
    for (uint64_t events = 1 + Below(6); events > 0; --events) {
      ids.push_back(absl::StrCat(seed_, "-", next_event_++));
      const std::string data = EventData(ids.back());
      EventFields fields;
      fields.id = ids.back();
      fields.data = data;
      builder.Add(fields);
    }
    after.AddBatch(std::move(ids), request.only_cursors);
    request.batches.push_back(builder.Build());
  }
  for (uint64_t sources = Below(3); sources > 0; --sources) {
    SourceUpdate update;
    update.name = absl::StrCat("in", Below(2));
    update.added.set_received(7);
    ModelSource& source = after.sources[update.name];
    source.received += 7;
    if (OneIn(2)) {
      update.checkpoint = absl::StrCat("checkpoint ", next_event_);
      source.checkpoint = update.checkpoint;
    }
    request.sources.push_back(std::move(update));
  }
  if (OneIn(4)) {
    request.dead_letters.push_back(NewDeadLetter());
    after.dead_letters.push_back(request.dead_letters.back().message());
  }
  const int64_t last =
      live_.dedupe.empty() ? 0 : live_.dedupe.back().unix_nanos;
  const int64_t nanos = std::max(absl::ToUnixNanos(clock_.Now()), last + 1);
  for (uint64_t keys = Below(4); keys > 0; --keys) {
    request.dedupe_keys.push_back({7, random_()});
    after.dedupe.push_back({nanos, request.dedupe_keys.back()});
  }
  const Durability durability = RandomDurability();
  const bool appends = !request.batches.empty();
  const auto result = log_.log().Append(std::move(request), durability);
  Note(absl::StrCat(
      "append ", after.next - expected, " events at ", expected,
      durability == Durability::kDurable ? ", durable: " : ", buffered: ",
      CodeOf(result.status())));
  if (result.ok() && appends && result->first_sequence != expected) {
    failure_ = absl::StrCat("appended at ", result->first_sequence,
                            ", should be at ", expected);
  }
  Written(result.status(), std::move(after), durability);
}

void FaultRun::Flush(Durability durability) {
  EventLogModel after = live_;
  after.RemoveBelow(after.Horizon());
  const absl::Status status = log_.log().Flush(durability);
  Note(absl::StrCat(
      durability == Durability::kDurable ? "flush, durable: " : "flush: ",
      CodeOf(status)));
  Written(status, std::move(after), durability);
}

// How many bytes records take is the log's own affair, so the model follows.
void FaultRun::Trim() {
  const uint64_t used = log_.log().stats().stored_bytes;
  const uint64_t bytes = kMaxBytes - std::min(kMaxBytes, used / (1 + Below(3)));
  const auto removed = log_.log().TrimOldest(bytes);
  Note(absl::StrCat("trim for ", bytes, " bytes: ", CodeOf(removed.status()),
                    ", ", removed.value_or(0), " events"));
  if (removed.ok()) {
    if (*removed == 0) return;
    EventLogModel after = live_;
    const Sequence first = log_.log().stats().first_sequence;
    after.RemoveBelow(first);
    if (after.first != first || first != live_.first + *removed) {
      failure_ = absl::StrCat("a trim left the log beginning at ", first);
    }
    return Written(absl::OkStatus(), std::move(after), Durability::kBuffered);
  }
  trim_waits_ = true;
  Written(removed.status(), live_, Durability::kBuffered);
}

void FaultRun::OpenCursor() {
  const std::string name = RandomCursor();
  const bool from_start = OneIn(2);
  EventLogModel after = live_;
  const auto known = after.cursors.find(name);
  const bool writes = known == after.cursors.end() || known->second.parked;
  after.OpenCursor(name, from_start);
  const auto info = log_.log().OpenCursor(name, from_start);
  Note(absl::StrCat("open cursor ", name, from_start ? " from the start" : "",
                    ": ", CodeOf(info.status())));
  if (!writes && info.ok()) return;
  Written(info.status(), std::move(after), Durability::kDurable);
}

void FaultRun::ParkCursor() {
  const std::string name = RandomCursor();
  EventLogModel after = live_;
  const auto cursor = after.cursors.find(name);
  const absl::Status status = log_.log().ParkCursor(name);
  Note(absl::StrCat("park cursor ", name, ": ", CodeOf(status)));
  if (cursor == after.cursors.end()) {
    if (!absl::IsNotFound(status)) failure_ = "parked a cursor that is not";
    return;
  }
  if (cursor->second.parked) return;
  cursor->second.parked = true;
  Written(status, std::move(after), Durability::kBuffered);
}

void FaultRun::RewindCursor() {
  const std::string name = RandomCursor();
  // How far a trim that failed went is the log's own affair.
  if (!live_.cursors.contains(name) || trim_waits_) return;
  const Sequence to = 1 + Below(live_.next);
  EventLogModel after = live_;
  after.Rewind(name, std::max({to, live_.first, failed_first_}));
  const absl::Status status = log_.log().RewindCursor(name, to).status();
  Note(absl::StrCat("rewind cursor ", name, " to ", to, ": ", CodeOf(status)));
  Written(status, std::move(after), Durability::kDurable);
}

void FaultRun::RemoveCursor() {
  const std::string name = RandomCursor();
  EventLogModel after = live_;
  const auto cursor = after.cursors.find(name);
  const absl::Status status = log_.log().RemoveCursor(name);
  Note(absl::StrCat("remove cursor ", name, ": ", CodeOf(status)));
  if (cursor == after.cursors.end() || !cursor->second.parked) {
    if (status.ok()) failure_ = "removed a cursor that is not, or is in use";
    return;
  }
  after.cursors.erase(cursor);
  Written(status, std::move(after), Durability::kDurable);
}

void FaultRun::DeleteDeadLetters() {
  const auto letters = log_.log().ListDeadLetters(0, 1'000'000);
  if (!letters.ok()) {
    failure_ = letters.status().ToString();
    return;
  }
  EventLogModel after = live_;
  std::vector<uint64_t> ids = {uint64_t{1} << 60};  // And one that is not.
  for (const storage::v1::DeadLetter& letter : *letters) {
    if (!OneIn(3)) continue;
    ids.push_back(letter.id());
    std::erase(after.dead_letters, letter.message());
  }
  const bool any = ids.size() > 1;
  const absl::Status status = log_.log().DeleteDeadLetters(ids);
  Note(absl::StrCat("delete ", ids.size() - 1,
                    " dead letters: ", CodeOf(status)));
  if (!any && status.ok()) return;
  Written(status, std::move(after), Durability::kBuffered);
  if (!status.ok()) deletion_failed_ = true;
}

// ---- Steps that do not ----

void FaultRun::Commit() {
  const std::string name = RandomCursor();
  if (!live_.cursors.contains(name) || live_.next == 1) return;
  CursorCommit commit;
  commit.cursor = name;
  for (uint64_t ranges = 1 + Below(3); ranges > 0; --ranges) {
    CompletedRange range;
    range.first = OneIn(2)
                      ? std::min(live_.cursors[name].next(), live_.next - 1)
                      : 1 + Below(live_.next - 1);
    range.last = std::min(range.first + Below(40), live_.next - 1);
    range.completion = static_cast<Completion>(Below(5));
    live_.Complete(name, range);
    commit.completed.push_back(range);
  }
  if (OneIn(4)) {
    commit.dead_letters.push_back(NewDeadLetter());
    live_.dead_letters.push_back(commit.dead_letters.back().message());
  }
  const absl::Status status = log_.log().Commit(std::move(commit));
  Note(absl::StrCat("commit ", name, ": ", CodeOf(status)));
  if (!status.ok()) failure_ = absl::StrCat("commit: ", status.ToString());
}

void FaultRun::ChangeFaults() {
  if (faulty_) {
    log_.disk().set_odds({});
    log_.disk().set_quota(uint64_t{1} << 40);
    faulty_ = false;
    Note("the disk is good");
    return;
  }
  faulty_ = true;
  if (OneIn(2)) {
    const uint64_t room = Below(300'000);
    log_.disk().set_quota(log_.disk().used() + room);
    Note(absl::StrCat("the disk has room for ", room, " bytes"));
    return;
  }
  DiskOdds odds;
  const double part = 1.0 / static_cast<double>(2 + Below(20));
  if (OneIn(2)) odds.sync = part;
  if (OneIn(2)) odds.append = part;
  if (OneIn(3)) odds.open = part;
  if (OneIn(3)) odds.names = part;
  log_.disk().set_odds(odds);
  Note(absl::StrCat("of the disk fail: ", odds.sync, " of syncs, ", odds.append,
                    " of writes, ", odds.open, " of openings, ", odds.names,
                    " of names"));
}

// ---- Crashes ----

std::vector<FaultRun::Version> FaultRun::AfterKill() const {
  size_t last = versions_.size() - 1;
  while (!versions_[last].acknowledged) --last;
  return {versions_.begin() + static_cast<ptrdiff_t>(last), versions_.end()};
}

void FaultRun::Reopen() {
  ++counts_.reopens;
  log_.Close();
  OpenAgain(AfterKill(), "reopened");
}

void FaultRun::Crash(bool power) {
  if (!power) {
    ++counts_.kills;
    log_.Kill();
    return OpenAgain(AfterKill(), "killed");
  }
  ++counts_.power_losses;
  log_.LosePower();
  // What a disk that stays at fault does to openings is tried with the others.
  std::vector<Version> candidates = std::move(versions_);
  versions_.clear();
  OpenAgain(std::move(candidates), "lost power");
}

void FaultRun::OpenAgain(std::vector<Version> candidates, const char* why) {
  broken_ = false;
  trim_waits_ = false;
  failed_first_ = 1;
  deletion_failed_ = false;
  const DiskFiles files = verbose_ ? FilesOf(log_.disk()) : DiskFiles();
  absl::Status status;
  while (true) {
    ++counts_.opens;
    status = log_.Open();
    if (status.ok() || !faulty_) break;
    ++counts_.failed_opens;
    if (OneIn(2)) ChangeFaults();
  }
  if (!status.ok()) {
    failure_ = absl::StrCat(
        why, ", and a good disk does not open: ", status.ToString());
    return;
  }
  for (const Damage& damage : log_.log().damage()) {
    failure_ = absl::StrCat(why, ", which is not damage: ", damage.ToString());
    KeepFiles(files, "opened");
    return;
  }
  const absl::Time oldest = clock_.Now() - kDedupeWindow;
  std::string differences;
  for (size_t i = candidates.size(); i > 0; --i) {
    const Version& version = candidates[i - 1];
    const std::string difference =
        FindDifference(version.model, log_.log(), 1, oldest);
    if (difference.empty()) {
      Note(absl::StrCat(why, ": as at ", i, " of ", candidates.size()));
      if (!version.acknowledged) ++counts_.failed_write_survived;
      if (i < candidates.size()) ++counts_.went_back;
      live_ = version.model;
      versions_.push_back({live_, true});
      return;
    }
    absl::StrAppend(
        &differences, "\n  as at ", i, " of ", candidates.size(),
        version.acknowledged ? " (acknowledged): " : " (failed): ", difference);
  }
  failure_ = absl::StrCat(why, ", and is as it never was:", differences);
}

// Copies of the log as it is now, each with one file damaged.
void FaultRun::DamageCopies() {
  if (faulty_) ChangeFaults();
  Reopen();
  // What has just been written is in the write-ahead log.
  for (int i = 0; i < kStepsBeforeDamage && failure_.empty(); ++i) {
    OneIn(3) ? Commit() : Append();
  }
  if (failure_.empty()) Flush(Durability::kDurable);
  if (failure_.empty()) Check();
  if (!failure_.empty()) return;
  log_.Settle();
  const DiskFiles files = FilesOf(log_.disk());
  for (int i = 0; i < kDamages && failure_.empty(); ++i) {
    const DamageTrial trial =
        TryDamage(live_, files, SmallLog(seed_), &clock_, random_);
    ++counts_.damages;
    if (trial.told) ++counts_.damages_told;
    counts_.events_lost += trial.lost;
    Note(absl::StrCat(trial.fault.ToString(), ": ", trial.lost,
                      " events are lost"));
    if (trial.failure.empty()) continue;
    failure_ = absl::StrCat(trial.fault.ToString(), ": ", trial.failure);
    KeepFiles(files, "whole");
    KeepFiles(trial.files, "damaged");
  }
}

// For a person, among the outputs of the test.
void FaultRun::KeepFiles(const DiskFiles& files, const char* name) const {
  const char* const folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (folder == nullptr || files.empty()) return;
  FaultDisk disk(0);
  for (const auto& [path, bytes] : files) disk.SetContent(path, bytes);
  const std::string kept = absl::StrCat(folder, "/seed-", seed_, "/", name);
  std::cout << kept << ": " << disk.SaveFolder(kFaultedLogPath, kept)
            << std::endl;
}

void FaultRun::Check() {
  // What a failed write took away may be gone already.
  if (trim_waits_ || deletion_failed_ || failed_first_ > live_.first) {
    return;
  }
  failure_ = FindDifference(live_, log_.log(), 1 + Below(live_.next + 2),
                            clock_.Now() - kDedupeWindow);
  if (!failure_.empty()) return;
  const auto batches = log_.log().Read(1 + Below(live_.next), 1);
  if (!batches.ok()) {
    failure_ = batches.status().ToString();
    return;
  }
  for (const LogBatch& batch : *batches) {
    for (size_t i = 0; i < batch.events->size(); ++i) {
      const EventView event = batch.events->event(i);
      if (event.data() == EventData(std::string(event.id()))) continue;
      failure_ = absl::StrCat("event ", batch.first_sequence + i,
                              " does not have its data");
    }
  }
}

}  // namespace sluice
