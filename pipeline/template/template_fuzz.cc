// A template, a condition and a payload, each behind the other with a zero byte
// between.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "pipeline/template/condition.h"
#include "pipeline/template/template.h"
#include "proto/event/v1/event.pb.h"
#include "simdjson.h"
#include "storage/event/event_view.h"

namespace sluice {
namespace {

std::string_view Cut(std::string_view& text) {
  const size_t end = text.find('\0');
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

void RenderAll(std::string_view text, TemplateInput& input) {
  const auto compiled = Template::Parse(text);
  if (!compiled.ok()) return;
  CHECK_EQ(compiled->text(), text);
  std::string out = "before";
  if (!compiled->Render(input, &out).ok()) CHECK_EQ(out, "before");
  std::string json;
  if (!compiled->RenderJson(input, &json).ok()) {
    CHECK(json.empty());
    return;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const auto error = parser.parse(json).get(element);
  // Numbers stay as the payload has them, of any length; the parser here wants
  // them to fit.
  CHECK(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR)
      << json << ": " << error;
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view text = Cut(rest);
  const std::string_view condition = Cut(rest);

  event::v1::Event event;
  event.set_id("e1");
  event.set_subject("projects/p1/devices/d7");
  event.set_time_unix_nanos(1'615'651'547'722'334'000);
  event.set_datacontenttype("application/json");
  event.set_data(std::string(rest));
  event::v1::Label* label = event.add_labels();
  label->set_key("room");
  label->set_value("99");
  const std::string wire = event.SerializeAsString();
  TemplateInput input;
  input.Reset(*EventView::Parse(wire));

  RenderAll(text, input);
  if (const auto compiled = Condition::Parse(condition); compiled.ok()) {
    (void)compiled->Matches(input);
  }
  return 0;
}
