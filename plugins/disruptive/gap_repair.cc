#include "plugins/disruptive/gap_repair.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "plugins/disruptive/text.h"
#include "storage/base/rfc3339.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

// Held of one device's history at a time.
constexpr size_t kMaxWindowBytes = 8 << 20;

void Count(Counter* counter, uint64_t n = 1) {
  if (counter != nullptr) counter->Add(n);
}

}  // namespace

GapRepair::GapRepair(const Settings* settings, Executor* executor,
                     ApiClient* api, const ServerClock* clock,
                     DeviceTable* table, EventOutput* output, GapLedger* ledger,
                     Counters counters, absl::AnyInvocable<void()> on_change)
    : settings_(settings),
      executor_(executor),
      api_(api),
      clock_(clock),
      table_(table),
      output_(output),
      ledger_(ledger),
      counters_(counters),
      on_change_(std::move(on_change)),
      run_timer_(executor),
      cleanup_timer_(executor) {}

GapRepair::~GapRepair() = default;

void GapRepair::Open(GapRecord::Cause cause, absl::Time start, absl::Time end) {
  std::shared_ptr<GapRecord> record = ledger_->Add(cause, start, end);
  CheckAge(*record);
  Count(counters_.gaps);
  ++epoch_;
  gaps_.push_back({.epoch = epoch_, .record = std::move(record)});
  Changed();
}

void GapRepair::Resume(std::vector<std::shared_ptr<GapRecord>> gaps) {
  if (gaps.empty()) return;
  for (std::shared_ptr<GapRecord>& record : gaps) {
    // Devices are sorted anew; those that failed are not tried again.
    record->devices = record->failed_devices;
    CheckAge(*record);
    ++epoch_;
    gaps_.push_back(
        {.epoch = epoch_, .record = std::move(record), .resumed = true});
  }
  Changed();
}

void GapRepair::CheckAge(GapRecord& record) const {
  if (!record.reason.empty()) return;
  if (record.start >= clock_->Now() - settings_->history_max_age) return;
  record.reason =
      absl::StrCat("it begins before history does (",
                   absl::FormatDuration(settings_->history_max_age), " ago)");
}

void GapRepair::Pinged(absl::Time time) {
  bool ended = false;
  for (Gap& gap : gaps_) {
    if (gap.settled_at.has_value()) continue;
    gap.settled_at = executor_->MonotonicNow() + settings_->settle;
    if (!gap.resumed) gap.record->end = std::max(time, gap.record->start);
    ended = true;
  }
  if (!ended) return;
  ScheduleRun();
  Changed();
}

std::optional<absl::Time> GapRepair::open_from() const {
  std::optional<absl::Time> from;
  for (const Gap& gap : gaps_) {
    if (gap.classified || gap.record->sorted) continue;
    from = std::min(gap.record->start, from.value_or(gap.record->start));
  }
  return from;
}

std::string GapRepair::summary() const {
  std::string text;
  if (!gaps_.empty()) {
    text = absl::StrCat("closing the gap ", Stretch(*gaps_.front().record));
  }
  const uint64_t unclosed = ledger_->unclosed();
  if (unclosed > 0) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", unclosed,
                    unclosed == 1 ? " gap" : " gaps", " could not be closed");
    if (const GapRecord* last = ledger_->last_unclosed()) {
      absl::StrAppend(&text, ", the last ", Stretch(*last), ": ", last->reason);
    }
  }
  return text;
}

// --- Live events

void GapRepair::Live(const EventFields& event) {
  if (!MustHold(event.subject)) {
    output_->Add(event);
    return;
  }
  held_.Hold(event, epoch_);
  const auto job = jobs_.find(ToAbsl(event.subject));
  if (job != jobs_.end() && !job->second->urgent) {
    job->second->urgent = true;
    urgent_.push_back(job->first);
  }
  if (held_.bytes() > settings_->hold_bytes) ReleaseEarly();
  if (counters_.held_events != nullptr) {
    counters_.held_events->Set(static_cast<int64_t>(held_.size()));
  }
}

bool GapRepair::MustHold(std::string_view device) const {
  // What belongs to no device has no history.
  if (gaps_.empty() || device.empty()) return false;
  if (jobs_.contains(ToAbsl(device))) return true;
  if (cleared_epoch_ >= epoch_) return false;
  return run_ == nullptr || run_->epoch < epoch_ ||
         !run_->cleared.contains(ToAbsl(device));
}

void GapRepair::EmitHeld(std::string_view device, uint64_t epoch) {
  const EventBatchPtr batch = held_.Release(device, epoch);
  for (size_t i = 0; i < batch->size(); ++i) output_->Add(batch->event(i));
}

void GapRepair::ReleaseEarly() {
  LOG(WARNING) << "over " << settings_->hold_bytes
               << " bytes of live events wait for history; they go ahead of "
                  "it";
  Count(counters_.released_early, held_.size());
  for (const std::string& device : held_.devices()) EmitHeld(device, epoch_);
  output_->Flush();
}

// --- Which devices

void GapRepair::ScheduleRun() {
  if (run_ != nullptr) return;
  for (const Gap& gap : gaps_) {
    if (gap.classified || !gap.settled_at.has_value()) continue;
    run_timer_.Start(*gap.settled_at - executor_->MonotonicNow(),
                     [this] { StartRun(); });
    return;
  }
}

void GapRepair::StartRun() {
  run_ = std::make_unique<Run>();
  for (const Gap& gap : gaps_) {
    if (gap.classified || !gap.settled_at.has_value() ||
        *gap.settled_at > executor_->MonotonicNow()) {
      continue;
    }
    run_->epoch = gap.epoch;
    // The devices that are left of a sorted one are in the table.
    if (gap.record->sorted) continue;
    run_->from = std::min(run_->from, gap.record->start);
  }
  if (!HasHistory(*settings_)) {
    for (Gap& gap : gaps_) {
      if (gap.epoch <= run_->epoch) {
        gap.record->reason = "the service keeps no history of labelsChanged";
      }
    }
    return EndRun();
  }
  run_->listing = std::make_unique<DeviceListing>(
      settings_, api_, executor_,
      [this](std::vector<ListedDevice> devices) { OnListed(devices); },
      [this](absl::Status status) { OnListingDone(status); });
}

bool GapRepair::MayHaveSent(const ListedDevice& device) const {
  if (settings_->all_devices || jobs_.contains(device.id) ||
      table_->repair_from(device.id).has_value() ||
      !device.latest_report_unix_nanos.has_value()) {
    return true;
  }
  return absl::FromUnixNanos(*device.latest_report_unix_nanos) >=
         run_->from - settings_->overlap;
}

void GapRepair::OnListed(const std::vector<ListedDevice>& devices) {
  if (on_listed_) on_listed_(devices);
  for (const ListedDevice& device : devices) {
    if (!run_->listed.insert(device.id).second) continue;
    if (MayHaveSent(device)) {
      Enqueue(device.id, /*forget=*/false);
    } else {
      run_->cleared.insert(device.id);
      EmitHeld(device.id, run_->epoch);
    }
  }
  output_->Flush();
  Pump();
}

void GapRepair::Enqueue(const std::string& device, bool forget) {
  const absl::Time from =
      std::min(run_->from, table_->watermark(device).value_or(run_->from));
  table_->SetRepairFrom(device, from);
  std::unique_ptr<Job>& job = jobs_[device];
  if (job == nullptr) {
    job = std::make_unique<Job>();
    queue_.push_back(device);
  }
  job->forget = forget;
  if (job->state == Job::State::kFetching) {
    job->next_epoch = run_->epoch;
  } else {
    job->epoch = run_->epoch;
  }
  for (Gap& gap : gaps_) {
    if (gap.epoch > run_->epoch || gap.classified) continue;
    job->gaps.push_back(gap.epoch);
    ++gap.outstanding;
    ++gap.record->devices;
  }
}

void GapRepair::OnListingDone(const absl::Status& status) {
  if (!status.ok()) {
    for (Gap& gap : gaps_) {
      if (gap.epoch <= run_->epoch && !gap.classified) {
        gap.record->reason = absl::StrCat(
            "the list of devices could not be read: ", status.message());
      }
    }
  }
  for (const std::string& device : table_->ids()) {
    if (!run_->listed.contains(device)) Enqueue(device, status.ok());
  }
  EndRun();
}

void GapRepair::EndRun() {
  for (Gap& gap : gaps_) {
    if (gap.epoch <= run_->epoch) gap.classified = gap.record->sorted = true;
  }
  cleared_epoch_ = run_->epoch;
  ended_run_ = std::move(run_);
  for (const std::string& device : held_.devices()) {
    if (!jobs_.contains(device)) EmitHeld(device, cleared_epoch_);
  }
  FinishGaps();
  ScheduleRun();
  Pump();
  Changed();
  output_->CheckpointNow();
}

// --- Their history

std::string GapRepair::NextQueued() {
  for (std::deque<std::string>* queue : {&urgent_, &queue_}) {
    while (!queue->empty()) {
      std::string device = std::move(queue->front());
      queue->pop_front();
      const auto job = jobs_.find(device);
      if (job != jobs_.end() && job->second->state == Job::State::kQueued) {
        return device;
      }
    }
  }
  return "";
}

void GapRepair::Pump() {
  while (fetching_ < settings_->parallel) {
    const std::string device = NextQueued();
    if (device.empty()) return;
    StartJob(device, jobs_[device].get());
  }
}

absl::Time GapRepair::LatestEnd(uint64_t epoch) const {
  absl::Time end = absl::InfinitePast();
  for (const Gap& gap : gaps_) {
    if (gap.epoch <= epoch) end = std::max(end, gap.record->end);
  }
  return end;
}

void GapRepair::StartJob(const std::string& device, Job* job) {
  job->state = Job::State::kFetching;
  ++fetching_;
  const absl::Time now = clock_->Now();
  const absl::Time from =
      std::max(table_->repair_from(device).value_or(now) - settings_->overlap,
               now - settings_->history_max_age);
  // What is newer may not be all there yet; the stream has it.
  const absl::Time to = LatestEnd(job->epoch);
  job->fetch = std::make_unique<HistoryFetch>(
      settings_, api_, executor_, device, from, to, kMaxWindowBytes,
      [this, device](HistoryWindow window) {
        OnWindow(device, std::move(window));
      },
      [this, device](absl::Status status) { OnFetched(device, status); });
}

void GapRepair::CountRecovered(const EventView& event) {
  Count(counters_.backfilled);
  // The gap it fell into, or the first one after it.
  const std::shared_ptr<GapRecord>* into = nullptr;
  for (const Gap& gap : gaps_) {
    if (into == nullptr || gap.record->start <= event.time()) {
      into = &gap.record;
    }
  }
  if (into != nullptr) ledger_->CountRecovered(**into);
}

void GapRepair::OnWindow(const std::string& device, HistoryWindow window) {
  // The live events that waited come last, or in between if they are late ones
  // with an older time. What both brought is the stream's.
  std::vector<EventView> events;
  std::set<std::string_view> from_stream;
  EventBatchPtr held;
  if (window.last) {
    held = held_.Release(device, jobs_[device]->epoch);
    for (size_t i = 0; i < held->size(); ++i) {
      from_stream.insert(held->event(i).id());
    }
  }
  for (const EventView& event : window.events) {
    if (!from_stream.contains(event.id())) events.push_back(event);
  }
  if (held != nullptr) {
    for (size_t i = 0; i < held->size(); ++i) events.push_back(held->event(i));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const EventView& a, const EventView& b) {
                     return a.time_unix_nanos() < b.time_unix_nanos();
                   });
  for (const EventView& event : events) {
    if (output_->Add(event) && !from_stream.contains(event.id())) {
      CountRecovered(event);
    }
  }
  for (MalformedInput& input : window.malformed) {
    output_->AddMalformedOnce(std::move(input));
  }
  output_->Flush();
}

void GapRepair::OnFetched(const std::string& device,
                          const absl::Status& status) {
  Job& job = *jobs_[device];
  if (!status.ok()) {
    FailGaps(job, device, status);
    if (absl::IsNotFound(status)) job.forget = true;
  }
  FinishJob(device);
  output_->Flush();
}

void GapRepair::FailGaps(const Job& job, const std::string& device,
                         const absl::Status& status) {
  LOG(ERROR) << "the history of device " << device
             << " cannot be read: " << status.message();
  for (Gap& gap : gaps_) {
    if (gap.epoch > job.epoch || std::find(job.gaps.begin(), job.gaps.end(),
                                           gap.epoch) == job.gaps.end()) {
      continue;
    }
    ++gap.record->failed_devices;
    gap.record->reason = absl::StrCat(
        "the history of ", gap.record->failed_devices,
        gap.record->failed_devices == 1 ? " device" : " devices",
        " could not be read (", device, ": ", status.message(), ")");
  }
}

void GapRepair::FinishJob(std::string device) {
  const auto it = jobs_.find(device);
  Job& job = *it->second;
  --fetching_;
  EmitHeld(device, job.epoch);
  for (Gap& gap : gaps_) {
    if (gap.epoch > job.epoch) continue;
    gap.outstanding -= static_cast<int>(std::erase(job.gaps, gap.epoch));
  }
  if (run_ != nullptr && job.epoch >= run_->epoch) run_->cleared.insert(device);
  ended_fetches_.push_back(std::move(job.fetch));
  cleanup_timer_.Start(absl::ZeroDuration(),
                       [this] { ended_fetches_.clear(); });
  if (job.next_epoch != 0) {
    job.epoch = std::exchange(job.next_epoch, 0);
    job.state = Job::State::kQueued;
    job.urgent = false;
    queue_.push_back(device);
  } else {
    const bool forget = job.forget;
    jobs_.erase(it);
    table_->ClearRepair(device);
    if (forget) table_->Forget(device);
  }
  FinishGaps();
  Pump();
}

void GapRepair::FinishGaps() {
  const size_t before = gaps_.size();
  for (Gap& gap : gaps_) {
    if (!gap.classified || gap.outstanding > 0) continue;
    GapRecord& record = *gap.record;
    ledger_->Finish(record);
    if (record.closed) {
      LOG(INFO) << "the gap " << Stretch(record)
                << " is closed: " << record.recovered_events
                << " events recovered from " << record.devices << " devices";
    } else {
      Count(counters_.unclosed);
      LOG(ERROR) << "the gap " << Stretch(record)
                 << " could not be closed: " << record.reason << "; "
                 << record.recovered_events << " events recovered";
    }
  }
  std::erase_if(gaps_, [](const Gap& gap) { return gap.record->finished; });
  if (gaps_.size() == before) return;
  Changed();
  output_->NoteChange();
}

void GapRepair::Changed() {
  if (counters_.open_gaps != nullptr) {
    counters_.open_gaps->Set(static_cast<int64_t>(gaps_.size()));
  }
  if (counters_.held_events != nullptr) {
    counters_.held_events->Set(static_cast<int64_t>(held_.size()));
  }
  on_change_();
}

}  // namespace sluice::disruptive
