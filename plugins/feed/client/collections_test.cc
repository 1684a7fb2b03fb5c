#include "plugins/feed/client/collections.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

constexpr char kEntry[] = R"({"id":"1","collection":"food","data":{}})";

class CollectionsTest : public ClientFixture {};

TEST_F(CollectionsTest, AddsAnEntry) {
  ASSERT_TRUE(Ask<CollectionAnswer>(
                  [&](auto done) {
                    return client_->collections().Add(
                        "food", R"({"n":1.0})", "1", "bob", std::move(done));
                  },
                  201, kEntry)
                  .ok());
  EXPECT_EQ(Line(), "POST /api/v1.0/collections/food/?api_key=key");
  EXPECT_EQ(Body(), R"({"id":"1","data":{"n":1.0},"user_id":"bob"})");
  EXPECT_EQ(TokenClaims(), "* collections * *");
  ASSERT_TRUE(Ask<CollectionAnswer>(
                  [&](auto done) {
                    return client_->collections().Add("food", "{}", "", "",
                                                      std::move(done));
                  },
                  201, kEntry)
                  .ok());
  EXPECT_EQ(Body(), R"({"id":null,"data":{},"user_id":null})");
}

TEST_F(CollectionsTest, ReadsChangesAndDeletesAnEntry) {
  ASSERT_TRUE(Ask<CollectionAnswer>(
                  [&](auto done) {
                    return client_->collections().Get("food", "1",
                                                      std::move(done));
                  },
                  200, kEntry)
                  .ok());
  EXPECT_EQ(Line(), "GET /api/v1.0/collections/food/1/?api_key=key");
  ASSERT_TRUE(Ask<CollectionAnswer>(
                  [&](auto done) {
                    return client_->collections().Update("food", "1", "{}",
                                                         std::move(done));
                  },
                  201, kEntry)
                  .ok());
  EXPECT_EQ(Line(), "PUT /api/v1.0/collections/food/1/?api_key=key");
  EXPECT_EQ(Body(), R"({"data":{}})");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->collections().Delete("food", "1",
                                                         std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(), "DELETE /api/v1.0/collections/food/1/?api_key=key");
}

TEST_F(CollectionsTest, HandlesMany) {
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->collections().Upsert(
                        "food", {R"({"id":"1","n":1.0})"}, std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /api/v1.0/collections/?api_key=key");
  EXPECT_EQ(Body(), R"({"data":{"food":[{"id":"1","n":1.0}]}})");
  const auto found = Ask<CollectionList>(
      [&](auto done) {
        return client_->collections().Select("food", {"1", "2"},
                                             std::move(done));
      },
      200, R"({"response":{"data":[{"id":"1"}]}})");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->entries[0].id, "1");
  EXPECT_EQ(Line(),
            "GET /api/v1.0/collections/?api_key=key"
            "&foreign_ids=food%3A1%2Cfood%3A2");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->collections().DeleteMany("food", {"1", "2"},
                                                             std::move(done));
                  },
                  200, "{}")
                  .ok());
  EXPECT_EQ(Line(),
            "DELETE /api/v1.0/collections/?api_key=key&collection_name=food"
            "&ids=1&ids=2");
}

TEST_F(CollectionsTest, ChecksArguments) {
  const auto refusal = [this](std::string collection, std::string id,
                              std::string data) {
    return Refusal<CollectionAnswer>([&](auto done) {
      return client_->collections().Update(collection, id, data,
                                           std::move(done));
    });
  };
  EXPECT_TRUE(refusal("fo/od", "1", "{}").starts_with("collection: "));
  EXPECT_TRUE(refusal("food", "", "{}").starts_with("id: "));
  EXPECT_TRUE(refusal("food", "1", "[]").starts_with("data: "));
  EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                return client_->collections().Upsert("food", {"{}"},
                                                     std::move(done));
              }).starts_with("entries[0].id: "));
  EXPECT_TRUE(Refusal<CollectionList>([&](auto done) {
                return client_->collections().Select("food", {"a b"},
                                                     std::move(done));
              }).starts_with("ids[0]: "));
}

TEST(CollectionReferenceTest, IsWhatActivitiesHold) {
  EXPECT_EQ(Collections::Reference("food", "1"), "SO:food:1");
}

}  // namespace
}  // namespace sluice::feed
