#include "plugins/feed/client/feed_results.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::feed {
namespace {

template <typename Result>
Result Read(std::string_view json) {
  Result result;
  const absl::Status status = ReadResult(*JsonView::Parse(json), &result);
  EXPECT_TRUE(status.ok()) << status;
  return result;
}

template <typename Result>
std::string Lack(std::string_view json) {
  Result result;
  const absl::Status status = ReadResult(*JsonView::Parse(json), &result);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  return std::string(status.message());
}

constexpr char kActivity[] =
    R"({"actor":"1","foreign_id":"tweet:1","id":"89199700","object":"1",)"
    R"("origin":null,"target":"","time":"2020-01-02T03:04:05.123456",)"
    R"("to":["user:44",["user:45","token"]],"verb":"tweet",)"
    R"("n":12345678901234567890123.10,"name":"J\u00fcrgen ü"})";

TEST(FeedResultsTest, ReadsAFlatPage) {
  const auto page = Read<FeedPage>(
      std::string(R"({"results":[)") + kActivity +
      R"(],"next":"/api/v1.0/feed/user/1/?id_lt=a","duration":"1ms"})");
  ASSERT_EQ(page.activities.size(), 1u);
  const Activity& activity = page.activities[0];
  EXPECT_EQ(activity.id, "89199700");
  EXPECT_EQ(activity.foreign_id, "tweet:1");
  EXPECT_EQ(activity.time, "2020-01-02T03:04:05.123456");
  EXPECT_EQ(activity.actor, "1");
  EXPECT_EQ(activity.verb, "tweet");
  EXPECT_EQ(activity.object, "1");
  EXPECT_EQ(activity.target, "");
  EXPECT_EQ(activity.origin, "");
  EXPECT_EQ(activity.to, (std::vector<std::string>{"user:44", "user:45"}));
  EXPECT_EQ(activity.json, kActivity);
  EXPECT_EQ(page.next, "/api/v1.0/feed/user/1/?id_lt=a");
  EXPECT_FALSE(page.unread.has_value());
  EXPECT_TRUE(page.groups.empty());
}

// The example of stream-swift's recorded answers, shortened.
TEST(FeedResultsTest, ReadsANotificationPage) {
  const auto page = Read<FeedPage>(
      std::string(R"({"results":[{"activities":[)") + kActivity +
      R"(],"activity_count":2,"actor_count":1,)"
      R"("created_at":"2020-01-02T03:04:05.190000","group":"tweet_2020-01-02",)"
      R"("id":"89254500.tweet_2020-01-02","is_read":false,"is_seen":true,)"
      R"("updated_at":"2020-01-02T03:04:05.200000","verb":"tweet"}],)"
      R"("unread":1,"unseen":0,"next":""})");
  ASSERT_EQ(page.groups.size(), 1u);
  const ActivityGroup& group = page.groups[0];
  EXPECT_EQ(group.id, "89254500.tweet_2020-01-02");
  EXPECT_EQ(group.group, "tweet_2020-01-02");
  EXPECT_EQ(group.activity_count, 2);
  EXPECT_EQ(group.actor_count, 1);
  EXPECT_EQ(group.is_read, false);
  EXPECT_EQ(group.is_seen, true);
  EXPECT_EQ(group.verb, "tweet");
  EXPECT_EQ(group.created_at, "2020-01-02T03:04:05.190000");
  EXPECT_EQ(group.updated_at, "2020-01-02T03:04:05.200000");
  ASSERT_EQ(group.activities.size(), 1u);
  EXPECT_EQ(group.activities[0].id, "89199700");
  EXPECT_EQ(page.unread, 1);
  EXPECT_EQ(page.unseen, 0);
  EXPECT_TRUE(page.activities.empty());
}

TEST(FeedResultsTest, TakesAnActivityWithAListOfActivitiesForOne) {
  const auto page = Read<FeedPage>(
      R"({"results":[{"id":"a","actor":{"id":"bob"},"activities":[1]}]})");
  ASSERT_EQ(page.activities.size(), 1u);
  EXPECT_EQ(page.activities[0].actor, R"({"id":"bob"})");
}

TEST(FeedResultsTest, ReadsListsUnderEitherName) {
  EXPECT_EQ(Read<ActivityList>(R"({"results":[{"id":"a"}]})").activities[0].id,
            "a");
  EXPECT_EQ(
      Read<ActivityList>(R"({"activities":[{"id":"b"}]})").activities[0].id,
      "b");
  EXPECT_EQ(Read<UserList>(R"({"users":[{"id":"u"}]})").users[0].id, "u");
  EXPECT_EQ(Read<UserList>(R"({"created_users":[{"id":"u"}]})").users[0].id,
            "u");
  EXPECT_EQ(Read<ReactionPage>(R"({"reactions":[{"id":"r"}]})").reactions[0].id,
            "r");
}

TEST(FeedResultsTest, ReadsFollows) {
  const auto page = Read<FollowPage>(
      R"({"results":[{"feed_id":"user:1","target_id":"flat:42",)"
      R"("created_at":"2020-01-02T03:04:05.123456Z",)"
      R"("updated_at":"2020-01-02T03:04:06.123456Z"}]})");
  ASSERT_EQ(page.follows.size(), 1u);
  EXPECT_EQ(page.follows[0].feed_id, "user:1");
  EXPECT_EQ(page.follows[0].target_id, "flat:42");
  EXPECT_EQ(page.follows[0].created_at, "2020-01-02T03:04:05.123456Z");
  EXPECT_EQ(page.follows[0].updated_at, "2020-01-02T03:04:06.123456Z");
  const auto stats = Read<FollowStats>(
      R"({"results":{"followers":{"feed":"user:1","count":2},)"
      R"("following":{"feed":"user:1","count":3}}})");
  EXPECT_EQ(stats.followers, 2);
  EXPECT_EQ(stats.following, 3);
}

TEST(FeedResultsTest, ReadsTheChangeOfTargets) {
  const auto change = Read<TargetsChange>(
      R"({"activity":{"id":"a"},"added":["user:4"],"removed":["user:3"]})");
  EXPECT_EQ(change.activity.id, "a");
  EXPECT_EQ(change.added, std::vector<std::string>{"user:4"});
  EXPECT_EQ(change.removed, std::vector<std::string>{"user:3"});
}

TEST(FeedResultsTest, ReadsUsersEntriesAndReactions) {
  const auto user = Read<UserAnswer>(
      R"({"id":"bob","data":{"n":1.50},"created_at":"c","updated_at":"u",)"
      R"("followers_count":4,"following_count":5})");
  EXPECT_EQ(user.user.id, "bob");
  EXPECT_EQ(user.user.data, R"({"n":1.50})");
  EXPECT_EQ(user.followers_count, 4);
  EXPECT_EQ(user.following_count, 5);
  const auto entry = Read<CollectionAnswer>(
      R"({"id":"1","collection":"food","foreign_id":"food:1","data":{}})");
  EXPECT_EQ(entry.entry.collection, "food");
  EXPECT_EQ(entry.entry.foreign_id, "food:1");
  EXPECT_EQ(Read<CollectionList>(R"({"response":{"data":[{"id":"1"}]}})")
                .entries[0]
                .id,
            "1");
  const auto reactions = Read<ReactionPage>(
      R"({"results":[{"id":"r","kind":"like","activity_id":"a",)"
      R"("user_id":"bob","parent":"","data":{},"deleted_at":"d"}],)"
      R"("next":"n","activity":{"id":"a"}})");
  EXPECT_EQ(reactions.reactions[0].kind, "like");
  EXPECT_EQ(reactions.reactions[0].activity_id, "a");
  EXPECT_EQ(reactions.reactions[0].user_id, "bob");
  EXPECT_EQ(reactions.reactions[0].deleted_at, "d");
  EXPECT_EQ(reactions.next, "n");
  EXPECT_EQ(reactions.activity, R"({"id":"a"})");
  const auto page =
      Read<PagePreview>(R"({"title":"t","description":"d","url":"u"})");
  EXPECT_EQ(page.title + page.description + page.url, "tdu");
}

TEST(FeedResultsTest, SaysWhatAnAnswerLacks) {
  EXPECT_EQ(Lack<FeedPage>("{}"), "it has no list \"results\"");
  EXPECT_EQ(Lack<FeedPage>(R"({"results":{}})"), "it has no list \"results\"");
  EXPECT_EQ(Lack<AddedActivity>("{}"), "it has no \"id\"");
  EXPECT_EQ(Lack<ActivityList>("{}"), "it has no list \"activities\"");
  EXPECT_EQ(Lack<TargetsChange>("{}"), "it has no \"activity\"");
  EXPECT_EQ(Lack<FollowStats>(R"({"results":{}})"),
            "it has no count of followers");
  EXPECT_EQ(Lack<CollectionList>("{}"), "it has no \"response\"");
  EXPECT_EQ(Lack<UserAnswer>("{}"), "it has no \"id\"");
  EXPECT_EQ(Lack<ReactionAnswer>("{}"), "it has no \"id\"");
}

}  // namespace
}  // namespace sluice::feed
