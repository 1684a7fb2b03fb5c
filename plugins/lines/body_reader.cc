#include "plugins/lines/body_reader.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "pipeline/cloud_event/cloud_event_http.h"
#include "pipeline/http/http_answer.h"
#include "pipeline/json/json_view.h"
#include "pipeline/json/raw_json.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/line_splitter.h"
#include "simdjson.h"
#include "storage/base/to_absl.h"

namespace sluice::lines {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kBlanks = " \t\r\n";

BodyContents Refused(int status, std::string message) {
  return {.refusal = status, .message = std::move(message)};
}

bool IsLines(std::string_view type) {
  return type.empty() || type == "application/x-ndjson" ||
         type == "application/jsonl" || type == "text/plain";
}

bool BeginsArray(std::string_view body) {
  const size_t first = body.find_first_not_of(kBlanks);
  return first != body.npos && body[first] == '[';
}

size_t ReadableBehind(const std::string& body, std::string_view part) {
  return static_cast<size_t>(body.data() + body.capacity() -
                             (part.data() + part.size()));
}

}  // namespace

// A batch that stops decoding once a body has too much in it.
class BodyReader::BoundedBatch final : public LineHandler {
 public:
  BoundedBatch(LineDecoder* decoder, size_t max_line_bytes,
               LineCounters counters)
      : batch_(decoder, counters), max_line_bytes_(max_line_bytes) {}

  void OnLine(std::string_view line, size_t readable_behind) override {
    if (!is_full()) batch_.OnLine(line, readable_behind);
  }
  void OnLongLine(std::string_view beginning, uint64_t bytes) override {
    if (!is_full()) batch_.OnLongLine(beginning, bytes);
  }
  void OnBlankLine() override {}

  // An element of an array, which knows no lines.
  void OnElement(std::string_view text, size_t readable_behind) {
    if (text.size() <= max_line_bytes_) return OnLine(text, readable_behind);
    OnLongLine(text.substr(0, LineSplitter::kKeptBytes), text.size());
  }

  bool is_full() const {
    return batch_.events() > kMostEvents || batch_.malformed() > kMostMalformed;
  }
  LineBatch& batch() { return batch_; }

 private:
  LineBatch batch_;
  const size_t max_line_bytes_;
};

struct BodyReader::Parsers {
  ondemand::parser parser;
  std::vector<std::string_view> elements;
  BinaryCloudEventReader binary;

  simdjson::error_code SplitArray(const std::string& body);
};

// The elements of the array that is all of `body`. What is inside them is not
// looked at. Stops behind one too many.
simdjson::error_code BodyReader::Parsers::SplitArray(const std::string& body) {
  elements.clear();
  ondemand::document document;
  ondemand::array array;
  if (auto error = parser.iterate(body.data(), body.size(), body.capacity())
                       .get(document)) {
    return error;
  }
  if (auto error = document.get_array().get(array)) return error;
  for (auto element : array) {
    ondemand::value value;
    if (auto error = element.get(value)) return error;
    if (auto error = RawJson(value, &elements.emplace_back())) return error;
    if (elements.size() > kMostEvents) return simdjson::SUCCESS;
  }
  return AtEnd(document) ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

BodyReader::BodyReader(const LineFormat& format, uint64_t run,
                       LineCounters counters)
    : format_(format),
      decoder_(MakeLineDecoder(format, run)),
      cloud_event_decoder_(MakeLineDecoder({.cloud_events = true}, run)),
      batch_(std::make_unique<BoundedBatch>(decoder_.get(),
                                            format.max_line_bytes, counters)),
      cloud_event_batch_(std::make_unique<BoundedBatch>(
          cloud_event_decoder_.get(), format.max_line_bytes, counters)),
      parsers_(std::make_unique<Parsers>()) {}

BodyReader::~BodyReader() = default;

BodyContents BodyReader::Read(HttpServerRequest& request) {
  const std::string type = MediaType(request);
  std::string& body = request.body;
  if (type == "application/cloudevents+json") {
    return ReadOne(body, *cloud_event_batch_);
  }
  if (type == "application/cloudevents-batch+json") {
    return ReadArray(body, *cloud_event_batch_);
  }
  if (IsBinaryCloudEvent(request.headers)) return ReadBinary(request);
  if (IsLines(type)) return ReadLines(body);
  if (type == "application/json") {
    return BeginsArray(body) ? ReadArray(body, *batch_)
                             : ReadOne(body, *batch_);
  }
  return Refused(415,
                 "the body must be application/x-ndjson, application/json, "
                 "application/cloudevents+json or "
                 "application/cloudevents-batch+json");
}

BodyContents BodyReader::ReadLines(const std::string& body) {
  batch_->batch().Expect(body.size());
  LineSplitter splitter(format_.max_line_bytes);
  splitter.Feed(body, ReadableBehind(body, body), batch_.get());
  splitter.End(batch_.get());
  return Finish(*batch_);
}

BodyContents BodyReader::ReadArray(std::string& body, BoundedBatch& batch) {
  // The parser looks behind the end.
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  if (auto error = parsers_->SplitArray(body)) {
    const absl::StatusOr<JsonView> exact = JsonView::Parse(body);
    return Refused(
        400, absl::StrCat("the body is no JSON array: ",
                          exact.ok()
                              ? simdjson::error_message(error)
                              : std::string(ToStd(exact.status().message()))));
  }
  if (parsers_->elements.empty()) return {};
  batch.batch().Expect(body.size());
  for (const std::string_view element : parsers_->elements) {
    batch.OnElement(element, ReadableBehind(body, element));
  }
  return Finish(batch);
}

BodyContents BodyReader::ReadOne(const std::string& body, BoundedBatch& batch) {
  std::string_view text = body;
  const size_t first = text.find_first_not_of(kBlanks);
  if (first != text.npos) {
    text = text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
    batch.OnElement(text, ReadableBehind(body, text));
  }
  return Finish(batch);
}

BodyContents BodyReader::ReadBinary(const HttpServerRequest& request) {
  EventFields event;
  const absl::Status status =
      parsers_->binary.Read(request.headers, request.body, &event);
  if (!status.ok()) {
    return Refused(400, std::string(ToStd(status.message())));
  }
  cloud_event_batch_->batch().AddEvent(event);
  return Finish(*cloud_event_batch_);
}

BodyContents BodyReader::Finish(BoundedBatch& bounded) {
  LineBatch& batch = bounded.batch();
  BodyContents contents;
  contents.events = batch.events();
  contents.malformed = batch.malformed();
  if (contents.events > kMostEvents) {
    batch.Drop();
    return Refused(413, absl::StrCat("the body has more than ", kMostEvents,
                                     " events; send fewer at once"));
  }
  if (contents.malformed > kMostMalformed) {
    batch.Drop();
    return Refused(400, absl::StrCat("the body has more than ", kMostMalformed,
                                     " lines or elements that are no events"));
  }
  if (contents.events == 0) {
    std::string message =
        contents.malformed == 0
            ? "the body is empty"
            : absl::StrCat("nothing in the body is an event: ",
                           batch.last_problem());
    batch.Drop();
    return Refused(400, std::move(message));
  }
  contents.emission = batch.Take();
  return contents;
}

}  // namespace sluice::lines
