#include "plugins/http/status_meanings.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::http {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

TEST(StatusMeaningsTest, ACodeBeatsItsClass) {
  v1::HttpSinkConfig config;
  auto& statuses = *config.mutable_statuses();
  statuses["4xx"] = v1::REJECTED;
  statuses["409"] = v1::DELIVERED;
  statuses["5xx"] = v1::RETRY;
  statuses["200"] = v1::MISCONFIGURED;
  const auto meanings = StatusMeanings::Create(config);
  ASSERT_TRUE(meanings.ok()) << meanings.status();
  EXPECT_EQ(meanings->Find(409), v1::DELIVERED);
  EXPECT_EQ(meanings->Find(400), v1::REJECTED);
  EXPECT_EQ(meanings->Find(499), v1::REJECTED);
  EXPECT_EQ(meanings->Find(500), v1::RETRY);
  EXPECT_EQ(meanings->Find(599), v1::RETRY);
  EXPECT_EQ(meanings->Find(200), v1::MISCONFIGURED);
  for (const int other : {0, 100, 101, 201, 299, 300, 600, 999}) {
    EXPECT_EQ(meanings->Find(other), std::nullopt) << other;
  }
  EXPECT_EQ(StatusMeanings().Find(409), std::nullopt);
}

TEST(StatusMeaningsTest, RefusesWhatIsNoStatus) {
  for (const char* key :
       {"", "4", "40", "4000", "099", "100", "199", "600", "1xx", "6xx", "xxx",
        "4x", "40x", "4XX", "4xxx", " 409", "+40", "4-1", "ok\n\x1b[31m"}) {
    v1::HttpSinkConfig config;
    (*config.mutable_statuses())[key] = v1::RETRY;
    const absl::Status status = StatusMeanings::Create(config).status();
    EXPECT_THAT(ConfigErrorField(status),
                AnyOf("statuses", absl::StrCat("statuses.", key)));
    EXPECT_THAT(ConfigErrorField(status), MatchesRegex("[a-z0-9A-Z.]+"));
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr("is no status; give a code from 200 to 599 "
                                   "such as \"409\", or a class from \"2xx\" "
                                   "to \"5xx\""));
    EXPECT_EQ(message.find_first_of("\n\x1b"), std::string::npos) << key;
  }
}

// A word can be part of the field's path, which leads to its line.
TEST(StatusMeaningsTest, NamesTheKeyIfThatCanBeShown) {
  const auto field_of = [](const std::string& key) {
    v1::HttpSinkConfig config;
    (*config.mutable_statuses())[key] = v1::RETRY;
    return ConfigErrorField(StatusMeanings::Create(config).status());
  };
  EXPECT_EQ(field_of("40x"), "statuses.40x");
  EXPECT_EQ(field_of("4.x"), "statuses");
  EXPECT_EQ(field_of(""), "statuses");
  EXPECT_EQ(field_of(std::string(1000, '4')), "statuses");
}

TEST(StatusMeaningsTest, RefusesAStatusWithoutMeaning) {
  for (const int value : {0, 77}) {
    v1::HttpSinkConfig config;
    (*config.mutable_statuses())["409"] = static_cast<v1::StatusMeaning>(value);
    const absl::Status status = StatusMeanings::Create(config).status();
    EXPECT_EQ(ConfigErrorField(status), "statuses.409");
    EXPECT_THAT(std::string(status.message()),
                StartsWith("has no meaning; give delivered, retry, rejected or "
                           "misconfigured"));
  }
}

}  // namespace
}  // namespace sluice::http
