#include "plugins/disruptive/held_events.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HeldEventsTest : public ::testing::Test {
 protected:
  void Hold(std::string_view device, std::string_view id, uint64_t epoch) {
    EventFields event;
    event.id = id;
    event.subject = device;
    held_.Hold(event, epoch);
  }
  std::vector<std::string> Release(std::string_view device, uint64_t epoch) {
    std::vector<std::string> ids;
    const EventBatchPtr batch = held_.Release(device, epoch);
    for (size_t i = 0; i < batch->size(); ++i) {
      ids.emplace_back(batch->event(i).id());
    }
    return ids;
  }
  HeldEvents held_;
};

TEST_F(HeldEventsTest, GivesBackTheEventsOfADeviceInOrder) {
  Hold("d", "a", 1);
  Hold("e", "x", 1);
  Hold("d", "b", 1);
  EXPECT_EQ(held_.size(), 3u);
  EXPECT_THAT(held_.devices(), ElementsAre("d", "e"));
  EXPECT_THAT(Release("d", 1), ElementsAre("a", "b"));
  EXPECT_THAT(Release("d", 1), IsEmpty());
  EXPECT_THAT(Release("unknown", 1), IsEmpty());
}

TEST_F(HeldEventsTest, KeepsWhatCameInALaterEpoch) {
  Hold("d", "a", 1);
  Hold("d", "b", 2);
  Hold("d", "c", 3);
  EXPECT_THAT(Release("d", 0), IsEmpty());
  EXPECT_THAT(Release("d", 2), ElementsAre("a", "b"));
  EXPECT_EQ(held_.size(), 1u);
  EXPECT_THAT(Release("d", 3), ElementsAre("c"));
  EXPECT_EQ(held_.size(), 0u);
  EXPECT_EQ(held_.bytes(), 0u);
}

TEST_F(HeldEventsTest, CountsItsBytes) {
  Hold("d", "a", 1);
  const size_t one = held_.bytes();
  EXPECT_GT(one, 0u);
  Hold("d", "b", 2);
  EXPECT_EQ(held_.bytes(), 2 * one);
  Release("d", 1);
  EXPECT_EQ(held_.bytes(), one);
}

}  // namespace
}  // namespace sluice::disruptive
