#include "plugins/http/settings.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() { config_.set_url("https://example.com/events"); }

  Settings Read() {
    auto settings = ReadSettings(config_);
    EXPECT_TRUE(settings.ok()) << settings.status();
    return settings.ok() ? *std::move(settings) : Settings{};
  }

  // "FIELD: MESSAGE" of the error.
  std::string Problem() {
    auto settings = ReadSettings(config_);
    EXPECT_FALSE(settings.ok());
    if (settings.ok()) return "";
    return absl::StrCat(ConfigErrorField(settings.status()), ": ",
                        settings.status().message());
  }

  v1::HttpSinkConfig config_;
};

TEST_F(SettingsTest, AUrlIsEnough) {
  const Settings settings = Read();
  EXPECT_EQ(settings.url, "https://example.com/events");
  EXPECT_EQ(settings.method, "POST");
  EXPECT_EQ(settings.format, v1::JSON_ARRAY);
  EXPECT_THAT(settings.headers,
              ElementsAre(Pair("Content-Type", "application/json")));
  EXPECT_EQ(settings.credentials_field, "authorization");
  EXPECT_THAT(settings.secrets, IsEmpty());
  EXPECT_EQ(settings.tls.ca_file, "");
  EXPECT_FALSE(settings.gzip);
  EXPECT_EQ(settings.max_batch_events, 100u);
  EXPECT_EQ(settings.max_batch_bytes, 1u << 20);
  EXPECT_EQ(settings.in_flight, 4u);
  EXPECT_EQ(settings.timeout, absl::Seconds(30));
  EXPECT_FALSE(settings.idempotent);
  EXPECT_EQ(settings.statuses.Find(409), std::nullopt);
}

TEST_F(SettingsTest, ReadsEveryField) {
  ASSERT_EQ(setenv("SETTINGS_TEST_TOKEN", "token", 1), 0);
  config_.set_method(v1::PATCH);
  config_.set_format(v1::JSON_LINES);
  config_.mutable_authorization()->mutable_bearer()->set_env(
      "SETTINGS_TEST_TOKEN");
  config_.set_ca_file("/etc/ca.pem");
  config_.set_compression(v1::GZIP);
  config_.set_max_batch_events(100'000);
  config_.set_max_batch_bytes(1 << 10);
  config_.set_in_flight(64);
  config_.mutable_timeout()->set_seconds(600);
  config_.set_idempotent(true);
  (*config_.mutable_statuses())["409"] = v1::DELIVERED;
  const Settings settings = Read();
  EXPECT_EQ(settings.method, "PATCH");
  EXPECT_EQ(settings.format, v1::JSON_LINES);
  EXPECT_THAT(settings.headers,
              ElementsAre(Pair("Authorization", "Bearer token"),
                          Pair("Content-Type", "application/x-ndjson"),
                          Pair("Content-Encoding", "gzip")));
  EXPECT_EQ(settings.credentials_field, "authorization.bearer");
  EXPECT_THAT(settings.secrets, ElementsAre("token"));
  EXPECT_EQ(settings.tls.ca_file, "/etc/ca.pem");
  EXPECT_TRUE(settings.gzip);
  EXPECT_EQ(settings.max_batch_events, 100'000u);
  EXPECT_EQ(settings.max_batch_bytes, 1u << 10);
  EXPECT_EQ(settings.in_flight, 64u);
  EXPECT_EQ(settings.timeout, absl::Minutes(10));
  EXPECT_TRUE(settings.idempotent);
  EXPECT_EQ(settings.statuses.Find(409), v1::DELIVERED);
  config_.set_method(v1::PUT);
  EXPECT_EQ(Read().method, "PUT");
  config_.set_method(v1::POST);
  EXPECT_EQ(Read().method, "POST");
}

TEST_F(SettingsTest, RefusesAUrlThatCannotBeSentTo) {
  for (const char* url :
       {"", "example.com", "ftp://example.com", "https://me:pw@example.com",
        "https://example.com#a", "https://", "https://example.com/{{ id }}"}) {
    config_.set_url(url);
    EXPECT_THAT(Problem(), HasSubstr("url: ")) << url;
  }
}

TEST_F(SettingsTest, HidesWhatMayBeTheSecretOfAUrl) {
  config_.set_url(
      "https://hooks.of.a-long-host.example.com/services/T0123456789ABCDEF"
      "?v=2&key=0123456789abcdef0123");
  EXPECT_THAT(Read().secrets,
              ElementsAre("T0123456789ABCDEF", "0123456789abcdef0123"));
}

TEST_F(SettingsTest, NamesTheFieldThatIsOutOfBounds) {
  const auto with = [this](auto set) {
    config_.Clear();
    config_.set_url("http://localhost");
    set(config_);
    return Problem();
  };
  using Config = v1::HttpSinkConfig;
  EXPECT_EQ(with([](Config& c) { c.set_max_batch_events(0); }),
            "max_batch_events: 0 is not allowed; give 1 to 100000");
  EXPECT_EQ(with([](Config& c) { c.set_max_batch_events(100'001); }),
            "max_batch_events: 100001 is not allowed; give 1 to 100000");
  EXPECT_EQ(with([](Config& c) { c.set_max_batch_bytes(1023); }),
            "max_batch_bytes: 1023 is not allowed; give 1024 to 16777216");
  EXPECT_EQ(with([](Config& c) { c.set_max_batch_bytes(16'777'217); }),
            "max_batch_bytes: 16777217 is not allowed; give 1024 to 16777216");
  EXPECT_EQ(with([](Config& c) { c.set_in_flight(0); }),
            "in_flight: 0 is not allowed; give 1 to 64");
  EXPECT_EQ(with([](Config& c) { c.set_in_flight(65); }),
            "in_flight: 65 is not allowed; give 1 to 64");
  EXPECT_EQ(with([](Config& c) { c.mutable_timeout()->set_nanos(1'000'000); }),
            "timeout: 1ms is not allowed; give 1s to 10m");
  EXPECT_EQ(with([](Config& c) { c.mutable_timeout()->set_seconds(601); }),
            "timeout: 10m1s is not allowed; give 1s to 10m");
  EXPECT_THAT(with([](Config& c) { (*c.mutable_headers())["Host"] = "a"; }),
              HasSubstr("headers.Host: "));
  EXPECT_THAT(with([](Config& c) { (*c.mutable_statuses())["4"] = v1::RETRY; }),
              HasSubstr("statuses.4: "));
}

}  // namespace
}  // namespace sluice::http
