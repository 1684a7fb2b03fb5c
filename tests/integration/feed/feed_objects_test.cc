// The calls of the client about users, collections, reactions, notification
// feeds, analytics and previews against the emulator.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/feed/client/feed_error.h"
#include "tests/integration/feed/feed_client_fixture.h"

namespace sluice::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeedObjectsTest : public FeedClientFixture {
 protected:
  UserAnswer AddUser(const std::string &id, const std::string &data) {
    return Do<UserAnswer>([&](auto done) {
      return client_->users().Add(id, data, /*get_or_create=*/false,
                                  std::move(done));
    });
  }
  Reaction React(const std::string &kind, const std::string &user,
                 std::vector<std::string> target_feeds = {}) {
    return Do<ReactionAnswer>([&](auto done) {
             return client_->reactions().Add(
                 kId,
                 {.kind = kind,
                  .user_id = user,
                  .data = R"({"n":1})",
                  .target_feeds = std::move(target_feeds)},
                 std::move(done));
           })
        .reaction;
  }
  std::vector<std::string> Kinds(const ReactionFilter &filter) {
    const auto page = Do<ReactionPage>([&](auto done) {
      return client_->reactions().Filter(filter, std::move(done));
    });
    std::vector<std::string> kinds;
    for (const Reaction &reaction : page.reactions) {
      kinds.push_back(reaction.kind);
    }
    return kinds;
  }
};

TEST_F(FeedObjectsTest, KeepsUsers) {
  EXPECT_EQ(AddUser("bob", R"({"name":"Bob"})").user.id, "bob");
  EXPECT_EQ(Ask<UserAnswer>([&](auto done) {
              return client_->users().Add("bob", "", false, std::move(done));
            })
                .status()
                .code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Do<UserAnswer>([&](auto done) {
                return client_->users().Add("bob", "", /*get_or_create=*/true,
                                            std::move(done));
              }).user.data,
              HasSubstr("Bob"));
  Do<UserAnswer>([&](auto done) {
    return client_->users().Update("bob", R"({"name":"Robert"})",
                                   std::move(done));
  });
  Follow("timeline:bob", "user:alice");
  const auto bob = Do<UserAnswer>([&](auto done) {
    return client_->users().Get("bob", /*with_follow_counts=*/true,
                                std::move(done));
  });
  EXPECT_THAT(bob.user.data, HasSubstr("Robert"));
  EXPECT_EQ(bob.following_count, 1);
  EXPECT_EQ(bob.followers_count, 0);
  Do<FeedAnswer>([&](auto done) {
    return client_->users().Delete("bob", std::move(done));
  });
  EXPECT_EQ(Ask<UserAnswer>([&](auto done) {
              return client_->users().Get("bob", false, std::move(done));
            })
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FeedObjectsTest, KeepsManyUsers) {
  EXPECT_THAT(
      Do<UserList>([&](auto done) {
        return client_->users().AddMany({{"a"}, {"b"}}, false, std::move(done));
      }).users,
      SizeIs(2));
  Do<FeedAnswer>([&](auto done) {
    return client_->users().DeleteMany({"a"}, std::move(done));
  });
  const auto left = Do<UserList>([&](auto done) {
    return client_->users().GetMany({"a", "b"}, std::move(done));
  });
  ASSERT_EQ(left.users.size(), 1u);
  EXPECT_EQ(left.users[0].id, "b");
}

TEST_F(FeedObjectsTest, KeepsCollections) {
  EXPECT_EQ(Do<CollectionAnswer>([&](auto done) {
              return client_->collections().Add("food", R"({"n":1})", "1", "",
                                                std::move(done));
            }).entry.foreign_id,
            "food:1");
  Do<CollectionAnswer>([&](auto done) {
    return client_->collections().Update("food", "1", R"({"n":2})",
                                         std::move(done));
  });
  EXPECT_THAT(Do<CollectionAnswer>([&](auto done) {
                return client_->collections().Get("food", "1", std::move(done));
              }).entry.data,
              HasSubstr("2"));
  Do<FeedAnswer>([&](auto done) {
    return client_->collections().Upsert(
        "food", {R"({"id":"2","n":1})", R"({"id":"3","n":1})"},
        std::move(done));
  });
  EXPECT_THAT(Do<CollectionList>([&](auto done) {
                return client_->collections().Select("food", {"1", "2", "9"},
                                                     std::move(done));
              }).entries,
              SizeIs(2));
  Do<FeedAnswer>([&](auto done) {
    return client_->collections().DeleteMany("food", {"2", "3"},
                                             std::move(done));
  });
  Do<FeedAnswer>([&](auto done) {
    return client_->collections().Delete("food", "1", std::move(done));
  });
  EXPECT_THAT(Do<CollectionList>([&](auto done) {
                return client_->collections().Select("food", {"1", "2", "3"},
                                                     std::move(done));
              }).entries,
              IsEmpty());
}

TEST_F(FeedObjectsTest, KeepsReactions) {
  Add("user:1", Tweet(1));
  AddUser("bob", "");
  const Reaction like = React("like", "bob", {"user:2"});
  EXPECT_EQ(like.activity_id, kId);
  ASSERT_THAT(Get("user:2").activities, SizeIs(1));
  EXPECT_EQ(Get("user:2").activities[0].verb, "like");
  React("comment", "bob");
  const auto child = Do<ReactionAnswer>([&](auto done) {
    return client_->reactions().AddChild(
        like.id, {.kind = "thanks", .user_id = "bob"}, std::move(done));
  });
  EXPECT_EQ(child.reaction.parent, like.id);

  EXPECT_THAT(Kinds({.id = kId}), ElementsAre("comment", "like"));
  EXPECT_THAT(Kinds({.id = kId, .kind = "like"}), ElementsAre("like"));
  EXPECT_THAT(Kinds({.lookup = ReactionLookup::kUser, .id = "bob", .limit = 1}),
              ElementsAre("comment"));
  EXPECT_THAT(Kinds({.lookup = ReactionLookup::kReaction, .id = like.id}),
              ElementsAre("thanks"));

  Do<ReactionAnswer>([&](auto done) {
    return client_->reactions().Update(like.id, R"({"n":2})", {},
                                       std::move(done));
  });
  EXPECT_THAT(Get("user:2").activities, IsEmpty());
  Do<FeedAnswer>([&](auto done) {
    return client_->reactions().Delete(like.id, /*soft=*/true, std::move(done));
  });
  EXPECT_NE(Do<ReactionAnswer>([&](auto done) {
              return client_->reactions().Get(like.id, std::move(done));
            }).reaction.deleted_at,
            "");
  Do<FeedAnswer>([&](auto done) {
    return client_->reactions().Restore(like.id, std::move(done));
  });
  EXPECT_EQ(Ask<FeedAnswer>([&](auto done) {
              return client_->reactions().Restore(like.id, std::move(done));
            })
                .status()
                .code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(Do<ReactionPage>([&](auto done) {
                return client_->reactions().GetMany({like.id}, false,
                                                    std::move(done));
              }).reactions,
              SizeIs(1));
  Do<FeedAnswer>([&](auto done) {
    return client_->reactions().Delete(like.id, /*soft=*/false,
                                       std::move(done));
  });
  EXPECT_EQ(Ask<ReactionAnswer>([&](auto done) {
              return client_->reactions().Get(like.id, std::move(done));
            })
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FeedObjectsTest, EnrichesFeeds) {
  AddUser("bob", R"({"name":"Bob"})");
  Add("user:1", absl::StrCat(R"({"actor":"SU:bob","verb":"tweet",)",
                             R"("object":"1","foreign_id":"tweet:1","time":")",
                             kTime, "\"}"));
  React("like", "bob");
  const FeedPage page = Get(
      "user:1", {.enrichment = {.references = true, .reaction_counts = true}});
  ASSERT_THAT(page.activities, SizeIs(1));
  EXPECT_THAT(page.activities[0].actor, HasSubstr("Bob"));
  const auto object = boost::json::parse(page.activities[0].json).as_object();
  EXPECT_EQ(object.at("reaction_counts").at("like"), 1);
  EXPECT_EQ(Get("user:1").activities[0].actor, "SU:bob");
}

TEST_F(FeedObjectsTest, MarksNotifications) {
  Add("notification:1", Tweet(1));
  const FeedPage before = Get("notification:1", {.mark_seen = {.all = true}});
  ASSERT_THAT(before.groups, SizeIs(1));
  EXPECT_EQ(before.groups[0].is_seen, false);
  EXPECT_EQ(before.groups[0].activity_count, 1);
  Get("notification:1", {.mark_read = {.ids = {before.groups[0].id}}});
  const FeedPage after = Get("notification:1");
  EXPECT_EQ(after.groups[0].is_seen, true);
  EXPECT_EQ(after.groups[0].is_read, true);
  EXPECT_EQ(after.unseen, 0);
  EXPECT_EQ(after.unread, 0);
}

TEST_F(FeedObjectsTest, CountsAndPreviews) {
  Do<FeedAnswer>([&](auto done) {
    return client_->analytics().TrackEngagements(
        R"([{"content":"tweet:1","label":"click","user_data":"bob"}])",
        std::move(done));
  });
  Do<FeedAnswer>([&](auto done) {
    return client_->analytics().TrackImpressions(
        R"([{"content_list":["tweet:1"],"user_data":"bob"}])", std::move(done));
  });
  EXPECT_NE(Do<PagePreview>([&](auto done) {
              return client_->analytics().Preview("https://example.com/",
                                                  std::move(done));
            }).title,
            "");
}

}  // namespace
}  // namespace sluice::feed
