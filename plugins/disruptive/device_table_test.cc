#include "plugins/disruptive/device_table.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1000);

absl::Time At(int seconds) { return absl::FromUnixSeconds(seconds); }
int64_t Nanos(int seconds) { return int64_t{seconds} * 1'000'000'000; }

TEST(DeviceTableTest, KeepsTheLatestTimeOfEachDevice) {
  DeviceTable table(absl::Seconds(30));
  EXPECT_EQ(table.watermark("d"), std::nullopt);
  table.NoteEmitted("d", "a", Nanos(100), kNow);
  table.NoteEmitted("d", "b", Nanos(90), kNow);
  table.NoteEmitted("e", "c", 0, kNow);
  EXPECT_EQ(table.watermark("d"), At(100));
  EXPECT_EQ(table.watermark("e"), std::nullopt);
}

TEST(DeviceTableTest, DoesNotLetAClockAheadPushTheWatermark) {
  DeviceTable table(absl::Seconds(30));
  table.NoteEmitted("d", "a", Nanos(99999), kNow);
  EXPECT_EQ(table.watermark("d"), kNow);
}

TEST(DeviceTableTest, DoesNotNoteEventsOfNoDevice) {
  DeviceTable table(absl::Seconds(30));
  table.NoteEmitted("", "a", Nanos(100), kNow);
  EXPECT_EQ(table.size(), 0u);
}

TEST(DeviceTableTest, KeepsIdsWithinTheSpan) {
  DeviceTable table(absl::Seconds(30));
  table.NoteEmitted("d", "a", Nanos(100), kNow);
  table.NoteEmitted("d", "b", Nanos(120), kNow);
  EXPECT_THAT(table.event_ids(), UnorderedElementsAre("a", "b"));
  table.NoteEmitted("d", "c", Nanos(140), kNow);
  EXPECT_THAT(table.event_ids(), UnorderedElementsAre("b", "c"));
  table.NoteEmitted("d", "late", Nanos(50), kNow);
  EXPECT_THAT(table.event_ids(), UnorderedElementsAre("b", "c"));
  for (int i = 0; i < 100; ++i) {
    table.NoteEmitted("d", "x" + std::to_string(i), Nanos(140), kNow);
  }
  EXPECT_EQ(table.event_ids().size(), 16u);
}

TEST(DeviceTableTest, KeepsTheEarliestBeginOfAGap) {
  DeviceTable table(absl::Seconds(30));
  table.SetRepairFrom("d", At(50));
  table.SetRepairFrom("d", At(70));
  EXPECT_EQ(table.repair_from("d"), At(50));
  table.ClearRepair("d");
  EXPECT_EQ(table.repair_from("d"), std::nullopt);
  EXPECT_EQ(table.size(), 0u);
  table.ClearRepair("unknown");
}

TEST(DeviceTableTest, SurvivesARestart) {
  DeviceTable table(absl::Seconds(30));
  table.NoteEmitted("d", "a", Nanos(100), kNow);
  table.SetRepairFrom("e", At(60));
  table.NoteEmitted("gone", "x", Nanos(1), kNow);
  table.Forget("gone");
  const std::string bytes = table.Serialize("p", At(200));

  DeviceTable loaded(absl::Seconds(30));
  const auto covered = loaded.Load(bytes, "p");
  ASSERT_TRUE(covered.ok()) << covered.status();
  EXPECT_EQ(*covered, At(200));
  EXPECT_THAT(loaded.ids(), ElementsAre("d", "e"));
  EXPECT_EQ(loaded.watermark("d"), At(100));
  EXPECT_EQ(loaded.repair_from("e"), At(60));
  EXPECT_THAT(loaded.event_ids(), ElementsAre("a"));
}

TEST(DeviceTableTest, IgnoresACheckpointOfAnotherProject) {
  DeviceTable table(absl::Seconds(30));
  table.NoteEmitted("d", "a", Nanos(100), kNow);
  DeviceTable loaded(absl::Seconds(30));
  const auto covered = loaded.Load(table.Serialize("p", At(200)), "q");
  ASSERT_TRUE(covered.ok());
  EXPECT_EQ(*covered, std::nullopt);
  EXPECT_THAT(loaded.ids(), IsEmpty());
}

TEST(DeviceTableTest, RefusesWhatIsNoCheckpoint) {
  DeviceTable table(absl::Seconds(30));
  EXPECT_FALSE(table.Load("\xff\xff", "p").ok());
  EXPECT_FALSE(table.Load("", "p").ok());
}

TEST(DeviceTableTest, StaysSmallWithManyDevices) {
  DeviceTable table(absl::Seconds(30));
  for (int i = 0; i < 10000; ++i) {
    const std::string device = "emuc17m69nlq0bgk4" + std::to_string(10000 + i);
    table.NoteEmitted(device, "d1vtobtd83ut9sd2bj9g", Nanos(100), kNow);
  }
  EXPECT_LT(table.Serialize("p", At(200)).size(), 10000u * 64);
}

}  // namespace
}  // namespace sluice::disruptive
