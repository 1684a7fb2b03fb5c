#include "tools/sluice/feed/feed_tables.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(FeedTablesTest, ShowsActivities) {
  feed::FeedPage page;
  page.activities = {{.id = "id-1",
                      .foreign_id = "tweet:1",
                      .time = "2020-01-02T03:04:05.123456",
                      .actor = "1",
                      .verb = "tw\x1b[31meet",
                      .object = "2"}};
  EXPECT_EQ(FormatFeedPage(page),
            "TIME                        ACTOR  VERB        OBJECT  FOREIGN ID"
            "  ID\n"
            "2020-01-02T03:04:05.123456  1      tw [31meet  2       tweet:1   "
            "  id-1\n");
  page.next = "/api/v1.0/feed/user/1/?id_lt=id-1";
  EXPECT_TRUE(FormatFeedPage(page).ends_with("\nmore: --id-lt id-1\n"));
  EXPECT_EQ(FormatFeedPage({}), "no activities\n");
}

TEST(FeedTablesTest, ShowsGroups) {
  feed::FeedPage page;
  page.groups = {{.id = "g.1",
                  .group = "tweet_1",
                  .activity_count = 2,
                  .actor_count = 1,
                  .updated_at = "t",
                  .is_seen = true}};
  page.unseen = 0;
  page.unread = 1;
  EXPECT_EQ(FormatFeedPage(page),
            "UPDATED  GROUP    ACTIVITIES  ACTORS  SEEN  READ  ID\n"
            "t        tweet_1  2           1       yes   -     g.1\n"
            "0 unseen, 1 unread\n");
}

TEST(FeedTablesTest, ShowsMembersAsTheyWereWritten) {
  EXPECT_EQ(
      FormatMembers(
          R"({"id":"a","n":1.500,"o":{"x": 1},"t":"\u001bé","duration":"1ms"})"),
      "id  a\nn   1.500\no   {\"x\": 1}\nt    é\n");
}

TEST(FeedTablesTest, ShowsFollows) {
  feed::FollowPage page;
  page.follows = {{.feed_id = "a:1", .target_id = "b:2", .created_at = "t"}};
  EXPECT_EQ(FormatFollows(page), "SINCE  FEED  FOLLOWS\nt      a:1   b:2\n");
  feed::FollowStats stats;
  stats.followers = 1;
  stats.following = 3;
  EXPECT_EQ(FormatFollowStats(stats), "1 follower, follows 3 feeds\n");
  feed::TargetsChange change;
  change.added = {"a:1", "b:2"};
  EXPECT_EQ(FormatTargetsChange(change),
            "added    a:1, b:2\nremoved  none\nto       none\n");
}

TEST(FeedTablesTest, ShowsUsersEntriesAndReactions) {
  feed::UserList users;
  users.users = {{.id = "bob", .data = "{}", .updated_at = "t"}};
  EXPECT_EQ(FormatUsers(users), "ID   UPDATED  DATA\nbob  t        {}\n");
  feed::CollectionList entries;
  entries.entries = {{.foreign_id = "food:1", .data = "{}"}};
  EXPECT_EQ(FormatEntries(entries),
            "ENTRY   UPDATED  DATA\nfood:1           {}\n");
  feed::ReactionPage reactions;
  reactions.reactions = {{.id = "r", .kind = "like", .activity_id = "a"}};
  EXPECT_EQ(FormatReactions(reactions),
            "CREATED  KIND  USER  ACTIVITY  DATA  ID\n"
            "         like        a               r\n");
  EXPECT_EQ(FormatReactions({}), "no reactions\n");
}

}  // namespace
}  // namespace sluice
