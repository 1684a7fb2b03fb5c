// A stream of lines, or a body. The first byte chooses the format, the second
// how the stream is cut into reads; the rest is the stream. What comes of it
// must not depend on the cuts, and both ways to read JSON must agree.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "plugins/lines/body_reader.h"
#include "plugins/lines/json_line_decoder.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/line_splitter.h"
#include "storage/event/event_batch.h"

namespace sluice::lines {
namespace {

constexpr size_t kMaxLineBytes = 1000;

LineFormat MakeFormat(uint8_t choice) {
  LineFormat format;
  format.max_line_bytes = kMaxLineBytes;
  format.source = "/lines/fuzz";
  format.cloud_events = (choice & 1) != 0;
  if ((choice & 2) != 0) {
    format.fields = {.id = "id",
                     .subject = "a.b",
                     .type = "type",
                     .time = "time",
                     .source = "source"};
  }
  return format;
}

void CheckEmission(const Emission& emission, bool is_json) {
  if (emission.events == nullptr) return;
  CHECK(EventBatch::Parse(std::string(emission.events->wire())).ok());
  for (size_t i = 0; i < emission.events->size(); ++i) {
    const EventView event = emission.events->event(i);
    CHECK(!event.id().empty());
    CHECK(!event.source().empty());
    CHECK(!event.type().empty());
    if (is_json) {
      CHECK_EQ(event.datacontenttype(), "application/json");
      CHECK(event.data().find('\n') == std::string_view::npos);
    }
  }
}

Emission Decode(const LineFormat& format, std::string_view stream,
                size_t step) {
  const auto decoder = MakeLineDecoder(format, 1);
  LineBatch batch(decoder.get(), {});
  LineSplitter splitter(format.max_line_bytes);
  for (size_t at = 0; at < stream.size(); at += step) {
    // A copy of its own, so that a sanitizer sees reads behind it.
    const std::string piece(stream.substr(at, step));
    splitter.Feed(piece, 0, &batch);
  }
  splitter.End(&batch);
  return batch.Take();
}

void CheckThatTheCutsDoNotMatter(const LineFormat& format,
                                 std::string_view stream, size_t step) {
  const Emission whole =
      Decode(format, stream, std::max<size_t>(stream.size(), 1));
  CheckEmission(whole, !format.cloud_events);
  const Emission pieces = Decode(format, stream, step);
  CHECK_EQ(whole.events == nullptr, pieces.events == nullptr);
  if (whole.events != nullptr) {
    CHECK(whole.events->wire() == pieces.events->wire());
  }
  CHECK_EQ(whole.malformed.size(), pieces.malformed.size());
  for (size_t i = 0; i < whole.malformed.size(); ++i) {
    CHECK_EQ(whole.malformed[i].bytes, pieces.malformed[i].bytes);
    CHECK_EQ(whole.malformed[i].reason, pieces.malformed[i].reason);
    CHECK_EQ(whole.malformed[i].message, pieces.malformed[i].message);
  }
}

void CheckThatBothWaysAgree(const LineFormat& format, std::string_view line) {
  JsonLineDecoder decoder(format, 1);
  EventFields quick;
  const bool taken = decoder.Decode(line, 0, &quick);
  JsonLineDecoder slow_decoder(format, 1);
  EventFields slow;
  CHECK_EQ(taken, slow_decoder.DecodeSlowly(line, &slow)) << line;
  CHECK_EQ(decoder.refusal().message, slow_decoder.refusal().message);
  if (!taken) return;
  CHECK_EQ(quick.id, slow.id);
  CHECK_EQ(quick.subject, slow.subject);
  CHECK_EQ(quick.type, slow.type);
  CHECK_EQ(quick.source, slow.source);
  CHECK_EQ(quick.time_unix_nanos, slow.time_unix_nanos);
}

void CheckBody(const LineFormat& format, uint8_t choice,
               std::string_view stream) {
  constexpr const char* kTypes[] = {"application/json",
                                    "application/cloudevents-batch+json",
                                    "application/cloudevents+json", ""};
  BodyReader reader(format, 1, {});
  HttpServerRequest request;
  request.headers = {{"Content-Type", kTypes[(choice >> 2) & 3]}};
  request.body = std::string(stream);
  const BodyContents contents = reader.Read(request);
  CheckEmission(contents.emission, false);
  CHECK(contents.refusal == 0 || contents.refusal == 400 ||
        contents.refusal == 413 || contents.refusal == 415);
  CHECK_EQ(contents.refusal == 0, contents.message.empty());
  if (contents.refusal != 0) CHECK(contents.emission.events == nullptr);
}

}  // namespace
}  // namespace sluice::lines

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::lines;
  if (size < 2) return 0;
  const LineFormat format = MakeFormat(data[0]);
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2,
                                size - 2);
  CheckThatTheCutsDoNotMatter(format, stream, data[1] + size_t{1});
  if (!format.cloud_events) {
    CheckThatBothWaysAgree(format, stream.substr(0, stream.find('\n')));
  }
  CheckBody(format, data[0], stream);
  return 0;
}
