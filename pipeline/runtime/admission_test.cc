#include "pipeline/runtime/admission.h"

#include <string>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

constexpr size_t kLimit = 1000;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

EventBatchPtr One(const EventFields& fields) {
  EventBatchBuilder builder;
  builder.Add(fields);
  return builder.Build();
}

TEST(AdmissionTest, AdmitsAnOrdinaryEvent) {
  const LabelView label{"room", "Tromsø"};
  const auto batch = One({.id = "e1",
                          .source = "//s",
                          .type = "temperature",
                          .subject = "d1",
                          .data = "\xff\xfe any bytes",
                          .labels = absl::MakeConstSpan(&label, 1)});
  EXPECT_FALSE(RefuseEvent(batch->event(0), kLimit, "in", kNow).has_value());
}

TEST(AdmissionTest, KeepsAnEventWithoutIdAsDeadLetter) {
  const auto batch = One({.subject = "d1", .data = "x"});
  const auto letter = RefuseEvent(batch->event(0), kLimit, "in", kNow);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->reason(), "no_id");
  EXPECT_EQ(letter->component(), "in");
  EXPECT_EQ(letter->event(), batch->event_wire(0));
}

TEST(AdmissionTest, KeepsAnEventWithBadTextAsDeadLetterAndNamesTheAttribute) {
  const LabelView label{"room", "\xc3\x28"};
  const auto batch =
      One({.id = "e1", .labels = absl::MakeConstSpan(&label, 1)});
  const auto letter = RefuseEvent(batch->event(0), kLimit, "in", kNow);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->reason(), "invalid_utf8");
  EXPECT_NE(letter->message().find("labels"), std::string::npos);
}

TEST(AdmissionTest, FindsABadByteAtEveryPlaceOfTextsOfEveryLength) {
  for (size_t length = 1; length <= 26; ++length) {
    const std::string good(length, 'x');
    const auto fine = One({.id = "e1", .subject = good});
    EXPECT_FALSE(RefuseEvent(fine->event(0), kLimit, "in", kNow).has_value());
    for (size_t place = 0; place < length; ++place) {
      std::string bad = good;
      bad[place] = '\xff';
      const auto batch = One({.id = "e1", .subject = bad});
      EXPECT_TRUE(RefuseEvent(batch->event(0), kLimit, "in", kNow).has_value())
          << place << " of " << length;
    }
  }
}

TEST(AdmissionTest, KeepsAnOversizedEventWhole) {
  const std::string data(kLimit, 'x');
  const auto batch = One({.id = "e1", .data = data});
  const auto letter = RefuseEvent(batch->event(0), kLimit, "in", kNow);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->reason(), "too_large");
  EXPECT_EQ(letter->event(), batch->event_wire(0));
  EXPECT_EQ(letter->truncated_bytes(), 0u);
}

TEST(AdmissionTest, KeepsTheBeginningOfAnEnormousEvent) {
  const std::string data(kMaxDeadLetterBytes + 10, 'x');
  const auto batch = One({.id = "e1", .data = data});
  const auto letter = RefuseEvent(batch->event(0), kLimit, "in", kNow);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->input().size(), kMaxDeadLetterBytes);
  EXPECT_EQ(letter->truncated_bytes(),
            batch->event_wire(0).size() - kMaxDeadLetterBytes);
}

TEST(AdmissionTest, KeepsMalformedInputWithItsReason) {
  const auto letter = KeepMalformed(
      {"{oops", "malformed_json", "no closing brace"}, "in", kNow);
  EXPECT_EQ(letter.input(), "{oops");
  EXPECT_EQ(letter.reason(), "malformed_json");
  EXPECT_EQ(letter.message(), "no closing brace");
  EXPECT_EQ(letter.dead_unix_nanos(), absl::ToUnixNanos(kNow));
}

TEST(AdmissionTest, TellsTextFromOtherBytesWhereverTheyStand) {
  for (const char* text : {"plain ascii, longer than a word", "grüße 温度"}) {
    const auto batch = One({.id = "e1", .subject = text});
    EXPECT_FALSE(RefuseEvent(batch->event(0), kLimit, "in", kNow)) << text;
  }
  for (const char* bytes : {"\x80", "12345678\xed\xa0\x80", "1234567\xff"}) {
    const auto batch = One({.id = "e1", .subject = bytes});
    EXPECT_TRUE(RefuseEvent(batch->event(0), kLimit, "in", kNow)) << bytes;
  }
}

}  // namespace
}  // namespace sluice
