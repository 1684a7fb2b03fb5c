#include "plugins/disruptive/paged_query.h"

#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "plugins/disruptive/api_fixture.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PagedQueryTest : public ApiFixture {
 protected:
  // Pages are "<content>><next token>"; without ">" they are not understood.
  void Ask() {
    query_ = std::make_unique<PagedQuery>(
        &api_, &executor_, "/things?x=1",
        [this](const std::string& body) -> absl::StatusOr<std::string> {
          const size_t at = body.find('>');
          if (at == std::string::npos) return absl::InvalidArgumentError("?");
          pages_.push_back(body.substr(0, at));
          if (pages_.back() == "drop") query_.reset();
          return body.substr(at + 1);
        },
        [this](absl::Status status) {
          results_.push_back(status.code());
          query_.reset();
        });
    executor_.Advance(absl::ZeroDuration());
  }

  std::unique_ptr<PagedQuery> query_;
  std::vector<std::string> pages_;
  std::vector<absl::StatusCode> results_;
};

TEST_F(PagedQueryTest, FollowsTokensToTheLastPage) {
  Ask();
  Answer(200, "one>t 1");
  EXPECT_EQ(http_.open()->request().url,
            "http://api/v2/things?x=1&pageToken=t%201");
  Answer(200, "two>");
  EXPECT_THAT(pages_, ElementsAre("one", "two"));
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kOk));
}

TEST_F(PagedQueryTest, AsksAgainForAPageItDoesNotUnderstand) {
  Ask();
  Answer(200, "<html");
  EXPECT_EQ(http_.open(), nullptr);
  executor_.Advance(absl::Seconds(11));
  Answer(200, "one>");
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kOk));
}

TEST_F(PagedQueryTest, GivesUpWhenItNeverUnderstands) {
  Ask();
  for (int i = 0; i < 5; ++i) {
    Answer(200, "<html");
    executor_.Advance(absl::Seconds(11));
  }
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kDataLoss));
}

TEST_F(PagedQueryTest, PassesRefusalsOn) {
  Ask();
  Answer(403, "{}");
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kPermissionDenied));
}

TEST_F(PagedQueryTest, MayBeDestroyedInsideOfItsCallbacks) {
  Ask();
  Answer(200, "drop>more");
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(results_, IsEmpty());
  EXPECT_EQ(http_.open(), nullptr);
}

}  // namespace
}  // namespace sluice::disruptive
