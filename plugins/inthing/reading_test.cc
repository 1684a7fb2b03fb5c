#include "plugins/inthing/reading.h"

#include <string>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice::inthing {
namespace {

EventBatchPtr OneEvent(const std::string& type, const std::string& data) {
  EventBatchBuilder builder;
  EventFields fields;
  fields.type = type;
  fields.data = data;
  builder.Add(fields);
  return builder.Build();
}

TEST(ReadingTest, FindsTheValueOfDeviceEvents) {
  const struct {
    const char* type;
    const char* data;
    const char* text;
    bool is_number;
  } cases[] = {
      {"temperature", R"({"temperature":{"value":24.9,"updateTime":"x"}})",
       "24.9", true},
      {"humidity", R"({"humidity":{"relativeHumidity":17,"temperature":22.4}})",
       "22.4", true},
      {"contact", R"({"contact":{"state":"OPEN"}})", "OPEN", false},
      {"touchCount", R"({"touchCount":{"total":469}})", "469", true},
      {"x", R"({"value":true})", "true", false},
      {"x", R"({"x":{},"state":"on"})", "on", false},
      {"x", "12", "12", true},
      {"x", "\"high\"", "high", false},
      {"touch", R"({"touch":{"updateTime":"x"}})", "", false},
      {"x", "not json", "", false},
      {"x", "", "", false},
  };
  ReadingFinder finder;
  for (const auto& c : cases) {
    const EventBatchPtr batch = OneEvent(c.type, c.data);
    const Reading reading = finder.Find(batch->event(0));
    EXPECT_EQ(reading.text, c.text) << c.data;
    EXPECT_EQ(reading.number.has_value(), c.is_number) << c.data;
  }
}

TEST(ReadingTest, NamesTheDevice) {
  EventBatchBuilder builder;
  EventFields fields;
  fields.source = "//p/source";
  builder.Add(fields);
  fields.subject = "projects/p/devices/d1";
  builder.Add(fields);
  const LabelView label = {"name", "Fridge"};
  fields.labels = {&label, 1};
  builder.Add(fields);
  const EventBatchPtr batch = builder.Build();
  EXPECT_EQ(DeviceName(batch->event(0)), "source");
  EXPECT_EQ(DeviceName(batch->event(1)), "d1");
  EXPECT_EQ(DeviceName(batch->event(2)), "Fridge");
}

}  // namespace
}  // namespace sluice::inthing
