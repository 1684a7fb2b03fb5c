#include "plugins/lines/line_batch.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice::lines {
namespace {

class LineBatchTest : public ::testing::Test {
 protected:
  LineBatchTest() { decoder_ = MakeLineDecoder({.source = "/lines/test"}, 1); }

  Counter events_;
  Counter malformed_;
  std::unique_ptr<LineDecoder> decoder_;
};

TEST_F(LineBatchTest, GathersEventsAndWhatIsNone) {
  LineBatch batch(decoder_.get(),
                  {.events = &events_, .malformed = &malformed_});
  EXPECT_TRUE(batch.empty());
  batch.Expect(100);
  batch.OnLine("{\"a\":1}", 0);
  batch.OnBlankLine();
  batch.OnLine("hello", 0);
  batch.OnLongLine("{\"long", 5'000'000'000);
  EXPECT_EQ(batch.lines(), 4u);
  EXPECT_EQ(batch.events(), 1u);
  EXPECT_EQ(batch.malformed(), 2u);
  EXPECT_GT(batch.bytes(), 0u);
  const Emission emission = batch.Take();
  ASSERT_EQ(emission.events->size(), 1u);
  EXPECT_EQ(emission.events->event(0).data(), "{\"a\":1}");
  EXPECT_EQ(emission.events->event(0).source(), "/lines/test");
  ASSERT_EQ(emission.malformed.size(), 2u);
  EXPECT_EQ(emission.malformed[0].bytes, "hello");
  EXPECT_EQ(emission.malformed[1].reason, "line_too_long");
  EXPECT_NE(emission.malformed[1].message.find("5000000000 bytes"),
            std::string::npos);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.lines(), 0u);
  EXPECT_EQ(batch.bytes(), 0u);
  EXPECT_EQ(events_.value(), 1u);
  EXPECT_EQ(malformed_.value(), 2u);
}

TEST_F(LineBatchTest, BlankLinesAreNoEmission) {
  LineBatch batch(decoder_.get(), {});
  batch.OnBlankLine();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.lines(), 1u);
  EXPECT_EQ(batch.Take().events, nullptr);
}

TEST_F(LineBatchTest, SetsAsideWhatLinesLikeThoseBeforeNeed) {
  LineBatch batch(decoder_.get(), {});
  const std::string line = "{\"a\":\"" + std::string(300, 'x') + "\"}";
  for (int round = 0; round < 3; ++round) {
    batch.Expect(1000 * (line.size() + 1));
    for (int i = 0; i < 1000; ++i) batch.OnLine(line, 0);
    const Emission emission = batch.Take();
    const size_t held = emission.events->byte_size();
    const std::string wire(emission.events->wire());
    const size_t needed = (*EventBatch::FromStored(wire, 1000))->byte_size();
    EXPECT_GE(held, wire.size());
    // Little is wasted once it knows the lines: memory of the queue is bounded
    // by what batches hold.
    if (round > 0) {
      EXPECT_LT(held, needed + needed / 8);
    }
  }
}

TEST_F(LineBatchTest, DropsWhatIsNotWanted) {
  LineBatch batch(decoder_.get(),
                  {.events = &events_, .malformed = &malformed_});
  batch.OnLine("{}", 0);
  batch.OnLine("x", 0);
  EXPECT_FALSE(batch.last_problem().empty());
  batch.Drop();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(events_.value(), 0u);
  EXPECT_EQ(malformed_.value(), 1u);
}

}  // namespace
}  // namespace sluice::lines
