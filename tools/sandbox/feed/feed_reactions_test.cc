#include "tools/sandbox/feed/feed_reactions.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

FeedReaction Like(const std::string& id, const std::string& parent = "") {
  FeedReaction reaction;
  reaction.id = id;
  reaction.kind = "like";
  reaction.activity_id = "a";
  reaction.user_id = "u";
  reaction.parent = parent;
  return reaction;
}

std::vector<std::string> Ids(const FeedReactions& reactions,
                             const ReactionQuery& query,
                             ReactionsOf of = ReactionsOf::kActivity,
                             const std::string& owner = "a") {
  std::vector<std::string> ids;
  for (const FeedReaction* each : reactions.List(of, owner, query).reactions) {
    ids.push_back(each->id);
  }
  return ids;
}

TEST(FeedReactionsTest, ListsByPositionWhateverTheIdsAre) {
  FeedReactions reactions;
  for (const char* id : {"z", "m", "a", "q"}) reactions.Add(Like(id));
  EXPECT_THAT(Ids(reactions, {}), ElementsAre("q", "a", "m", "z"));
  EXPECT_THAT(Ids(reactions, {.after = "a"}), ElementsAre("m", "z"));
  EXPECT_THAT(Ids(reactions, {.from = "a"}), ElementsAre("a", "m", "z"));
  EXPECT_THAT(Ids(reactions, {.above = "m"}), ElementsAre("a", "q"));
  EXPECT_THAT(Ids(reactions, {.least = "m"}), ElementsAre("m", "a", "q"));
  EXPECT_THAT(Ids(reactions, {.after = "unknown"}), SizeIs(4));
  EXPECT_THAT(Ids(reactions, {.limit = 1}), ElementsAre("q"));
  EXPECT_TRUE(reactions.List(ReactionsOf::kUser, "u", {.limit = 3}).more);
  EXPECT_FALSE(reactions.List(ReactionsOf::kUser, "u", {.limit = 4}).more);
}

TEST(FeedReactionsTest, CountsKindsThatAreAllGoneAsZero) {
  FeedReactions reactions;
  reactions.Add(Like("1"));
  reactions.Add(Like("2"));
  reactions.Find("2")->deleted_micros = 1;
  EXPECT_THAT(reactions.Counts(ReactionsOf::kActivity, "a"),
              ElementsAre(Pair("like", 1)));
  EXPECT_THAT(Ids(reactions, {}), ElementsAre("1"));
  reactions.Remove("1");
  EXPECT_THAT(reactions.Counts(ReactionsOf::kActivity, "a"),
              ElementsAre(Pair("like", 0)));
  EXPECT_THAT(reactions.Counts(ReactionsOf::kActivity, "b"), IsEmpty());
}

TEST(FeedReactionsTest, RemovesChildrenWithTheirParents) {
  FeedReactions reactions;
  reactions.Add(Like("1"));
  reactions.Add(Like("2", "1"));
  reactions.Add(Like("3", "2"));
  reactions.Add(Like("4", "1"));
  EXPECT_THAT(Ids(reactions, {}), ElementsAre("1"));
  EXPECT_THAT(Ids(reactions, {}, ReactionsOf::kReaction, "1"),
              ElementsAre("4", "2"));
  EXPECT_THAT(reactions.Remove("1"), SizeIs(4));
  EXPECT_EQ(reactions.size(), 0u);
}

}  // namespace
}  // namespace sluice::sandbox
