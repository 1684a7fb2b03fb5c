#include "pipeline/topology/config_difference.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Found(std::string_view before,
                               std::string_view after) {
  std::vector<std::string> lines;
  for (const ConfigDifference& found : FindDifferences(before, after)) {
    lines.push_back(absl::StrCat(found.path, ": ", found.before.value_or("-"),
                                 " > ", found.after.value_or("-")));
  }
  return lines;
}

TEST(ConfigDifferenceTest, IsNoneBetweenStylesOfTheSame) {
  EXPECT_THAT(Found("a: {b: 1, c: [x, y]}",
                    "# now\na:\n  c:\n  - x\n  - 'y'\n"
                    "  b: \"1\"\n"),
              IsEmpty());
}

TEST(ConfigDifferenceTest, NamesTheValuesThatDiffer) {
  EXPECT_THAT(
      Found("a: {b: 1, c: [x, y], gone: {d: 2}}",
            "a: {b: 3, c: [x, z, w], new: {}, none: null}"),
      ElementsAre("a.b: 1 > 3", "a.c[1]: y > z", "a.c[2]: - > w",
                  "a.gone.d: 2 > -", "a.new: - > {}", "a.none: - > null"));
}

TEST(ConfigDifferenceTest, TakesWhatIsNoYamlForNothing) {
  EXPECT_THAT(Found("", "a: 1"), ElementsAre("a: - > 1"));
  EXPECT_THAT(Found("a: [", "a: 1"), ElementsAre("a: - > 1"));
}

}  // namespace
}  // namespace sluice
