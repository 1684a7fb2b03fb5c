#include "plugins/disruptive/api_client.h"

#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ApiClientTest : public ::testing::Test {
 protected:
  ApiClientTest() {
    settings_.key = {"k", "s", "e", /*basic=*/true};
    settings_.base_url = "http://api/v2";
  }

  void Start() {
    authorizer_ = std::make_unique<Authorizer>(&settings_, &executor_, &http_,
                                               &random_, &clock_);
    client_ = std::make_unique<ApiClient>(
        &settings_, &executor_, &http_, authorizer_.get(), &random_,
        ApiClient::Counters{&requests_, &throttled_});
  }

  void Get(const std::string& path) {
    handles_.push_back(
        client_->Get(path, [this, path](absl::StatusOr<std::string> result) {
          results_.push_back(
              path + " " +
              (result.ok() ? *result
                           : absl::StatusCodeToString(result.status().code())));
        }));
    executor_.Advance(absl::ZeroDuration());
  }

  // Answers the oldest open request, which must be there.
  void Answer(int status, const std::string& body, HttpHeaders headers = {}) {
    ASSERT_NE(http_.open(), nullptr);
    http_.open()->Respond(status, body, std::move(headers));
    executor_.RunReady();
  }

  int open() const {
    int count = 0;
    for (const auto& exchange : http_.requests()) {
      count += !exchange->finished() && !exchange->cancelled();
    }
    return count;
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  std::mt19937_64 engine_{3};
  absl::BitGenRef random_{engine_};
  Settings settings_;
  Counter requests_;
  Counter throttled_;
  ServerClock clock_{&executor_};
  std::unique_ptr<Authorizer> authorizer_;
  std::unique_ptr<ApiClient> client_;
  std::vector<ApiClient::Handle> handles_;
  std::vector<std::string> results_;
};

TEST_F(ApiClientTest, AsksWithCredentialsAndHandsTheBodyOn) {
  Start();
  Get("/projects/p/devices");
  ASSERT_NE(http_.open(), nullptr);
  EXPECT_EQ(http_.open()->request().url, "http://api/v2/projects/p/devices");
  EXPECT_EQ(FindHeader(http_.open()->request().headers, "Authorization"),
            "Basic azpz");
  Answer(200, "{}");
  EXPECT_THAT(results_, ElementsAre("/projects/p/devices {}"));
  EXPECT_EQ(requests_.value(), 1u);
}

TEST_F(ApiClientTest, KeepsToItsParallelism) {
  settings_.parallel = 2;
  Start();
  for (const char* path : {"/a", "/b", "/c"}) Get(path);
  EXPECT_EQ(open(), 2);
  Answer(200, "1");
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(open(), 2);
  EXPECT_THAT(results_, ElementsAre("/a 1"));
}

TEST_F(ApiClientTest, KeepsToItsRate) {
  settings_.requests_per_second = 2;
  settings_.burst = 2;
  settings_.parallel = 32;
  Start();
  for (int i = 0; i < 10; ++i) Get("/x");
  EXPECT_EQ(http_.requests().size(), 2u);
  executor_.Advance(absl::Seconds(2));
  EXPECT_GE(http_.requests().size(), 5u);
  EXPECT_LE(http_.requests().size(), 6u);
}

TEST_F(ApiClientTest, WaitsAsLongAsA429SaysWithAllRequests) {
  Start();
  Get("/a");
  Answer(429, R"({"error":"slow down"})", {{"Retry-After", "7"}});
  EXPECT_THAT(client_->trouble(), HasSubstr("429 (slow down)"));
  Get("/b");
  executor_.Advance(absl::Seconds(6.9));
  EXPECT_EQ(http_.requests().size(), 1u);
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(http_.requests().size(), 3u);
  Answer(200, "1");
  Answer(200, "2");
  EXPECT_EQ(results_.size(), 2u);
  EXPECT_EQ(throttled_.value(), 1u);
  EXPECT_EQ(client_->trouble(), "");
}

TEST_F(ApiClientTest, TriesAgainUntilPassingTroublePasses) {
  Start();
  Get("/a");
  for (int i = 0; i < 8; ++i) {
    if (i % 2 == 0) {
      Answer(503, "<html>");
    } else {
      ASSERT_NE(http_.open(), nullptr);
      http_.open()->Fail(absl::UnavailableError("reset"));
    }
    executor_.Advance(absl::Minutes(1));
  }
  EXPECT_THAT(results_, IsEmpty());
  Answer(200, "done");
  EXPECT_THAT(results_, ElementsAre("/a done"));
}

TEST_F(ApiClientTest, WaitsLongerAfterAGatewayTimeout) {
  Start();
  Get("/a");
  Answer(504, "");
  executor_.Advance(absl::Seconds(9.9));
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(ApiClientTest, GivesUpOnlyOnWhatStays) {
  Start();
  const struct {
    int status;
    const char* result;
  } cases[] = {{400, "/a INVALID_ARGUMENT"},
               {403, "/a PERMISSION_DENIED"},
               {404, "/a NOT_FOUND"},
               {302, "/a UNIMPLEMENTED"}};
  for (const auto& c : cases) {
    results_.clear();
    Get("/a");
    Answer(c.status, R"({"error":"no"})");
    EXPECT_THAT(results_, ElementsAre(c.result));
  }
}

TEST_F(ApiClientTest, FetchesANewTokenAfterA401AndThenSlowsDown) {
  settings_.key.basic = false;
  settings_.token_url = "http://identity/token";
  Start();
  Get("/a");
  Answer(200, R"({"access_token":"t1","expires_in":3600})");
  executor_.Advance(absl::ZeroDuration());
  Answer(401, "{}");
  executor_.Advance(absl::Seconds(1));
  Answer(200, R"({"access_token":"t2","expires_in":3600})");
  executor_.Advance(absl::ZeroDuration());
  ASSERT_NE(http_.open(), nullptr);
  EXPECT_EQ(FindHeader(http_.open()->request().headers, "Authorization"),
            "Bearer t2");
  Answer(401, "{}");
  const size_t requests = http_.requests().size();
  executor_.Advance(absl::Seconds(55));
  EXPECT_EQ(http_.requests().size(), requests);
  EXPECT_THAT(client_->trouble(), HasSubstr("credentials"));
}

TEST_F(ApiClientTest, BeginsNothingWhilePaused) {
  Start();
  client_->SetPaused(true);
  Get("/a");
  EXPECT_EQ(http_.open(), nullptr);
  client_->SetPaused(false);
  executor_.Advance(absl::ZeroDuration());
  EXPECT_NE(http_.open(), nullptr);
}

TEST_F(ApiClientTest, TakesRequestsBackInAnyState) {
  settings_.parallel = 1;
  Start();
  Get("/running");
  Get("/queued");
  handles_.erase(handles_.begin());
  executor_.Advance(absl::ZeroDuration());
  ASSERT_NE(http_.open("/queued"), nullptr);
  http_.open("/queued")->Respond(503);
  executor_.RunReady();
  handles_.clear();
  executor_.Advance(absl::Minutes(5));
  EXPECT_EQ(http_.open(), nullptr);
  EXPECT_THAT(results_, IsEmpty());
}

}  // namespace
}  // namespace sluice::disruptive
