#include "plugins/disruptive/gap_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/disruptive/checkpoint.pb.h"
#include "storage/base/rfc3339.h"

namespace sluice::disruptive {
namespace {

constexpr size_t kMaxRecords = 100;
// Finished ones in a checkpoint, which is written often.
constexpr size_t kMaxStored = 20;
constexpr size_t kMaxReasonBytes = 500;

using Cause = GapRecord::Cause;

v1::Checkpoint::Gap::Cause ToProto(Cause cause) {
  switch (cause) {
    case Cause::kRestart:
      return v1::Checkpoint::Gap::RESTART;
    case Cause::kFirstStart:
      return v1::Checkpoint::Gap::FIRST_START;
    case Cause::kReconnect:
      break;
  }
  return v1::Checkpoint::Gap::RECONNECT;
}

Cause FromProto(v1::Checkpoint::Gap::Cause cause) {
  switch (cause) {
    case v1::Checkpoint::Gap::RESTART:
      return Cause::kRestart;
    case v1::Checkpoint::Gap::FIRST_START:
      return Cause::kFirstStart;
    default:
      return Cause::kReconnect;
  }
}

const char* CauseName(Cause cause) {
  switch (cause) {
    case Cause::kRestart:
      return "restart";
    case Cause::kFirstStart:
      return "first_start";
    case Cause::kReconnect:
      break;
  }
  return "reconnect";
}

void ToProto(const GapRecord& record, v1::Checkpoint::Gap* gap) {
  gap->set_cause(ToProto(record.cause));
  gap->set_start_unix_nanos(absl::ToUnixNanos(record.start));
  gap->set_end_unix_nanos(absl::ToUnixNanos(record.end));
  gap->set_devices(static_cast<uint32_t>(record.devices));
  gap->set_failed_devices(static_cast<uint32_t>(record.failed_devices));
  gap->set_recovered_events(record.recovered_events);
  gap->set_sorted(record.sorted);
  gap->set_finished(record.finished);
  gap->set_closed(record.closed);
  gap->set_reason(record.reason);
}

std::shared_ptr<GapRecord> FromProto(const v1::Checkpoint::Gap& gap) {
  auto record = std::make_shared<GapRecord>();
  record->cause = FromProto(gap.cause());
  record->start = absl::FromUnixNanos(gap.start_unix_nanos());
  record->end = absl::FromUnixNanos(gap.end_unix_nanos());
  record->devices = static_cast<int>(gap.devices());
  record->failed_devices = static_cast<int>(gap.failed_devices());
  record->recovered_events = gap.recovered_events();
  record->sorted = gap.sorted();
  record->finished = gap.finished();
  record->closed = gap.closed();
  record->reason = gap.reason();
  return record;
}

}  // namespace

std::string Stretch(const GapRecord& gap) {
  return absl::StrCat("from ", Rfc3339Micros(gap.start), " to ",
                      Rfc3339Micros(gap.end));
}

std::shared_ptr<GapRecord> GapLedger::Add(Cause cause, absl::Time start,
                                          absl::Time end) {
  auto record = std::make_shared<GapRecord>();
  record->cause = cause;
  record->start = start;
  record->end = std::max(start, end);
  records_.push_back(record);
  Trim();
  return record;
}

// Those that are not finished stay, whatever their number.
void GapLedger::Trim() {
  if (records_.size() <= kMaxRecords) return;
  const auto oldest =
      std::find_if(records_.begin(), records_.end(),
                   [](const auto& record) { return record->finished; });
  if (oldest != records_.end()) records_.erase(oldest);
}

void GapLedger::Finish(GapRecord& record) {
  record.finished = true;
  record.closed = record.reason.empty();
  if (record.reason.size() > kMaxReasonBytes) {
    record.reason.resize(kMaxReasonBytes);
  }
  ++(record.closed ? closed_ : unclosed_);
}

void GapLedger::CountRecovered(GapRecord& record) {
  ++record.recovered_events;
  ++recovered_events_;
}

const GapRecord* GapLedger::last_unclosed() const {
  const auto last = std::find_if(
      records_.rbegin(), records_.rend(),
      [](const auto& record) { return record->finished && !record->closed; });
  return last == records_.rend() ? nullptr : last->get();
}

std::string GapLedger::Serialize() const {
  v1::Checkpoint checkpoint;
  checkpoint.set_closed_gaps(closed_);
  checkpoint.set_unclosed_gaps(unclosed_);
  checkpoint.set_recovered_events(recovered_events_);
  size_t finished = static_cast<size_t>(
      std::count_if(records_.begin(), records_.end(),
                    [](const auto& record) { return record->finished; }));
  for (const auto& record : records_) {
    if (record->finished && finished-- > kMaxStored) continue;
    ToProto(*record, checkpoint.add_gaps());
  }
  return checkpoint.SerializeAsString();
}

std::vector<std::shared_ptr<GapRecord>> GapLedger::Load(
    std::string_view bytes) {
  std::vector<std::shared_ptr<GapRecord>> open;
  v1::Checkpoint checkpoint;
  if (!checkpoint.ParseFromArray(bytes.data(),
                                 static_cast<int>(bytes.size()))) {
    return open;
  }
  closed_ = checkpoint.closed_gaps();
  unclosed_ = checkpoint.unclosed_gaps();
  recovered_events_ = checkpoint.recovered_events();
  for (const v1::Checkpoint::Gap& gap : checkpoint.gaps()) {
    records_.push_back(FromProto(gap));
    if (!gap.finished()) open.push_back(records_.back());
  }
  return open;
}

SourceGaps GapLedger::Report() const {
  SourceGaps report;
  report.closed = closed_;
  report.unclosed = unclosed_;
  report.recovered_events = recovered_events_;
  for (const auto& record : records_) {
    SourceGap gap;
    gap.cause = CauseName(record->cause);
    gap.start = record->start;
    gap.end = record->end;
    gap.recovered_events = record->recovered_events;
    gap.reason = record->reason;
    gap.state = !record->finished ? SourceGap::State::kOpen
                : record->closed  ? SourceGap::State::kClosed
                                  : SourceGap::State::kUnclosed;
    if (!record->finished) ++report.open;
    report.recent.push_back(std::move(gap));
  }
  return report;
}

}  // namespace sluice::disruptive
