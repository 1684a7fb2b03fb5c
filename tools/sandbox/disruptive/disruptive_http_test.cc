#include "tools/sandbox/disruptive/disruptive_http.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DisruptiveQueryTest, TakesBothSpellingsAndRepeatedKeys) {
  const DisruptiveQuery query(
      "device_ids=a&deviceIds=b%20c&pageToken=t+1&label_filters=room%3D9+9");
  EXPECT_THAT(query.All("device_ids"), ElementsAre("a", "b c"));
  EXPECT_EQ(query.One("page_token"), "t 1");
  EXPECT_THAT(query.All("label_filters"), ElementsAre("room=9 9"));
  EXPECT_THAT(query.All("event_types"), IsEmpty());
}

TEST(DisruptiveQueryTest, BoundsThePageSize) {
  EXPECT_EQ(*DisruptiveQuery("").PageSize(10, 100), 10u);
  EXPECT_EQ(*DisruptiveQuery("pageSize=7").PageSize(10, 100), 7u);
  EXPECT_EQ(*DisruptiveQuery("page_size=700").PageSize(10, 100), 100u);
  EXPECT_EQ(*DisruptiveQuery("page_size=0").PageSize(10, 100), 10u);
  EXPECT_FALSE(DisruptiveQuery("page_size=-1").PageSize(10, 100).ok());
  EXPECT_FALSE(DisruptiveQuery("page_size=many").PageSize(10, 100).ok());
}

TEST(DisruptivePathTest, SplitsOffTheVerbOfTheLastPart) {
  DisruptivePath path = DisruptivePath::Parse("projects/p1/devices:stream");
  EXPECT_THAT(path.parts, ElementsAre("projects", "p1", "devices"));
  EXPECT_EQ(path.verb, "stream");
  path = DisruptivePath::Parse("projects/a%2Fb/devices/d");
  EXPECT_THAT(path.parts, ElementsAre("projects", "a/b", "devices", "d"));
  EXPECT_EQ(path.verb, "");
  EXPECT_THAT(DisruptivePath::Parse("/").parts, IsEmpty());
}

TEST(DisruptiveErrorTest, HasTheServicesBody) {
  const HttpResponse error = DisruptiveError(404, "device \"x\" not found");
  EXPECT_EQ(error.status, 404);
  EXPECT_EQ(error.body, R"({"error":"device \"x\" not found","code":404,)"
                        R"("help":"https://docs.d21s.com/error/#404"})");
}

TEST(DisruptiveErrorTest, IsJsonWhateverItQuotes) {
  EXPECT_EQ(
      DisruptiveError(400, "invalid end_time \"2025-\xe7\"").body,
      "{\"error\":\"invalid end_time \\\"2025-\xef\xbf\xbd\\\"\",\"code\":400,"
      R"("help":"https://docs.d21s.com/error/#400"})");
}

TEST(DisruptiveErrorTest, MapsStatusCodes) {
  EXPECT_EQ(DisruptiveError(absl::InvalidArgumentError("")).status, 400);
  EXPECT_EQ(DisruptiveError(absl::UnauthenticatedError("")).status, 401);
  EXPECT_EQ(DisruptiveError(absl::PermissionDeniedError("")).status, 403);
  EXPECT_EQ(DisruptiveError(absl::NotFoundError("")).status, 404);
  EXPECT_EQ(DisruptiveError(absl::ResourceExhaustedError("")).status, 429);
  EXPECT_EQ(DisruptiveError(absl::InternalError("")).status, 500);
}

}  // namespace
}  // namespace sluice::sandbox
