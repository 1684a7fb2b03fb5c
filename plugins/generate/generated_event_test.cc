#include "plugins/generate/generated_event.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice::generate {
namespace {

constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();

EventBatchPtr WriteEvents(GeneratedEventWriter writer,
                          std::initializer_list<uint64_t> indexes) {
  EventBatchBuilder builder;
  for (uint64_t index : indexes) writer.Write(index, 1, &builder);
  return builder.Build();
}

TEST(GeneratedEventTest, EveryAttributeIsAFunctionOfSeedAndIndex) {
  EventBatchPtr batch =
      WriteEvents(GeneratedEventWriter(42, 10, 100, "//generate/g"), {1007});
  const EventView event = batch->event(0);
  EXPECT_EQ(event.id(), "42-1007");
  EXPECT_EQ(event.source(), "//generate/g");
  EXPECT_EQ(event.type(), "temperature");
  EXPECT_EQ(event.subject(), "device-7");
  EXPECT_EQ(event.datacontenttype(), "application/json");
  EXPECT_EQ(event.time_unix_nanos(), 1);
  const std::string head = "{\"temperature\":{\"value\":";
  EXPECT_EQ(event.data().substr(0, head.size()), head);
  const std::string middle = "},\"index\":1007,\"padding\":\"xxx";
  EXPECT_EQ(event.data().substr(head.size() + 5, middle.size()), middle);
}

TEST(GeneratedEventTest, DataHasExactlyTheBytesAskedFor) {
  for (uint32_t bytes : {80u, 200u, 100'000u}) {
    GeneratedEventWriter writer(kLargest, 1, bytes, "");
    for (uint64_t index : {uint64_t{0}, uint64_t{12345}, kLargest}) {
      const std::string data(writer.Data(index));
      EXPECT_EQ(data.size(), bytes);
      EXPECT_EQ(data.substr(data.size() - 2), "\"}");
    }
  }
}

TEST(GeneratedEventTest, AShorterIndexLeavesNothingOfALongerOneBehind) {
  GeneratedEventWriter used(1, 3, 200, "");
  used.Data(kLargest);
  GeneratedEventWriter fresh(1, 3, 200, "");
  EXPECT_EQ(used.Data(5), fresh.Data(5));
}

TEST(GeneratedEventTest, DefaultSizeMakesEventsOfAboutThreeHundredBytes) {
  GeneratedEventWriter writer(0, 1000, 200, "//generate/load");
  EventBatchBuilder builder;
  writer.Write(123'456'789, 1'700'000'000'000'000'000, &builder);
  EXPECT_GT(builder.wire_size(), 270);
  EXPECT_LE(builder.wire_size(), writer.event_bytes());
  EXPECT_LT(writer.event_bytes(), 330);
}

TEST(GeneratedEventTest, SeedsMakeDifferentReadings) {
  GeneratedEventWriter one(1, 1, 80, "");
  GeneratedEventWriter two(2, 1, 80, "");
  int equal = 0;
  for (uint64_t i = 0; i < 1000; ++i) equal += one.Data(i) == two.Data(i);
  EXPECT_LT(equal, 10);
}

TEST(GeneratedEventTest, AnIdTellsSeedAndIndex) {
  auto id = ParseGeneratedId("42-1007");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->seed, 42);
  EXPECT_EQ(id->index, 1007);
  for (const char* other : {"", "-", "42", "42-", "-7", "42-x", "42--7",
                            "042-7", "42-7 ", "42-18446744073709551616"}) {
    EXPECT_EQ(ParseGeneratedId(other).status().code(),
              absl::StatusCode::kInvalidArgument)
        << other;
  }
}

TEST(GeneratedEventTest, TheCheckTakesWhatTheWriterMade) {
  EventBatchPtr batch = WriteEvents(GeneratedEventWriter(9, 4, 120, "s"),
                                    {0, 1, 999'999, kLargest});
  for (size_t i = 0; i < batch->size(); ++i) {
    EXPECT_TRUE(CheckGeneratedEvent(batch->event(i), 4, 120).ok());
  }
}

TEST(GeneratedEventTest, TheCheckNamesTheFirstPartThatDiffers) {
  EventBatchPtr batch = WriteEvents(GeneratedEventWriter(9, 4, 120, "s"), {6});
  event::v1::Event event = batch->event(0).ToProto();
  const auto check = [](const event::v1::Event& changed) {
    const std::string wire = changed.SerializeAsString();
    return CheckGeneratedEvent(*EventView::Parse(wire), 4, 120);
  };
  ASSERT_TRUE(check(event).ok());
  event::v1::Event changed = event;
  changed.mutable_data()->at(30) ^= 1;
  EXPECT_EQ(check(changed).code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(check(changed).message().find(": data is"), std::string::npos);
  changed = event;
  changed.set_subject("device-3");
  EXPECT_NE(check(changed).message().find(": subject is"), std::string::npos);
  changed = event;
  changed.set_type("touch");
  EXPECT_NE(check(changed).message().find(": type is"), std::string::npos);
  changed = event;
  changed.set_datacontenttype("");
  EXPECT_NE(check(changed).message().find(": datacontenttype is"),
            std::string::npos);
  changed.set_id("other");
  EXPECT_EQ(check(changed).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::generate
