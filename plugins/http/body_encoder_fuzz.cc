// Payloads of any bytes and type, as the body of a request: lines stay lines,
// and what should be JSON is.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "plugins/http/body_encoder.h"
#include "proto/event/v1/event.pb.h"
#include "simdjson.h"

namespace {

// Deeper than payloads that simdjson itself takes, so that what is around them
// is no reason to refuse.
constexpr size_t kMaxDepth = 2048;

// The elements that `text` has as a JSON array; -1: it is none.
int64_t Elements(std::string_view text) {
  simdjson::dom::parser parser;
  CHECK(parser.allocate(text.size(), kMaxDepth) == simdjson::SUCCESS);
  simdjson::dom::array array;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(array) != simdjson::SUCCESS) return -1;
  return static_cast<int64_t>(array.size());
}

std::string InBrackets(std::string_view json) {
  return std::string("[").append(json).append("]");
}

// `json`, which is JSON, without whitespace between its tokens.
std::string Minified(std::string_view json) {
  std::string text(json.size(), '\0');
  size_t size = 0;
  CHECK(simdjson::minify(json.data(), json.size(), text.data(), size) ==
        simdjson::SUCCESS);
  text.resize(size);
  return text;
}

std::string Body(sluice::http::v1::Format format, std::string_view wire) {
  const auto event = sluice::EventView::Parse(wire);
  CHECK(event.ok()) << event.status();
  return sluice::http::BodyEncoder(format).Encode({{1, *event, 1}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size == 0) return 0;
  const bool says_json = input[0] % 2 == 0;
  const std::string data(reinterpret_cast<const char*>(input + 1), size - 1);
  sluice::event::v1::Event event;
  event.set_id("e");
  event.set_source("s");
  event.set_type("t");
  event.set_datacontenttype(says_json ? "application/json" : "text/plain");
  event.set_data(data);
  const std::string wire = event.SerializeAsString();
  // What says that it is JSON need not be, and may even be two values.
  const bool is_one_value =
      !says_json || data.empty() || Elements(InBrackets(data)) == 1;

  const std::string array = Body(sluice::http::v1::JSON_ARRAY, wire);
  CHECK_EQ(Elements(array) == 1, is_one_value);
  if (says_json && !data.empty()) CHECK_EQ(array, InBrackets(data));

  const std::string line = Body(sluice::http::v1::JSON_LINES, wire);
  CHECK_EQ(line.find_first_of("\r\n"), line.size() - 1);
  CHECK_EQ(line.back(), '\n');
  if (is_one_value) {
    CHECK_EQ(Minified(InBrackets(line)), Minified(array));
  }

  CHECK_EQ(Elements(Body(sluice::http::v1::CLOUD_EVENTS, wire)), 1);
  return 0;
}
