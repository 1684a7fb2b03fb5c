#include "plugins/feed/activity.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "proto/event/v1/event.pb.h"

namespace sluice::feed {
namespace {

class ActivityTest : public ::testing::Test {
 protected:
  ActivityTest() {
    config_.set_feed("room:{{ labels.room-number }}");
    event_.set_id("bjeho5nlafj3bdrehgsg");
    event_.set_source("//disruptive-technologies.com/projects/p1");
    event_.set_type("temperature");
    event_.set_subject("projects/p1/devices/d7");
    event_.set_time_unix_nanos(1'577'934'245'123'456'789);
    event_.set_data(R"({"temperature":{"value":24.90,"isBackfilled":false}})");
    event::v1::Label* label = event_.add_labels();
    label->set_key("room-number");
    label->set_value("99");
  }

  ActivityWriter Writer() {
    auto writer = ActivityWriter::Create(config_);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }

  TemplateInput& Input() {
    wire_ = event_.SerializeAsString();
    input_.Reset(*EventView::Parse(wire_));
    return input_;
  }

  // The activity, or "reason: message".
  std::string Activity() {
    ActivityWriter writer = Writer();
    std::string out = "before";
    auto rejected = writer.Append(Input(), &out, &key_);
    if (rejected.has_value()) {
      EXPECT_EQ(out, "before");
      EXPECT_EQ(rejected->kind, Outcome::Kind::kRejected);
      return rejected->reason + ": " + rejected->message;
    }
    return out.substr(6);
  }

  std::string Time() {
    const std::string activity = Activity();
    const size_t at = activity.find("\"time\":\"");
    return at == std::string::npos ? activity : activity.substr(at + 8, 26);
  }

  absl::Status ConfigStatus() {
    return ActivityWriter::Create(config_).status();
  }

  v1::FeedSinkConfig config_;
  event::v1::Event event_;
  std::string wire_;
  TemplateInput input_;
  uint64_t key_ = 0;
};

TEST_F(ActivityTest, NeedsNothingButAFeed) {
  EXPECT_EQ(Activity(), R"({"actor":"d7","verb":"temperature",)"
                        R"("object":"event:bjeho5nlafj3bdrehgsg",)"
                        R"("foreign_id":"p1-58dc377a:bjeho5nlafj3bdrehgsg",)"
                        R"("time":"2020-01-02T03:04:05.123456"})");
}

TEST_F(ActivityTest, RendersTheFeed) {
  ActivityWriter writer = Writer();
  std::string_view feed;
  ASSERT_FALSE(writer.RenderFeed(Input(), &feed).has_value());
  EXPECT_EQ(feed, "room:99");
}

TEST_F(ActivityTest, RejectsAnEventWithoutAFeed) {
  ActivityWriter writer = Writer();
  std::string_view feed;
  event_.mutable_labels(0)->set_value("Raum 9");
  auto rejected = writer.RenderFeed(Input(), &feed);
  ASSERT_TRUE(rejected.has_value());
  EXPECT_EQ(rejected->reason, "invalid_feed");
  event_.clear_labels();
  rejected = writer.RenderFeed(Input(), &feed);
  ASSERT_TRUE(rejected.has_value());
  EXPECT_EQ(rejected->reason, "template_failed");
  EXPECT_EQ(rejected->message,
            "feed: labels.room-number is missing and has no default");
}

TEST_F(ActivityTest, RendersEveryField) {
  config_.set_actor("device \"{{ subject | last('/') }}\"");
  config_.set_verb("measure");
  config_.set_object("{{ type }}");
  config_.set_foreign_id("{{ id }}");
  config_.add_to("building:1");
  config_.add_to("type:{{ type }}");
  config_.add_to("{{ labels.none | default(\"\") }}");
  auto& extra = *config_.mutable_extra();
  extra["temperature"] = "{{ data.temperature.value }}";
  extra["backfilled"] = "{{ data.temperature.isBackfilled }}";
  extra["reading"] = "{{ data }}";
  extra["room \"nr\""] = "R{{ labels.room-number }}";
  EXPECT_EQ(Activity(),
            R"({"actor":"device \"d7\"","verb":"measure",)"
            R"("object":"temperature","foreign_id":"bjeho5nlafj3bdrehgsg",)"
            R"("time":"2020-01-02T03:04:05.123456",)"
            R"("to":["building:1","type:temperature"],"backfilled":false,)"
            R"("reading":{"temperature":{"value":24.90,"isBackfilled":false}},)"
            R"("room \"nr\"":"R99","temperature":24.90})");
}

TEST_F(ActivityTest, LeavesOutExtraFieldsTheEventDoesNotHave) {
  (*config_.mutable_extra())["humidity"] = "{{ data.humidity.value }}";
  EXPECT_EQ(Activity().find("humidity"), std::string::npos);
  event_.set_data("{");
  EXPECT_TRUE(Activity().starts_with("template_failed: extra.humidity: "));
}

TEST_F(ActivityTest, MakesTheSameKeyForTheSameEventOnly) {
  const std::string first = Activity();
  const uint64_t first_key = key_;
  event_.set_ingest_time_unix_nanos(5);
  EXPECT_EQ(Activity(), first);
  EXPECT_EQ(key_, first_key);
  event_.set_id("other");
  Activity();
  EXPECT_NE(key_, first_key);
}

TEST_F(ActivityTest, SpreadsCoarseTimesByTheEvent) {
  event_.set_time_unix_nanos(1'577'934'245'000'000'000);
  const std::string first = Time();
  EXPECT_TRUE(first.starts_with("2020-01-02T03:04:05."));
  EXPECT_EQ(Time(), first);
  event_.set_id("other");
  EXPECT_NE(Time(), first);
  event_.set_time_unix_nanos(1'577'934'245'120'000'000);
  EXPECT_TRUE(Time().starts_with("2020-01-02T03:04:05.120")) << Time();
}

TEST_F(ActivityTest, KeepsActivitiesOfOneForeignIdAndTimeOne) {
  config_.set_foreign_id("{{ subject | last(\"/\") }}");
  config_.set_time("{{ time | date(\"%Y-%m-%dT00:00:00Z\") }}");
  const std::string first = Time();
  event_.set_id("other");
  event_.set_time_unix_nanos(event_.time_unix_nanos() + 5'000'000'000);
  EXPECT_EQ(Time(), first);
}

TEST_F(ActivityTest, TakesTheTimeOfIntakeWhenThereIsNoOther) {
  event_.clear_time_unix_nanos();
  event_.set_ingest_time_unix_nanos(1'000);
  EXPECT_EQ(Time(), "1970-01-01T00:00:00.000001");
  event_.clear_ingest_time_unix_nanos();
  EXPECT_EQ(Time(), "no_time: the event has no time");
}

TEST_F(ActivityTest, ReadsTimesInAnyZone) {
  config_.set_time("{{ labels.at }}");
  event::v1::Label* label = event_.add_labels();
  label->set_key("at");
  label->set_value("2020-01-02T05:04:05.123456+02:00");
  EXPECT_EQ(Time(), "2020-01-02T03:04:05.123456");
  label->set_value("noon");
  EXPECT_EQ(Time(),
            "invalid_time: time: \"noon\" is no time; write it as "
            "2021-03-13T16:05:47.722334Z");
}

TEST_F(ActivityTest, RejectsWhatTheServiceWouldNotTake) {
  config_.set_verb("{{ labels.room-number | trim }}");
  event_.mutable_labels(0)->set_value("");
  EXPECT_EQ(Activity(), "missing_field: verb: must not be empty");
  event_.mutable_labels(0)->set_value(std::string(256, 'x'));
  EXPECT_EQ(Activity(),
            "verb_too_long: verb: has 256 bytes; at most 255 are allowed");
  config_.set_verb("{{ data }}");
  event_.set_data("\xff");
  EXPECT_EQ(Activity(), "not_utf8: verb: the text is not UTF-8");
  config_.clear_verb();
  config_.set_foreign_id("a,b");
  EXPECT_TRUE(Activity().starts_with("invalid_foreign_id: foreign_id: "));
  config_.clear_foreign_id();
  config_.add_to("room");
  EXPECT_TRUE(Activity().starts_with("invalid_feed: to: \"room\" is no feed"));
}

TEST_F(ActivityTest, RejectsOversizeActivities) {
  (*config_.mutable_extra())["raw"] = "{{ data | default(\"\") | trim }}";
  event_.set_data(std::string(10 << 10, 'x'));
  EXPECT_TRUE(Activity().starts_with("too_large: the activity has 104"))
      << Activity();
  config_.set_max_activity_bytes(20'000);
  EXPECT_TRUE(Activity().starts_with("{"));
}

TEST_F(ActivityTest, NamesTheFieldOfEveryConfigurationError) {
  config_.clear_feed();
  EXPECT_EQ(ConfigErrorField(ConfigStatus()), "feed");
  config_.set_feed("no feed");
  EXPECT_EQ(ConfigErrorField(ConfigStatus()), "feed");
  config_.set_feed("room:1");
  EXPECT_TRUE(ConfigStatus().ok());
  config_.set_actor("{{ x }}");
  EXPECT_EQ(ConfigErrorField(ConfigStatus()), "actor");
  config_.clear_actor();
  config_.add_to("{{");
  EXPECT_EQ(ConfigErrorField(ConfigStatus()), "to");
  config_.clear_to();
  for (int i = 0; i < 101; ++i) config_.add_to("a:b");
  EXPECT_EQ(ConfigErrorField(ConfigStatus()), "to");
  config_.clear_to();
  (*config_.mutable_extra())["duration"] = "1";
  EXPECT_EQ(ConfigErrorField(ConfigStatus()), "extra.duration");
}

}  // namespace
}  // namespace sluice::feed
