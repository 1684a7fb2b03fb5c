#include "pipeline/topology/config_problem.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConfigProblemTest, PrintsFileLinePathAndMessage) {
  EXPECT_EQ((ConfigProblem{"a.yaml", 3, "x.y", "is wrong"}.ToString()),
            "a.yaml:3: x.y: is wrong");
  EXPECT_EQ((ConfigProblem{"a.yaml", 0, "", "cannot be read"}.ToString()),
            "a.yaml: cannot be read");
}

TEST(ConfigProblemTest, StaysOnOneLine) {
  EXPECT_EQ((ConfigProblem{"a", 1, "", "one\ntwo\r\nthree"}.ToString()),
            "a:1: one two  three");
}

TEST(ConfigProblemsTest, GivesThemByLineAndKeepsTheOrderWithinOne) {
  ConfigProblems problems("f");
  problems.Add(7, "c", "third");
  problems.Add(2, "b", "first");
  problems.Add(2, "a", "second");
  EXPECT_TRUE(problems.HasPath("a"));
  EXPECT_FALSE(problems.HasPath("a.b"));
  const std::vector<ConfigProblem> taken = problems.Take();
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].message, "first");
  EXPECT_EQ(taken[1].message, "second");
  EXPECT_EQ(taken[2].message, "third");
  EXPECT_EQ(taken[0].file, "f");
}

TEST(ConfigProblemsTest, KnowsWhatIsNotedWithinAPath) {
  ConfigProblems problems("f");
  problems.Add(1, "a.b.c", "m");
  problems.Add(1, "d[2]", "m");
  for (const char* path : {"a", "a.b", "a.b.c", "d", "d[2]"}) {
    EXPECT_TRUE(problems.HasWithin(path)) << path;
  }
  for (const char* path : {"a.b.c.d", "a.bc", "b", "d[1]", "a.b.cc"}) {
    EXPECT_FALSE(problems.HasWithin(path)) << path;
  }
}

TEST(ConfigProblemsTest, CountsWhatIsTooManyToKeep) {
  ConfigProblems problems("f");
  for (size_t i = 0; i < ConfigProblems::kMaxProblems + 5; ++i) {
    problems.Add(1, "p", "m");
  }
  EXPECT_EQ(problems.count(), ConfigProblems::kMaxProblems + 5);
  const std::vector<ConfigProblem> taken = problems.Take();
  ASSERT_EQ(taken.size(), ConfigProblems::kMaxProblems + 1);
  EXPECT_EQ(taken.back().message, "and 5 more mistakes");
}

TEST(JoinKeyTest, QuotesWhatIsNoPlainWord) {
  EXPECT_EQ(JoinKey("", "a"), "a");
  EXPECT_EQ(JoinKey("a", "b-c_1"), "a.b-c_1");
  EXPECT_EQ(JoinKey("a", "x.y"), "a[\"x.y\"]");
  EXPECT_EQ(JoinKey("a", ""), "a[\"\"]");
  EXPECT_EQ(JoinIndex("a.b", 3), "a.b[3]");
}

TEST(QuoteTest, EscapesAndCutsBetweenCharacters) {
  EXPECT_EQ(Quote("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(Quote("grün"), "\"grün\"");
  const std::string quoted = Quote(std::string(59, 'x') + "üüü");
  EXPECT_THAT(quoted, EndsWith("x...\""));
}

TEST(SuggestTest, NamesTheNearestChoiceAndAll) {
  EXPECT_EQ(Suggest("temprature", {"humidity", "temperature"}),
            "; did you mean \"temperature\"? allowed: humidity, temperature");
  // Swapped neighbours, another case, a dash for an underscore.
  EXPECT_THAT(Suggest("retyr", {"retry"}), HasSubstr("mean \"retry\""));
  EXPECT_THAT(Suggest("Durable", {"durable"}), HasSubstr("mean \"durable\""));
  EXPECT_THAT(Suggest("max-bytes", {"max_bytes"}),
              HasSubstr("mean \"max_bytes\""));
}

TEST(SuggestTest, DoesNotGuessWildly) {
  EXPECT_EQ(Suggest("zebra", {"retry", "start"}), "; allowed: retry, start");
  EXPECT_THAT(Suggest(std::string(100'000, 'a'), {"a"}),
              Not(HasSubstr("mean")));
  EXPECT_EQ(Suggest("x", {}), "; none is known here");
}

TEST(SuggestTest, CutsLongLists) {
  EXPECT_THAT(Suggest("zebra", std::vector<std::string>(100, "word")),
              EndsWith("word, ..."));
}

}  // namespace
}  // namespace sluice
