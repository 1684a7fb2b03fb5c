#include "tests/bench/hot_stages.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(HotStagesTest, EachHandlesEveryEventAtEveryRun) {
  std::set<std::string> names;
  for (const HotStage& stage : HotStages()) {
    EXPECT_TRUE(names.insert(stage.name).second) << stage.name;
    EXPECT_EQ(stage.prepare()(), kHotStageEvents) << stage.name;
    EXPECT_EQ(stage.prepare()(), kHotStageEvents) << stage.name;
  }
}

}  // namespace
}  // namespace sluice
