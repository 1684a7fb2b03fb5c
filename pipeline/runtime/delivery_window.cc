#include "pipeline/runtime/delivery_window.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice {
namespace {

// So many ranges of one batch are told to the log at once: a sink that is given
// little is to be seen to get on.
constexpr size_t kFewRanges = 8;

constexpr size_t kWordBits = 64;

// Runs of ones in a row of bits.
size_t CountRuns(const std::vector<uint64_t>& bits) {
  size_t runs = 0;
  uint64_t before = 0;  // The last bit of the word before.
  for (const uint64_t word : bits) {
    runs += static_cast<size_t>(std::popcount(word & ~(word << 1 | before)));
    before = word >> (kWordBits - 1);
  }
  return runs;
}

// Calls `visit(first, last)` for each run of ones.
template <typename Visitor>
void ForEachRun(const std::vector<uint64_t>& bits, Visitor visit) {
  const size_t size = bits.size() * kWordBits;
  // The first bit at or behind `from` that is one, or, with `flip`, zero.
  const auto find = [&](size_t from, uint64_t flip) {
    while (from < size) {
      const uint64_t word = (bits[from / kWordBits] ^ flip) >> from % kWordBits;
      if (word != 0) {
        return from + static_cast<size_t>(std::countr_zero(word));
      }
      from += kWordBits - from % kWordBits;
    }
    return size;
  };
  for (size_t first = find(0, 0); first < size;) {
    const size_t end = find(first, ~uint64_t{0});
    visit(first, end - 1);
    first = find(end, 0);
  }
}

void TakeFrom(WindowBatch& batch, std::vector<CompletedRange>* ranges) {
  ForEachRun(batch.delivered, [&](size_t first, size_t last) {
    ranges->push_back({batch.first_sequence + first,
                       batch.first_sequence + last, Completion::kDelivered});
  });
  std::fill(batch.delivered.begin(), batch.delivered.end(), 0);
  batch.has_delivered = false;
  batch.take_by = absl::InfiniteDuration();
}

}  // namespace

void DeliveryWindow::Add(std::unique_ptr<WindowBatch> batch) {
  batch->delivered.resize((batch->events->size() + kWordBits - 1) / kWordBits);
  used_bytes_ += batch->bytes;
  batches_.push_back(std::move(batch));
}

void DeliveryWindow::NoteDelivered(WindowBatch* batch, uint32_t index) {
  batch->delivered[index / kWordBits] |= uint64_t{1} << index % kWordBits;
  if (!std::exchange(batch->has_delivered, true)) delivered_.push_back(batch);
  CloseEvent(batch);
}

void DeliveryWindow::CloseEvent(WindowBatch* batch) {
  if (--batch->open > 0) return;
  used_bytes_ -= batch->bytes;
  batch->events = nullptr;
  RemoveFinished();
}

void DeliveryWindow::RemoveFinished() {
  while (!batches_.empty() && batches_.front()->open == 0 &&
         !batches_.front()->has_delivered) {
    batches_.pop_front();
  }
}

void DeliveryWindow::TakeDelivered(absl::Duration now, bool everything,
                                   std::vector<CompletedRange>* ranges) {
  const auto keeps = [&](WindowBatch* batch) {
    batch->take_by = std::min(batch->take_by, now + kLongestHold);
    return !everything && batch->open > 0 && now < batch->take_by &&
           CountRuns(batch->delivered) > kFewRanges;
  };
  const auto taken =
      std::stable_partition(delivered_.begin(), delivered_.end(), keeps);
  for (auto batch = taken; batch != delivered_.end(); ++batch) {
    TakeFrom(**batch, ranges);
  }
  delivered_.erase(taken, delivered_.end());
  RemoveFinished();
}

absl::Duration DeliveryWindow::due() const {
  return delivered_.empty() ? absl::InfiniteDuration()
                            : delivered_.front()->take_by;
}

const WindowBatch* DeliveryWindow::oldest() const {
  for (const auto& batch : batches_) {
    if (batch->open > 0) return batch.get();
  }
  return nullptr;
}

}  // namespace sluice
