#include "plugins/lines/line_batch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::lines {
namespace {

// A little more than expected costs less than growing.
constexpr double kMargin = 1.05;
constexpr size_t kMarginBytes = 256;
// Bound on what is set aside because of what was seen last: tiny lines become
// events of many times their size.
constexpr double kMostBytesPerByte = 4;

void Count(Counter* counter, uint64_t n) {
  if (counter != nullptr && n > 0) counter->Add(n);
}

size_t Scale(size_t bytes, double factor) {
  return static_cast<size_t>(static_cast<double>(bytes) * factor * kMargin);
}

}  // namespace

void LineBatch::Expect(size_t bytes) {
  if (!builder_.empty()) return;
  builder_.Reserve(Scale(bytes, events_per_byte_) + 1,
                   Scale(bytes, batch_bytes_per_byte_) + kMarginBytes);
}

void LineBatch::OnLine(std::string_view line, size_t readable_behind) {
  ++lines_;
  EventFields event;
  if (!decoder_->Decode(line, readable_behind, &event)) {
    const Refusal& refusal = decoder_->refusal();
    return AddMalformed(line, refusal.reason, refusal.message);
  }
  line_bytes_ += line.size() + 1;
  builder_.Add(event);
}

void LineBatch::OnLongLine(std::string_view beginning, uint64_t bytes) {
  ++lines_;
  AddMalformed(beginning, "line_too_long",
               absl::StrCat("the line has ", bytes,
                            " bytes, more than max_line_bytes; its beginning "
                            "is kept"));
}

void LineBatch::AddEvent(const EventFields& event) {
  ++lines_;
  builder_.Add(event);
}

void LineBatch::AddMalformed(std::string_view bytes, std::string_view reason,
                             std::string_view message) {
  malformed_.push_back(
      {std::string(bytes), std::string(reason), std::string(message)});
  malformed_bytes_ += sizeof(MalformedInput) + bytes.size() + message.size();
}

void LineBatch::Drop() {
  Count(counters_.malformed, malformed_.size());
  builder_.Build();  // And gone.
  malformed_.clear();
  malformed_bytes_ = 0;
  lines_ = 0;
  line_bytes_ = 0;
}

Emission LineBatch::Take() {
  Count(counters_.events, builder_.size());
  Count(counters_.malformed, malformed_.size());
  if (line_bytes_ > 0) {
    const auto bytes = static_cast<double>(line_bytes_);
    events_per_byte_ = static_cast<double>(builder_.size()) / bytes;
    batch_bytes_per_byte_ = std::min(
        static_cast<double>(builder_.wire_size()) / bytes, kMostBytesPerByte);
  }
  Emission emission;
  if (!builder_.empty()) emission.events = builder_.Build();
  emission.malformed = std::exchange(malformed_, {});
  malformed_bytes_ = 0;
  lines_ = 0;
  line_bytes_ = 0;
  return emission;
}

}  // namespace sluice::lines
