// From a line to the attributes of an event.
#ifndef PLUGINS_LINES_LINE_DECODER_H_
#define PLUGINS_LINES_LINE_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/lines/line_format.h"
#include "storage/event/event_view.h"

namespace sluice::lines {

// Why a line is no event.
struct Refusal {
  // A short fixed word: "malformed_json", or "malformed_event" for JSON that
  // lacks what an event needs.
  std::string reason;
  std::string message;
};

// Reads lines of one format. Every line is checked as a whole: one JSON object
// (RFC 8259) in UTF-8 and nothing besides.
//
// Thread-safety: none; parsers and memory are reused from line to line.
class LineDecoder {
 public:
  virtual ~LineDecoder() = default;

  // Reads `line` into `*event`, whose views point into `line` and into this and
  // hold until the next call. `readable_behind`: bytes behind `line` that may
  // be read; with few of them it is copied first. False: it is no event;
  // refusal() says why.
  virtual bool Decode(std::string_view line, size_t readable_behind,
                      EventFields* event) = 0;
  const Refusal& refusal() const { return refusal_; }

 protected:
  // Gives false, for Decode() to pass on.
  bool Refuse(std::string_view reason, std::string message) {
    refusal_ = {std::string(reason), std::move(message)};
    return false;
  }

 private:
  Refusal refusal_;
};

// The decoder for `format`. `run` names this run of the source: ids that are
// made up begin with it, so that no two runs have one in common.
std::unique_ptr<LineDecoder> MakeLineDecoder(const LineFormat& format,
                                             uint64_t run);

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINE_DECODER_H_
