// From the body of a request to an emission.
#ifndef PLUGINS_LINES_BODY_READER_H_
#define PLUGINS_LINES_BODY_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/api/source.h"
#include "pipeline/http/http_responder.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_format.h"

namespace sluice::lines {

// What a body is.
struct BodyContents {
  // 0: it was understood. Else the status to refuse it with, and why; nothing
  // of it is kept.
  int refusal = 0;
  std::string message;

  // Events, and what was no event among them; empty for an empty array.
  Emission emission;
  size_t events = 0;
  size_t malformed = 0;
};

// Reads bodies by their type:
//
//   none, application/x-ndjson,         lines
//   application/jsonl, text/plain
//   application/json                    an array of what lines are, or one
//   application/cloudevents+json        a CloudEvent, whatever lines are
//   application/cloudevents-batch+json  an array of them
//   anything, with ce- headers          the data of a CloudEvent
//
// A body in which nothing is an event is refused with 400, one of more than
// kMostEvents with 413, and one of another type with 415.
//
// Thread-safety: none.
class BodyReader {
 public:
  // Small events become much larger than they came, and each that is refused
  // costs memory.
  static constexpr size_t kMostEvents = 100'000;
  static constexpr size_t kMostMalformed = 1'000;

  BodyReader(const LineFormat& format, uint64_t run, LineCounters counters);
  ~BodyReader();

  // Takes the body out of `request`.
  BodyContents Read(HttpServerRequest& request);

 private:
  class BoundedBatch;
  struct Parsers;  // Keeps the JSON library out of this header.

  BodyContents ReadLines(const std::string& body);
  BodyContents ReadArray(std::string& body, BoundedBatch& batch);
  BodyContents ReadOne(const std::string& body, BoundedBatch& batch);
  BodyContents ReadBinary(const HttpServerRequest& request);
  BodyContents Finish(BoundedBatch& batch);

  const LineFormat format_;
  const std::unique_ptr<LineDecoder> decoder_;
  const std::unique_ptr<LineDecoder> cloud_event_decoder_;
  const std::unique_ptr<BoundedBatch> batch_;
  const std::unique_ptr<BoundedBatch> cloud_event_batch_;
  const std::unique_ptr<Parsers> parsers_;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_BODY_READER_H_
