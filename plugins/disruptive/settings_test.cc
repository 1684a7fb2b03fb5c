#include "plugins/disruptive/settings.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

v1::DisruptiveConfig Parse(const std::string& text) {
  v1::DisruptiveConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

// A configuration with its credentials given, and `text`.
v1::DisruptiveConfig Config(const std::string& text) {
  setenv("SETTINGS_TEST_SECRET", "s3cret", 1);
  return Parse(R"(project: "p1"
                  credentials { key_id: "k" secret { env: "SETTINGS_TEST_SECRET" }
                                email: "sa@p1.serviceaccount.d21s.com" })" +
               text);
}

std::string Message(const absl::StatusOr<Settings>& settings) {
  return std::string(settings.status().message());
}

TEST(SettingsTest, FillsInDefaults) {
  const absl::StatusOr<Settings> settings = MakeSettings(Config(""));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->project, "p1");
  EXPECT_EQ(settings->key.secret, "s3cret");
  EXPECT_EQ(settings->silence_limit(), absl::Seconds(30));
  EXPECT_EQ(settings->base_url, "https://api.disruptive-technologies.com/v2");
  EXPECT_EQ(settings->framing, Framing::kJsonLines);
}

TEST(SettingsTest, TakesWhatIsGiven) {
  const absl::StatusOr<Settings> settings = MakeSettings(Config(R"(
      device_ids: "d1" device_types: "touch" event_types: "temperature"
      label_filters { key: "room" value { value: "99" } }
      label_filters { key: "group" value {} }
      format: SSE max_line_bytes: 4096
      stream { ping_interval { seconds: 5 } missed_pings: 2
               reconnect_initial { nanos: 500000000 } max_age { seconds: 120 } }
      backfill { max_age { seconds: 3600 } overlap { seconds: 0 }
                 settle { seconds: 1 } parallel: 2 all_devices: true }
      rate { requests_per_second: 2.5 burst: 3 }
      base_url: "http://127.0.0.1:8080/v2/")"));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->label_filters,
              ElementsAre(Pair("group", std::nullopt), Pair("room", "99")));
  EXPECT_EQ(settings->framing, Framing::kServerSentEvents);
  EXPECT_EQ(settings->silence_limit(), absl::Seconds(10));
  EXPECT_EQ(settings->overlap, absl::ZeroDuration());
  EXPECT_EQ(settings->base_url, "http://127.0.0.1:8080/v2");
  EXPECT_TRUE(settings->all_devices);
}

TEST(SettingsTest, SpeaksOfAllMistakesAtOnce) {
  const absl::StatusOr<Settings> settings = MakeSettings(Config(R"(
      device_types: "temprature" event_types: "touch"
      event_types: "object_present"
      base_url: "api.example.com" stream { ping_interval { seconds: 0 } }
      rate { requests_per_second: -1 })"));
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(ConfigErrorField(settings.status()), "device_types[0]");
  EXPECT_THAT(Message(settings), HasSubstr("did you mean \"temperature\"?"));
  EXPECT_THAT(Message(settings), HasSubstr("also event_types[1]: "));
  EXPECT_THAT(Message(settings), HasSubstr("did you mean \"objectPresent\"?"));
  EXPECT_THAT(Message(settings), HasSubstr("also stream.ping_interval: "));
  EXPECT_THAT(Message(settings), HasSubstr("also rate.requests_per_second: "));
  EXPECT_THAT(Message(settings), HasSubstr("also base_url: "));
}

TEST(SettingsTest, RefusesIdsThatWouldChangeThePath) {
  EXPECT_EQ(
      ConfigErrorField(MakeSettings(Config("device_ids: \"a/../b\"")).status()),
      "device_ids[0]");
  v1::DisruptiveConfig config = Config("");
  config.set_project("-");
  EXPECT_EQ(ConfigErrorField(MakeSettings(config).status()), "project");
  config.clear_project();
  EXPECT_EQ(ConfigErrorField(MakeSettings(config).status()), "project");
}

TEST(SettingsTest, RefusesBoundsTheWrongWayRound) {
  EXPECT_EQ(ConfigErrorField(MakeSettings(Config(R"(stream {
          reconnect_initial { seconds: 9 } reconnect_max { seconds: 2 } })"))
                                 .status()),
            "stream.reconnect_max");
}

TEST(SettingsTest, TakesLabels) {
  EXPECT_TRUE(MakeSettings(Config(""))->labels);
  const auto settings =
      MakeSettings(Config(R"(labels { keys: "room" wait { seconds: 5 }
                         refresh { seconds: 60 } max_bytes: 65536 })"));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->label_keys, ElementsAre("room"));
  EXPECT_EQ(settings->labels_wait, absl::Seconds(5));
  EXPECT_EQ(settings->labels_refresh, absl::Minutes(1));
  EXPECT_EQ(settings->labels_max_bytes, 65536u);
  EXPECT_FALSE(MakeSettings(Config("labels { off: true }"))->labels);
  EXPECT_EQ(ConfigErrorField(
                MakeSettings(Config("labels { max_bytes: 1 }")).status()),
            "labels.max_bytes");
  EXPECT_EQ(
      ConfigErrorField(MakeSettings(Config("labels { keys: \"\" }")).status()),
      "labels.keys[0]");
}

TEST(SettingsTest, AClientNeedsNoProject) {
  v1::DisruptiveConfig config = Config(R"(base_url: "http://api/v2/")");
  config.clear_project();
  EXPECT_EQ(ConfigErrorField(MakeSettings(config).status()), "project");
  const auto settings = MakeClientSettings(config);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->base_url, "http://api/v2");
  config.set_emulator_base_url("emulator");
  EXPECT_EQ(ConfigErrorField(MakeClientSettings(config).status()),
            "emulator_base_url");
}

}  // namespace
}  // namespace sluice::disruptive
