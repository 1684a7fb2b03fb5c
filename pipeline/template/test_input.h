// An input for tests of templates: one temperature reading.
#ifndef PIPELINE_TEMPLATE_TEST_INPUT_H_
#define PIPELINE_TEMPLATE_TEST_INPUT_H_

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/template/template.h"
#include "proto/event/v1/event.pb.h"
#include "storage/event/event_view.h"

namespace sluice {

// Holds an event's bytes and an input that views them.
class TestInput {
 public:
  explicit TestInput(std::string_view data = kReading) {
    event.set_id("e1");
    event.set_source("//example.com/projects/p1");
    event.set_type("temperature");
    event.set_subject("projects/p1/devices/d7");
    event.set_time_unix_nanos(1'615'651'547'722'334'000);
    event.set_datacontenttype("application/json");
    event.set_data(std::string(data));
    Label("room-number", "99");
    Label("group", "");
    Label("room name", "Küche");
  }

  void Label(std::string_view key, std::string_view value) {
    event::v1::Label* label = event.add_labels();
    label->set_key(std::string(key));
    label->set_value(std::string(value));
  }

  // The input, set to `event` as it now is.
  TemplateInput& get() {
    wire_ = event.SerializeAsString();
    auto view = EventView::Parse(wire_);
    EXPECT_TRUE(view.ok()) << view.status();
    input_.Reset(*view);
    return input_;
  }

  static constexpr std::string_view kReading =
      R"({"temperature":{"value":24.90,"updateTime":"2021-03-13T16:05:47.722334Z",)"
      R"("samples":[{"value":1e2},{"value":-27}],"isBackfilled":false},)"
      R"("note":"5 \u00b0C \"ok\"","none":null,"big":12345678901234567890,)"
      R"("k\u00e9y":"escaped name","empty":{}})";

  event::v1::Event event;

 private:
  std::string wire_;
  TemplateInput input_;
};

}  // namespace sluice

#endif  // PIPELINE_TEMPLATE_TEST_INPUT_H_
