// An API client whose requests the test answers.
#ifndef PLUGINS_DISRUPTIVE_API_FIXTURE_H_
#define PLUGINS_DISRUPTIVE_API_FIXTURE_H_

#include <random>
#include <string>

#include "gtest/gtest.h"
#include "plugins/disruptive/api_client.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {

class ApiFixture : public ::testing::Test {
 protected:
  static Settings MakeTestSettings() {
    Settings settings;
    settings.project = "p";
    settings.key = {"k", "s", "e", /*basic=*/true};
    settings.base_url = "http://api/v2";
    return settings;
  }

  // Answers the oldest open request, which must be there.
  void Answer(int status, const std::string& body) {
    ASSERT_NE(http_.open(), nullptr);
    http_.open()->Respond(status, body);
    executor_.Advance(absl::ZeroDuration());
  }

  std::string OpenUrl() const {
    return http_.open() == nullptr ? "" : http_.open()->request().url;
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  std::mt19937_64 engine_{3};
  absl::BitGenRef random_{engine_};
  Settings settings_ = MakeTestSettings();
  ServerClock clock_{&executor_};
  Authorizer authorizer_{&settings_, &executor_, &http_, &random_, &clock_};
  ApiClient api_{&settings_,   &executor_, &http_,
                 &authorizer_, &random_,   ApiClient::Counters{}};
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_API_FIXTURE_H_
