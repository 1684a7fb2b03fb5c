#include "plugins/disruptive/vocabulary.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(VocabularyTest, KnowsTheTypesInTheirExactSpelling) {
  EXPECT_TRUE(IsOneOf("deskOccupancy", DeviceTypes()));
  EXPECT_TRUE(IsOneOf("probeWireStatus", EventTypes()));
  EXPECT_FALSE(IsOneOf("Temperature", EventTypes()));
  EXPECT_FALSE(IsOneOf("ping", EventTypes()));
}

TEST(VocabularyTest, SuggestsTheNearestWord) {
  EXPECT_EQ(Suggestion("temprature", EventTypes()),
            "did you mean \"temperature\"?");
  EXPECT_EQ(Suggestion("object_present", EventTypes()),
            "did you mean \"objectPresent\"?");
  EXPECT_EQ(Suggestion("TOUCH", EventTypes()), "did you mean \"touch\"?");
}

TEST(VocabularyTest, ListsAllWhenNothingIsNear) {
  EXPECT_THAT(Suggestion("xylophone", DeviceTypes()),
              StartsWith("known are temperature, proximity"));
  EXPECT_THAT(Suggestion("", DeviceTypes()), HasSubstr("ccon"));
}

}  // namespace
}  // namespace sluice::disruptive
