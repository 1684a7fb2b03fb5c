// A client of activity feeds and an emulator to talk to.
#ifndef TESTS_INTEGRATION_FEED_FEED_CLIENT_FIXTURE_H_
#define TESTS_INTEGRATION_FEED_FEED_CLIENT_FIXTURE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "plugins/feed/client/feed_client.h"
#include "tools/sandbox/sandbox.h"
#include "tools/sluice/http_session.h"

namespace sluice::feed {

inline constexpr char kTime[] = "2020-01-02T03:04:05.123456";
// Of foreign id "tweet:1" at that time.
inline constexpr char kId[] = "89199700-2d0c-11ea-8080-80003644b625";

class FeedClientFixture : public ::testing::Test {
 protected:
  FeedClientFixture() {
    sandbox_ = sandbox::Sandbox::Start({}).value();
    const auto ready =
        boost::json::parse(sandbox_->ReadyJson()).at("feed").as_object();
    const auto text = [&ready](const char* name) {
      return std::string(ready.at(name).as_string());
    };
    client_ = FeedClient::Create({.api_key = text("api_key"),
                                  .api_secret = text("api_secret"),
                                  .base_url = text("base_url")})
                  .value();
    client_->Start(session_.http(), session_.executor());
  }
  ~FeedClientFixture() override {
    session_.Run([this] { client_.reset(); });
  }

  // The result of a call.
  template <typename Result>
  absl::StatusOr<Result> Ask(
      std::function<std::unique_ptr<HttpCall>(FeedDone<Result>)> start) {
    return session_.Await<absl::StatusOr<Result>>(
        [&](auto done) { return start(std::move(done)); });
  }
  // The result of a call that must succeed.
  template <typename Result>
  Result Do(std::function<std::unique_ptr<HttpCall>(FeedDone<Result>)> start) {
    absl::StatusOr<Result> result = Ask<Result>(std::move(start));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : Result();
  }

  static std::string Tweet(int number, std::string more = "") {
    return absl::StrCat(R"({"actor":"1","verb":"tweet","object":"1",)",
                        R"("foreign_id":"tweet:)", number, R"(","time":")",
                        kTime, "\"", more, "}");
  }
  AddedActivity Add(const std::string& feed, const std::string& activity) {
    return Do<AddedActivity>([&](auto done) {
      return client_->feeds().Add(feed, activity, std::move(done));
    });
  }
  FeedPage Get(const std::string& feed, const ReadOptions& options = {}) {
    return Do<FeedPage>([&](auto done) {
      return client_->feeds().Get(feed, options, std::move(done));
    });
  }
  std::vector<std::string> ForeignIds(const std::string& feed,
                                      const ReadOptions& options = {}) {
    std::vector<std::string> ids;
    for (const Activity& activity : Get(feed, options).activities) {
      ids.push_back(activity.foreign_id);
    }
    return ids;
  }
  void Follow(const std::string& source, const std::string& target,
              std::optional<int64_t> limit = {}) {
    Do<FeedAnswer>([&](auto done) {
      return client_->follows().Add(source, target, limit, std::move(done));
    });
  }

  std::unique_ptr<sandbox::Sandbox> sandbox_;
  HttpSession session_;
  std::unique_ptr<FeedClient> client_;
};

}  // namespace sluice::feed

#endif  // TESTS_INTEGRATION_FEED_FEED_CLIENT_FIXTURE_H_
