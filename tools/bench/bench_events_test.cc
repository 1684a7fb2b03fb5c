#include "tools/bench/bench_events.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "pipeline/json/json_view.h"
#include "storage/format/record.h"

namespace sluice::bench {
namespace {

TEST(BenchEventsTest, AreTheSameAtEveryRunAndEachIsDifferent) {
  const EventBatchPtr batch = MakeBenchBatch(0, 2000);
  ASSERT_EQ(batch->size(), 2000u);
  EXPECT_EQ(batch->wire(), MakeBenchBatch(0, 2000)->wire());
  std::set<std::string> ids;
  for (size_t i = 0; i < batch->size(); ++i) {
    ids.emplace(batch->event(i).id());
  }
  EXPECT_EQ(ids.size(), 2000u);
  EXPECT_EQ(MakeBenchBatch(1990, 10)->event(9).id(), batch->event(1999).id());
}

TEST(BenchEventsTest, CarryJsonAndEveryFieldThatADeviceSets) {
  const EventBatchPtr batch = MakeBenchBatch(7, 200);
  std::set<std::string> types;
  for (size_t i = 0; i < batch->size(); ++i) {
    const EventView event = batch->event(i);
    types.emplace(event.type());
    const auto data = JsonView::Parse(event.data());
    ASSERT_TRUE(data.ok()) << event.data();
    EXPECT_TRUE(data->Find(event.type()).has_value()) << event.data();
    EXPECT_EQ(event.subject().substr(0, 8), "devices/");
    EXPECT_GT(event.ingest_time(), event.time());
    EXPECT_TRUE(event.label("site").has_value());
  }
  EXPECT_EQ(types.size(), 4u);
}

TEST(BenchEventsTest, HaveTheSizeOfRealOnesAndCompressAsThey) {
  EXPECT_NEAR(PreparedEventBytes(), 330, 25);
  std::string record;
  format::RecordEncoder encoder(format::Codec::kLz4);
  const EventBatch& batch = *PreparedBatches()[0];
  encoder.Append({}, batch, &record);
  const double ratio = static_cast<double>(batch.wire().size()) /
                       static_cast<double>(record.size());
  EXPECT_NEAR(ratio, 3, 0.6);
}

TEST(BenchEventsTest, LinesAreTheSameEvents) {
  const std::string text = PreparedLines();
  EXPECT_NEAR(static_cast<double>(text.size()) / kPreparedLines, 330, 25);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ASSERT_EQ(lines.size(), kPreparedLines + 1);
  EXPECT_EQ(lines.back(), "");
  const EventView event = PreparedBatches()[1]->event(7);
  const auto line = JsonView::Parse(lines[1007]);
  ASSERT_TRUE(line.ok()) << lines[1007];
  std::string scratch;
  EXPECT_EQ(line->Find("eventId")->StringIn(&scratch), event.id());
  EXPECT_EQ(line->Find("data")->text(), event.data());
  EXPECT_EQ(line->Find("labels")->Find("site")->StringIn(&scratch),
            event.label("site"));
}

TEST(BatchCycleTest, GivesEveryEventOnceAndThenNull) {
  BatchCycle cycle(2500);
  EXPECT_EQ(cycle.Next(), PreparedBatches()[0]);
  EXPECT_EQ(cycle.Next(), PreparedBatches()[1]);
  EXPECT_EQ(cycle.left(), 500u);
  EXPECT_EQ(cycle.Next()->size(), 500u);
  EXPECT_EQ(cycle.Next(), nullptr);
}

TEST(BatchCycleTest, BeginsAnewBehindTheLastPreparedBatch) {
  const size_t all = PreparedBatches().size();
  BatchCycle cycle((all + 1) * kPreparedBatchEvents);
  for (size_t i = 0; i < all; ++i) EXPECT_NE(cycle.Next(), nullptr);
  EXPECT_EQ(cycle.Next(), PreparedBatches()[0]);
}

}  // namespace
}  // namespace sluice::bench
