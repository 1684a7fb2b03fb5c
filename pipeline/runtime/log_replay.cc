#include "pipeline/runtime/log_replay.h"

#include <algorithm>
#include <utility>

#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// Read while other writes wait.
constexpr size_t kBytesPerStep = size_t{256} << 10;
// With a limit on their number, events go in so many pieces a second.
constexpr double kPiecesPerSecond = 5;
// Until there may be room in a full log.
constexpr absl::Duration kRoomCheck = absl::Milliseconds(200);

}  // namespace

absl::Status LogReplay::Step(EventLog& log) {
  delay_ = absl::ZeroDuration();
  if (copies_ == nullptr) SLUICE_RETURN_IF_ERROR(Collect(log));
  if (copies_ == nullptr) return absl::OkStatus();
  const size_t size = PieceSize();
  if (!options_.dry_run) {
    AppendRequest request;
    request.batches.push_back(Piece(size));
    request.only_cursors = {options_.sink};
    const absl::Status appended =
        log.Append(request, Durability::kDurable).status();
    waiting_for_room_ = absl::IsResourceExhausted(appended);
    if (waiting_for_room_) {
      delay_ = kRoomCheck;
      return absl::OkStatus();
    }
    SLUICE_RETURN_IF_ERROR(appended);
    if (options_.events_per_second > 0) {
      delay_ =
          absl::Seconds(static_cast<double>(size) / options_.events_per_second);
    }
  }
  replayed_ += size;
  begin_ += size;
  if (begin_ == copies_->size()) {
    copies_ = nullptr;
    begin_ = 0;
  }
  return absl::OkStatus();
}

absl::Status LogReplay::Collect(EventLog& log) {
  EventBatchBuilder builder;
  const absl::StatusOr<bool> read = walk_.Step(
      log, kBytesPerStep,
      [&](Sequence, const LogBatch& batch, const EventView& event) {
        if (batch.IsFor(options_.sink) && options_.select.Matches(event)) {
          builder.AddWire(event.wire());
        }
      });
  SLUICE_RETURN_IF_ERROR(read.status());
  // Where nothing is left, the rest is gone.
  if (!*read) walk_.SkipTo(walk_.end());
  if (!builder.empty()) copies_ = builder.Build();
  return absl::OkStatus();
}

size_t LogReplay::PieceSize() const {
  const size_t left = copies_->size() - begin_;
  if (options_.events_per_second <= 0) return left;
  const double piece = options_.events_per_second / kPiecesPerSecond;
  return piece >= static_cast<double>(left)
             ? left
             : std::max<size_t>(1, static_cast<size_t>(piece));
}

EventBatchPtr LogReplay::Piece(size_t size) const {
  if (size == copies_->size()) return copies_;
  EventBatchBuilder builder;
  for (size_t i = begin_; i < begin_ + size; ++i) {
    builder.AddWire(copies_->event_wire(i));
  }
  return builder.Build();
}

}  // namespace sluice
