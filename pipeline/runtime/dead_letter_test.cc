#include "pipeline/runtime/dead_letter.h"

#include <string>

#include "gtest/gtest.h"
#include "pipeline/runtime/admission.h"
#include "proto/event/v1/event.pb.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

event::v1::Event AnEvent() {
  event::v1::Event event;
  event.set_id("e1");
  event.set_subject("device");
  event.set_time_unix_nanos(7);
  event.set_data(std::string("\x00\xff\x80 bytes", 9));
  event.set_ingest_time_unix_nanos(8);
  return event;
}

storage::v1::DeadLetter ALetter(const event::v1::Event& event) {
  storage::v1::DeadLetter letter;
  letter.set_id(5);
  letter.set_component("out");
  letter.set_sequence(42);
  letter.set_reason("rejected");
  letter.set_event(event.SerializeAsString());
  SetDeath("no such feed", kNow, &letter);
  return letter;
}

// What a sink's stage makes of a revived event that dies again.
storage::v1::DeadLetter DieAgain(const std::string& wire) {
  storage::v1::DeadLetter letter;
  const auto view = EventView::Parse(wire);
  EXPECT_TRUE(view.ok());
  FillContent(*view, &letter);
  return letter;
}

TEST(DeadLetterTest, AnOrdinaryEventIsKeptByteForByte) {
  const std::string wire = AnEvent().SerializeAsString();
  EXPECT_EQ(DieAgain(wire).event(), wire);
  EXPECT_EQ(DieAgain(wire).past_size(), 0);
}

TEST(DeadLetterTest, ARevivedEventIsTakenInNowAndOtherwiseAsItWas) {
  const auto wire =
      ReviveEvent(ALetter(AnEvent()), {"out"}, kNow + absl::Seconds(1));
  ASSERT_TRUE(wire.ok()) << wire.status();
  event::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(*wire));
  EXPECT_FALSE(event.past().empty());
  event.clear_past();
  event::v1::Event expected = AnEvent();
  expected.set_ingest_time_unix_nanos(
      absl::ToUnixNanos(kNow + absl::Seconds(1)));
  EXPECT_EQ(event.SerializeAsString(), expected.SerializeAsString());
}

TEST(DeadLetterTest, ThePastGoesAlongFromDeathToDeath) {
  storage::v1::DeadLetter letter = ALetter(AnEvent());
  for (int round = 1; round <= 3; ++round) {
    const auto wire = ReviveEvent(letter, {"out", "other"}, kNow);
    ASSERT_TRUE(wire.ok());
    storage::v1::DeadLetter again = DieAgain(*wire);
    ASSERT_EQ(again.past_size(), 2 * round);
    event::v1::Event content;
    ASSERT_TRUE(content.ParseFromString(again.event()));
    EXPECT_EQ(content.past(), "") << "the letter has it already";
    again.set_id(5 + static_cast<uint64_t>(round));
    letter = again;
  }
  EXPECT_EQ(letter.past(0).died().reason(), "rejected");
  EXPECT_EQ(letter.past(0).died().first_error(), "no such feed");
  EXPECT_EQ(letter.past(0).died().id(), 5u);
  EXPECT_FALSE(letter.past(0).died().has_event());
  EXPECT_EQ(letter.past(1).redriven().sinks(1), "other");
  EXPECT_EQ(letter.past(4).died().id(), 7u);
}

TEST(DeadLetterTest, ALongPastKeepsItsBeginningAndItsEnd) {
  storage::v1::DeadLetter letter = ALetter(AnEvent());
  for (int i = 0; i < 100; ++i) {
    storage::v1::DeadLetterPast past;
    past.mutable_edited()->set_time_unix_nanos(i);
    AddPast(std::move(past), letter.mutable_past());
  }
  ASSERT_EQ(letter.past_size(), kMaxDeadLetterPast);
  EXPECT_EQ(letter.past(0).edited().time_unix_nanos(), 0);
  EXPECT_EQ(letter.past(kMaxDeadLetterPast - 1).edited().time_unix_nanos(), 99);
}

TEST(DeadLetterTest, WhatIsNotFitForTheLogIsRefusedWithAWayOut) {
  event::v1::Event nameless = AnEvent();
  nameless.clear_id();
  EXPECT_EQ(ReviveEvent(ALetter(nameless), {"out"}, kNow).status().code(),
            absl::StatusCode::kFailedPrecondition);
  storage::v1::DeadLetter input = ALetter(AnEvent());
  input.set_input("{oops");
  const auto refused = ReviveEvent(input, {"out"}, kNow);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.status().message().find("edit it"), absl::string_view::npos)
      << refused.status();
}

}  // namespace
}  // namespace sluice
