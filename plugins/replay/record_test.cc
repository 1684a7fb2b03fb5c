#include "plugins/replay/record.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice::replay {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(RecordTest, TimesAreReadInEveryDocumentedForm) {
  constexpr int64_t kWhen = 1'715'847'318 * kSecond;
  for (const char* text :
       {"2024-05-16T08:15:18Z", "2024-05-16T10:15:18+02:00",
        "2024-05-16 08:15:18Z", "2024-05-16T08:15:18", "2024-05-16 08:15:18",
        "1715847318", "1715847318000", "1715847318000000",
        "1715847318000000000", "1715847318.0"}) {
    EXPECT_EQ(ParseTimeText(text), kWhen) << text;
  }
  EXPECT_EQ(ParseTimeText("2024-05-16T08:15:18.318751Z"), kWhen + 318'751'000);
  EXPECT_EQ(ParseTimeText("1715847318.5"), kWhen + kSecond / 2);
  EXPECT_EQ(ParseTimeText("2024-05-16T08:15"), kWhen - 18 * kSecond);
  EXPECT_EQ(ParseTimeText("1970-01-02"), 86'400 * kSecond);
  EXPECT_EQ(ParseTimeText("-1"), -kSecond);
}

TEST(RecordTest, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "yesterday", "infinite-past", "infinite-future", "2024-13-01",
        "99999999999", "-99999999999", "nan", "inf", "1e300",
        "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"}) {
    EXPECT_EQ(ParseTimeText(text), std::nullopt) << text;
  }
}

TEST(RecordTest, ClearLeavesNothing) {
  Record record;
  record.id = record.source = record.type = record.subject = "x";
  record.datacontenttype = record.data = "x";
  record.time_unix_nanos = 1;
  record.labels.emplace_back("a", "b");
  record.is_event = false;
  record.Clear();
  EXPECT_TRUE(record.id.empty() && record.source.empty() &&
              record.type.empty() && record.subject.empty() &&
              record.datacontenttype.empty() && record.data.empty());
  EXPECT_EQ(record.time_unix_nanos, 0);
  EXPECT_TRUE(record.labels.empty());
  EXPECT_TRUE(record.is_event);
}

}  // namespace
}  // namespace sluice::replay
