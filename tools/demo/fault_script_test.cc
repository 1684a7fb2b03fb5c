#include "tools/demo/fault_script.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::demo {
namespace {

TEST(FaultScriptTest, DoesEachStepOnceWhenItIsDue) {
  int cuts = 0;
  int kills = 0;
  FaultScript script({{0.2, "cut",
                       [&] {
                         ++cuts;
                         return absl::OkStatus();
                       }},
                      {0.5, "kill", [&] {
                         ++kills;
                         return absl::OkStatus();
                       }}});
  std::vector<std::string> happened;
  auto note = [&](const std::string& text) { happened.push_back(text); };
  ASSERT_TRUE(script.Advance(0.1, note).ok());
  EXPECT_TRUE(happened.empty());
  ASSERT_TRUE(script.Advance(0.3, note).ok());
  ASSERT_TRUE(script.Advance(0.4, note).ok());
  EXPECT_EQ(happened, std::vector<std::string>{"cut"});
  EXPECT_FALSE(script.done());
  ASSERT_TRUE(script.Advance(1, note).ok());
  EXPECT_EQ(cuts, 1);
  EXPECT_EQ(kills, 1);
  EXPECT_TRUE(script.done());
}

TEST(FaultScriptTest, EndsAtTheFirstError) {
  int later = 0;
  FaultScript script(
      {{0, "broken", [] { return absl::UnavailableError("no such stream"); }},
       {0, "later", [&] {
          ++later;
          return absl::OkStatus();
        }}});
  std::vector<std::string> happened;
  auto note = [&](const std::string& text) { happened.push_back(text); };
  EXPECT_TRUE(absl::IsUnavailable(script.Advance(1, note)));
  EXPECT_EQ(later, 0);
}

}  // namespace
}  // namespace sluice::demo
