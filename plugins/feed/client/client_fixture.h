// A FeedClient on a scripted network, for the tests of its parts.
#ifndef PLUGINS_FEED_CLIENT_CLIENT_FIXTURE_H_
#define PLUGINS_FEED_CLIENT_CLIENT_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/http/url.h"
#include "plugins/feed/client/feed_client.h"
#include "plugins/feed/client/feed_error.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::feed {

class ClientFixture : public ::testing::Test {
 protected:
  static constexpr char kRoot[] = "http://localhost:8000";

  ClientFixture() { client_->Start(&http_, &executor_); }

  // Starts a call with `start`, which is given its callback, answers it, and
  // returns what came back.
  //
  //   Ask<FeedPage>([&](auto done) {
  //     return client_->feeds().Get("user:1", {}, std::move(done));
  //   }, 200, R"({"results":[]})");
  template <typename Result, typename Start>
  absl::StatusOr<Result> Ask(Start start, int status, std::string answer) {
    std::optional<absl::StatusOr<Result>> result;
    const std::unique_ptr<HttpCall> call = start(FeedDone<Result>(
        [&result](absl::StatusOr<Result> r) { result.emplace(std::move(r)); }));
    EXPECT_FALSE(result.has_value()) << "called back inside the call";
    if (auto* exchange = http_.open()) {
      exchange->Respond(status, std::move(answer));
    }
    executor_.RunReady();
    if (!result.has_value()) return absl::InternalError("not called back");
    return *std::move(result);
  }

  // The message of a call that must fail before anything is sent.
  template <typename Result, typename Start>
  std::string Refusal(Start start) {
    const size_t before = http_.requests().size();
    const absl::StatusOr<Result> result = Ask<Result>(std::move(start), 0, "");
    EXPECT_EQ(http_.requests().size(), before) << "something was sent";
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(FeedErrorOf(result.status()).has_value());
    return std::string(result.status().message());
  }

  // The latest request: "POST /api/v1.0/feed/user/1/?api_key=key".
  std::string Line() const {
    const HttpRequest& request = http_.requests().back()->request();
    EXPECT_TRUE(request.url.starts_with(kRoot)) << request.url;
    return request.method + " " + request.url.substr(sizeof(kRoot) - 1);
  }
  const std::string& Body() const {
    return http_.requests().back()->request().body;
  }
  // What its token claims, "write feed user1"; with a user behind it, if any.
  std::string TokenClaims() const {
    const auto token =
        FindHeader(http_.requests().back()->request().headers, "Authorization");
    const absl::StatusOr<Jwt> jwt = VerifyJwt(
        token.value_or(""),
        [](const Jwt&) -> std::optional<std::string> { return "secret"; });
    EXPECT_TRUE(jwt.ok()) << jwt.status();
    if (!jwt.ok()) return "";
    std::string text;
    for (const char* name : {"action", "resource", "feed_id", "user_id"}) {
      const boost::json::value* claim = jwt->claims.if_contains(name);
      if (claim == nullptr) continue;
      absl::StrAppend(&text, text.empty() ? "" : " ",
                      std::string(claim->get_string()));
    }
    return text;
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  std::unique_ptr<FeedClient> client_ =
      FeedClient::Create(
          {.api_key = "key", .api_secret = "secret", .base_url = kRoot})
          .value();
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_CLIENT_FIXTURE_H_
