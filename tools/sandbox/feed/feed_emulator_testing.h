// A fixture for tests of the emulated feed service.
#ifndef TOOLS_SANDBOX_FEED_FEED_EMULATOR_TESTING_H_
#define TOOLS_SANDBOX_FEED_FEED_EMULATOR_TESTING_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/feed/feed_emulator.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

class FeedEmulatorFixture : public ::testing::Test {
 protected:
  // What a server's token may do: everything.
  static constexpr char kAll[] =
      R"({"resource":"*","action":"*","feed_id":"*"})";

  FeedEmulatorFixture() { Restart({}); }

  void Restart(FeedOptions options) {
    secret_ = options.api_secret;
    emulator_ = std::make_unique<FeedEmulator>(std::move(options), &ledger_);
    emulator_->Start("http://127.0.0.1:8082", &executor_);
  }

  HttpResponse Say(const std::string& method, const std::string& path,
                   const std::string& body = "", std::string claims = kAll) {
    return SayAt(method, "/api/v1.0/" + path, body, std::move(claims));
  }
  // `path` from the root.
  HttpResponse SayAt(const std::string& method, const std::string& path,
                     const std::string& body = "", std::string claims = kAll) {
    auto responder = std::make_shared<FakeResponder>();
    const bool has_query = path.find('?') != std::string::npos;
    emulator_->Handle(
        MakeRequest(
            method,
            absl::StrCat(path, has_query ? "&" : "?", "api_key=sandbox_key"),
            {{"Authorization",
              SignJwt(R"({"alg":"HS256","typ":"JWT"})", claims, secret_)},
             {"stream-auth-type", "jwt"}},
            body),
        responder);
    return *responder->answer;
  }
  // The answer without its duration; its status is in status_.
  boost::json::object Ask(const std::string& method, const std::string& path,
                          const std::string& body = "",
                          std::string claims = kAll) {
    const HttpResponse response = Say(method, path, body, std::move(claims));
    status_ = response.status;
    boost::json::object answer = boost::json::parse(response.body).get_object();
    EXPECT_TRUE(answer.contains("duration"));
    answer.erase("duration");
    return answer;
  }
  // The same by the user `user`, whose token has no resource.
  boost::json::object AskAs(const std::string& user, const std::string& method,
                            const std::string& path,
                            const std::string& body = "") {
    return Ask(method, path, body,
               absl::StrCat(R"({"user_id":")", user, "\"}"));
  }
  // Foreign ids of a feed, newest first; with their origins if they have any.
  std::vector<std::string> Read(const std::string& path) {
    std::vector<std::string> items;
    const boost::json::object answer = Ask("GET", path);
    for (const boost::json::value& each : answer.at("results").as_array()) {
      std::string text(each.at("foreign_id").as_string());
      if (each.at("origin").is_string()) {
        text += absl::StrCat("<", std::string(each.at("origin").as_string()));
      }
      items.push_back(text);
    }
    return items;
  }
  static std::string Activity(const std::string& foreign_id, int second,
                              const std::string& more = "") {
    return absl::StrCat(
        R"({"actor":"a","verb":"v","object":"o","foreign_id":")", foreign_id,
        R"(","time":"2024-01-01T00:00:)", second < 10 ? "0" : "", second, "\"",
        more, "}");
  }
  static std::string Text(const boost::json::value& value) {
    return std::string(value.as_string());
  }

  ManualExecutor executor_;
  Ledger ledger_;
  std::string secret_;
  std::unique_ptr<FeedEmulator> emulator_;
  int status_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_EMULATOR_TESTING_H_
