// Lines of one stream or body, on their way to becoming an emission.
#ifndef PLUGINS_LINES_LINE_BATCH_H_
#define PLUGINS_LINES_LINE_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/api/source.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/line_splitter.h"
#include "storage/event/event_batch.h"

namespace sluice::lines {

// What is counted of all lines of a source. Any of them may be null.
struct LineCounters {
  Counter* bytes = nullptr;
  Counter* events = nullptr;
  Counter* malformed = nullptr;
};

// Decodes lines into one batch of events; what is no event becomes malformed
// input. A batch costs a few allocations, its events none.
//
// Thread-safety: none.
class LineBatch final : public LineHandler {
 public:
  // `decoder` outlives this.
  LineBatch(LineDecoder* decoder, LineCounters counters)
      : decoder_(decoder), counters_(counters) {
    builder_.LeaveRoomForIngestTime();
  }

  // Sets room aside for the lines in so many bytes, as many and as long as
  // those before.
  void Expect(size_t bytes);

  void OnLine(std::string_view line, size_t readable_behind) override;
  void OnLongLine(std::string_view beginning, uint64_t bytes) override;
  void OnBlankLine() override { ++lines_; }
  // An event that is read already.
  void AddEvent(const EventFields& event);

  // Lines of all kinds since the last Take().
  uint64_t lines() const { return lines_; }
  size_t events() const { return builder_.size(); }
  size_t malformed() const { return malformed_.size(); }
  // No event and no malformed input.
  bool empty() const { return builder_.empty() && malformed_.empty(); }
  // About how much memory the emission will take.
  size_t bytes() const { return builder_.wire_size() + malformed_bytes_; }

  // Why the last of the malformed is so. REQUIRES: malformed() > 0.
  const std::string& last_problem() const { return malformed_.back().message; }

  // Forgets what has gathered, but counts what was malformed.
  void Drop();
  // Hands over what has gathered, and begins anew.
  Emission Take();

 private:
  void AddMalformed(std::string_view bytes, std::string_view reason,
                    std::string_view message);

  LineDecoder* const decoder_;
  const LineCounters counters_;
  EventBatchBuilder builder_;
  std::vector<MalformedInput> malformed_;
  size_t malformed_bytes_ = 0;
  uint64_t lines_ = 0;
  // Of the lines that became events.
  uint64_t line_bytes_ = 0;
  // Events, and bytes of a batch, for each byte of lines: what was seen last.
  double events_per_byte_ = 1.0 / 256;
  double batch_bytes_per_byte_ = 1.5;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINE_BATCH_H_
