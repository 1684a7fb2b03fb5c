#include "tools/sandbox/feed/feed_store.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedActivity Activity(const std::string& foreign_id, int64_t micros,
                      std::vector<std::string> to = {}) {
  return {.id = MakeActivityId(foreign_id, micros),
          .foreign_id = foreign_id,
          .json = "{\"foreign_id\":\"" + foreign_id + "\"}",
          .to = std::move(to)};
}

// "foreign id" or "foreign id<origin", newest first.
std::vector<std::string> ReadAll(const FeedStore& store,
                                 const std::string& feed,
                                 FeedRange range = {}) {
  std::vector<std::string> items;
  for (const FeedItem& item : store.Read(feed, range).items) {
    std::string text = item.activity->foreign_id;
    if (!item.origin.empty()) text += "<" + std::string(item.origin);
    items.push_back(text);
  }
  return items;
}

TEST(FeedStoreTest, ReadsByTimeWhateverTheOrderOfArrival) {
  FeedStore store;
  store.Add("user:1", Activity("b", 2));
  store.Add("user:1", Activity("c", 3));
  store.Add("user:1", Activity("a", 1));
  EXPECT_THAT(ReadAll(store, "user:1"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(ReadAll(store, "user:2"), IsEmpty());
}

TEST(FeedStoreTest, ReplacesTheSameActivityAndSaysSo) {
  FeedStore store;
  EXPECT_TRUE(store.Add("user:1", Activity("a", 1)).is_new);
  FeedActivity again = Activity("a", 1);
  again.json = "{\"verb\":\"new\"}";
  EXPECT_FALSE(store.Add("user:1", again).is_new);
  EXPECT_THAT(ReadAll(store, "user:1"), ElementsAre("a"));
  EXPECT_EQ(store.Find(again.id)->json, again.json);
  EXPECT_TRUE(store.Add("user:2", Activity("a", 1)).is_new);
  EXPECT_EQ(store.activities(), 1u);
}

TEST(FeedStoreTest, ReadsAPartWithinBounds) {
  FeedStore store;
  for (int i = 1; i <= 6; ++i) {
    store.Add("user:1", Activity(std::to_string(i), i));
  }
  const auto id = [](int i) { return MakeActivityId(std::to_string(i), i); };
  EXPECT_THAT(ReadAll(store, "user:1", {.limit = 2}), ElementsAre("6", "5"));
  EXPECT_THAT(ReadAll(store, "user:1", {.limit = 2, .offset = 1}),
              ElementsAre("5", "4"));
  EXPECT_THAT(ReadAll(store, "user:1", {.limit = 2, .after = id(4)}),
              ElementsAre("3", "2"));
  EXPECT_THAT(ReadAll(store, "user:1", {.limit = 2, .from = id(4)}),
              ElementsAre("4", "3"));
  EXPECT_THAT(ReadAll(store, "user:1", {.above = id(4)}),
              ElementsAre("6", "5"));
  EXPECT_THAT(ReadAll(store, "user:1", {.least = id(5)}),
              ElementsAre("6", "5"));
  EXPECT_THAT(
      ReadAll(store, "user:1", {.after = id(6), .from = id(3), .least = id(2)}),
      ElementsAre("3", "2"));
  EXPECT_TRUE(store.Read("user:1", {.limit = 5}).more);
  EXPECT_FALSE(store.Read("user:1", {.limit = 6}).more);
}

TEST(FeedStoreTest, HandsActivitiesToFollowersOnce) {
  FeedStore store;
  store.Follow("timeline:1", "user:1", 100, 0);
  store.Follow("flat:1", "timeline:1", 100, 0);
  store.Add("user:1", Activity("a", 1));
  EXPECT_THAT(ReadAll(store, "timeline:1"), ElementsAre("a<user:1"));
  // What a feed received by following goes no further.
  EXPECT_THAT(ReadAll(store, "flat:1"), IsEmpty());
}

TEST(FeedStoreTest, CopiesToTargetsAndTheirFollowers) {
  FeedStore store;
  store.Follow("timeline:1", "building:1", 100, 0);
  store.Add("room:1", Activity("a", 1, {"building:1"}));
  EXPECT_THAT(ReadAll(store, "building:1"), ElementsAre("a"));
  EXPECT_THAT(ReadAll(store, "timeline:1"), ElementsAre("a<building:1"));
}

TEST(FeedStoreTest, CopiesTheNewestWhenAFollowBegins) {
  FeedStore store;
  for (int i = 1; i <= 4; ++i) {
    store.Add("user:1", Activity(std::to_string(i), i));
  }
  store.Follow("timeline:1", "user:1", 2, 0);
  EXPECT_THAT(ReadAll(store, "timeline:1"),
              ElementsAre("4<user:1", "3<user:1"));
}

TEST(FeedStoreTest, ForgetsWhatCameThroughAnEndedFollow) {
  FeedStore store;
  store.Add("user:1", Activity("a", 1));
  store.Add("timeline:1", Activity("own", 2));
  store.Follow("timeline:1", "user:1", 100, 0);
  store.Unfollow("timeline:1", "user:1", /*keep_history=*/false);
  EXPECT_THAT(ReadAll(store, "timeline:1"), ElementsAre("own"));
  store.Follow("timeline:1", "user:1", 100, 0);
  store.Unfollow("timeline:1", "user:1", /*keep_history=*/true);
  store.Add("user:1", Activity("b", 3));
  EXPECT_THAT(ReadAll(store, "timeline:1"), ElementsAre("own", "a<user:1"));
}

TEST(FeedStoreTest, ListsRelationsNewestFirst) {
  FeedStore store;
  store.Follow("timeline:1", "user:1", 0, 10);
  store.Follow("timeline:1", "user:2", 0, 20);
  store.Follow("timeline:2", "user:2", 0, 30);
  store.Follow("timeline:1", "user:1", 0, 40);
  const auto following = store.Following("timeline:1");
  ASSERT_THAT(following, SizeIs(2));
  EXPECT_EQ(following[0].target, "user:2");
  EXPECT_EQ(following[1].created_micros, 10);
  const auto followers = store.Followers("user:2");
  ASSERT_THAT(followers, SizeIs(2));
  EXPECT_EQ(followers[0].feed, "timeline:2");
}

TEST(FeedStoreTest, RemovesFromTheOwnerEverywhere) {
  FeedStore store;
  store.Follow("timeline:1", "room:1", 100, 0);
  store.Follow("timeline:2", "building:1", 100, 0);
  const FeedActivity activity = Activity("a", 1, {"building:1"});
  store.Add("room:1", activity);
  EXPECT_TRUE(store.Remove("room:1", activity.id));
  EXPECT_FALSE(store.Remove("room:1", activity.id));
  for (const char* feed :
       {"room:1", "building:1", "timeline:1", "timeline:2"}) {
    EXPECT_THAT(ReadAll(store, feed), IsEmpty()) << feed;
  }
  EXPECT_EQ(store.Find(activity.id), nullptr);
}

TEST(FeedStoreTest, RemovesFromATargetThereAndBehindIt) {
  FeedStore store;
  store.Follow("timeline:2", "building:1", 100, 0);
  const FeedActivity activity = Activity("a", 1, {"building:1"});
  store.Add("room:1", activity);
  EXPECT_TRUE(store.Remove("building:1", activity.id));
  EXPECT_THAT(ReadAll(store, "room:1"), ElementsAre("a"));
  EXPECT_THAT(ReadAll(store, "building:1"), IsEmpty());
  EXPECT_THAT(ReadAll(store, "timeline:2"), IsEmpty());
}

TEST(FeedStoreTest, RemovesAllOfAForeignId) {
  FeedStore store;
  store.Add("user:1", Activity("a", 1));
  store.Add("user:1", Activity("a", 2));
  store.Add("user:1", Activity("b", 3));
  EXPECT_EQ(store.RemoveForeign("user:1", "a"), 2u);
  EXPECT_EQ(store.RemoveForeign("user:2", "a"), 0u);
  EXPECT_THAT(ReadAll(store, "user:1"), ElementsAre("b"));
}

TEST(FeedStoreTest, AddsToManyWithoutFollowers) {
  FeedStore store;
  store.Follow("timeline:1", "flat:1", 100, 0);
  EXPECT_EQ(store.AddToMany({"flat:1", "flat:2"}, Activity("a", 1)), 2u);
  EXPECT_THAT(ReadAll(store, "flat:2"), ElementsAre("a"));
  EXPECT_THAT(ReadAll(store, "timeline:1"), IsEmpty());
}

TEST(FeedStoreTest, ChangesTargets) {
  FeedStore store;
  const FeedActivity activity = Activity("a", 1, {"flat:1", "flat:2"});
  store.Add("user:1", activity);
  store.ChangeTargets(activity.id, {"flat:3"}, {"flat:1"});
  EXPECT_THAT(store.Find(activity.id)->to, ElementsAre("flat:2", "flat:3"));
  EXPECT_THAT(ReadAll(store, "flat:1"), IsEmpty());
  EXPECT_THAT(ReadAll(store, "flat:3"), ElementsAre("a"));
}

TEST(FeedStoreTest, UpdatesInPlaceAndKeepsTargets) {
  FeedStore store;
  store.Add("user:1", Activity("a", 1, {"flat:1"}));
  FeedActivity update = Activity("a", 1);
  update.json = "{\"verb\":\"new\"}";
  store.Update(update);
  EXPECT_EQ(store.Find(update.id)->json, update.json);
  EXPECT_THAT(store.Find(update.id)->to, ElementsAre("flat:1"));
  EXPECT_EQ(store.Feeds().size(), 2u);
}

}  // namespace
}  // namespace sluice::sandbox
