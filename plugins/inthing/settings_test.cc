#include "plugins/inthing/settings.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::inthing {
namespace {

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"INTHING_STREAM", "INTHING_STREAM_PASSWORD", "INTHING_URL"}) {
      unsetenv(name);
    }
    config_.set_stream("/will/test/");
  }

  InthingSinkOptions Read() {
    auto options = ReadSettings(config_);
    EXPECT_TRUE(options.ok()) << options.status();
    return options.ok() ? *std::move(options) : InthingSinkOptions();
  }
  // The field that config_ is refused for; "" when it is taken.
  std::string RefusedField() {
    auto options = ReadSettings(config_);
    return options.ok() ? "" : ConfigErrorField(options.status());
  }

  v1::InthingSinkConfig config_;
};

TEST_F(SettingsTest, AStreamIsEnough) {
  const InthingSinkOptions options = Read();
  EXPECT_EQ(options.stream.id, "/will/test/");
  EXPECT_EQ(options.stream.password, "");
  EXPECT_EQ(options.client.base_url, "https://www.inthing.io");
  EXPECT_EQ(options.client.timeout, absl::Seconds(60));
  EXPECT_EQ(options.rules.markup, "markdown");
  EXPECT_FALSE(options.rules.host_name.empty());
  EXPECT_EQ(options.digest_after, 3);
  EXPECT_EQ(options.max_digest_events, 500);
}

TEST_F(SettingsTest, TheEnvironmentOfTheOfficialClientIsTheDefault) {
  config_.clear_stream();
  EXPECT_EQ(RefusedField(), "stream");
  setenv("INTHING_STREAM", "https://www.inthing.io/will/env/", 1);
  setenv("INTHING_STREAM_PASSWORD", "daffodil", 1);
  setenv("INTHING_URL", "http://127.0.0.1:8000", 1);
  InthingSinkOptions options = Read();
  EXPECT_EQ(options.stream.id, "/will/env/");
  EXPECT_EQ(options.stream.password, "daffodil");
  EXPECT_EQ(options.client.base_url, "http://127.0.0.1:8000");
  config_.set_stream("/will/own/");
  config_.set_url("https://example.org");
  options = Read();
  EXPECT_EQ(options.stream.id, "/will/own/");
  EXPECT_EQ(options.client.base_url, "https://example.org");
}

TEST_F(SettingsTest, ThePasswordComesByReference) {
  const std::string path = testing::TempDir() + "/password";
  std::ofstream(path) << "daffodil\n";
  config_.mutable_password()->set_file(path);
  EXPECT_EQ(Read().stream.password, "daffodil");
  config_.mutable_password()->set_file(path + ".none");
  EXPECT_EQ(RefusedField(), "password");
}

TEST_F(SettingsTest, APasswordMeansAClaimedStream) {
  EXPECT_EQ(Read().rate.burst, 6);
  setenv("INTHING_STREAM_PASSWORD", "daffodil", 1);
  EXPECT_EQ(Read().rate.burst, 10);
  EXPECT_TRUE(Read().unclaimed_rate.has_value());
  config_.set_claimed(v1::NO);
  EXPECT_EQ(Read().rate.burst, 6);
  config_.set_claimed(v1::YES);
  EXPECT_EQ(Read().rate.burst, 10);
  EXPECT_FALSE(Read().unclaimed_rate.has_value());
}

TEST_F(SettingsTest, APaceOfOnesOwnIsKept) {
  config_.mutable_pace()->set_burst(100);
  config_.mutable_pace()->mutable_interval()->set_nanos(10'000'000);
  setenv("INTHING_STREAM_PASSWORD", "daffodil", 1);
  const InthingSinkOptions options = Read();
  EXPECT_EQ(options.rate.burst, 100);
  EXPECT_FALSE(options.unclaimed_rate.has_value());
}

TEST_F(SettingsTest, SinksOfOneStreamShareItsRate) {
  const std::string key = Read().rate_key;
  config_.mutable_pace()->set_share(0.5);
  EXPECT_EQ(Read().rate_key, key);
  EXPECT_EQ(Read().rate.burst, 3);
  EXPECT_EQ(Read().rate.interval, absl::Seconds(75));
  config_.set_stream("/will/other/");
  EXPECT_NE(Read().rate_key, key);
  config_.set_stream("/will/test/");
  config_.set_url("http://127.0.0.1:8000");
  EXPECT_NE(Read().rate_key, key);
}

TEST_F(SettingsTest, TheTypeFollowsFromWhatIsSet) {
  EXPECT_EQ(Read().rules.type, "text");
  config_.set_code("{{ data }}");
  EXPECT_EQ(Read().rules.type, "code");
  config_.set_type(v1::EVENT_TYPE_TEXT);
  EXPECT_EQ(RefusedField(), "code");
  config_.clear_code();
  EXPECT_EQ(Read().rules.type, "text");
  for (const auto type :
       {v1::EVENT_TYPE_CODE, v1::EVENT_TYPE_IMAGE, v1::EVENT_TYPE_SCREENSHOT}) {
    config_.set_type(type);
    EXPECT_EQ(RefusedField(), "type");
  }
  config_.mutable_image()->set_base64("{{ data.jpeg }}");
  EXPECT_EQ(Read().rules.type, "screenshot");
  config_.set_type(v1::EVENT_TYPE_UNSPECIFIED);
  EXPECT_EQ(Read().rules.type, "image");
  config_.set_type(v1::EVENT_TYPE_TEXT);
  EXPECT_EQ(RefusedField(), "image");
  config_.set_type(v1::EVENT_TYPE_IMAGE);
  config_.set_code("{{ data }}");
  EXPECT_EQ(RefusedField(), "code");
}

TEST_F(SettingsTest, ReadsWhereThePictureComesFrom) {
  v1::ImageSource* image = config_.mutable_image();
  image->set_path("{{ data.file }}");
  image->set_folder(testing::TempDir() + "/.");
  image->set_max_bytes(4096);
  image->set_bad_image(v1::BAD_IMAGE_POST_TEXT);
  const InthingSinkOptions options = Read();
  ASSERT_TRUE(options.rules.image.has_value());
  EXPECT_FALSE(options.rules.image->folder.ends_with("/."));
  EXPECT_EQ(options.rules.image->max_bytes, 4096);
  EXPECT_TRUE(options.rules.image->post_without);
}

TEST_F(SettingsTest, NamesTheFieldOfEachMistakeAboutPictures) {
  const auto refused = [this](void (*change)(v1::ImageSource*)) {
    config_.clear_image();
    config_.mutable_image()->set_base64("{{ data.jpeg }}");
    change(config_.mutable_image());
    return RefusedField();
  };
  using Source = v1::ImageSource*;
  EXPECT_EQ(refused([](Source) {}), "");
  EXPECT_EQ(refused([](Source s) { s->clear_base64(); }), "image");
  EXPECT_EQ(refused([](Source s) { s->set_path("x"); }), "image");
  EXPECT_EQ(refused([](Source s) { s->set_folder("/tmp"); }), "image.folder");
  EXPECT_EQ(refused([](Source s) { s->set_base64("{{"); }), "image.base64");
  EXPECT_EQ(refused([](Source s) { s->set_max_bytes(1); }), "image.max_bytes");
  const auto path = [](Source s) {
    s->clear_base64();
    s->set_path("x");
  };
  path(config_.mutable_image());
  EXPECT_EQ(RefusedField(), "image.folder");
  config_.mutable_image()->set_folder("/no/such/folder");
  EXPECT_EQ(RefusedField(), "image.folder");
  config_.mutable_image()->set_folder("/tmp");
  config_.mutable_image()->set_path("{{");
  EXPECT_EQ(RefusedField(), "image.path");
}

TEST_F(SettingsTest, NamesTheFieldOfEachMistake) {
  const auto refused = [this](void (*change)(v1::InthingSinkConfig*)) {
    const v1::InthingSinkConfig good = config_;
    change(&config_);
    const std::string field = RefusedField();
    config_ = good;
    return field;
  };
  using Config = v1::InthingSinkConfig*;
  EXPECT_EQ(refused([](Config c) { c->set_stream("test"); }), "stream");
  EXPECT_EQ(refused([](Config c) { c->set_url("ftp://x"); }), "url");
  EXPECT_EQ(refused([](Config c) { c->mutable_timeout()->set_seconds(0); }),
            "timeout");
  EXPECT_EQ(refused([](Config c) { c->set_title("{{ nonsense }}"); }), "title");
  EXPECT_EQ(refused([](Config c) { c->set_description("{{"); }), "description");
  EXPECT_EQ(refused([](Config c) { c->set_code("{{"); }), "code");
  EXPECT_EQ(refused([](Config c) { c->set_generator("{{"); }), "generator");
  EXPECT_EQ(refused([](Config c) { c->add_hashtags("{{"); }), "hashtags[0]");
  EXPECT_EQ(refused([](Config c) { c->add_hashtags(""); }), "hashtags[0]");
  EXPECT_EQ(refused([](Config c) {
              c->set_code("x");
              c->set_code_language("rust");
            }),
            "code_language");
  EXPECT_EQ(refused([](Config c) { c->set_code_language("c"); }),
            "code_language");
  EXPECT_EQ(refused([](Config c) { c->set_priority(3); }), "priority");
  EXPECT_EQ(refused([](Config c) {
              auto* rule = c->add_priority_rules();
              rule->set_when("type ==");
            }),
            "priority_rules[0].when");
  EXPECT_EQ(refused([](Config c) {
              auto* rule = c->add_priority_rules();
              rule->set_when("type == \"a\"");
              rule->set_priority(-3);
            }),
            "priority_rules[0].priority");
  EXPECT_EQ(refused([](Config c) { c->mutable_pace()->set_share(1.5); }),
            "pace.share");
  EXPECT_EQ(refused([](Config c) {
              c->mutable_pace()->mutable_interval()->set_nanos(1);
            }),
            "pace.interval");
  EXPECT_EQ(refused([](Config c) { c->mutable_digest()->set_after(101); }),
            "digest.after");
  EXPECT_EQ(refused([](Config c) { c->mutable_digest()->set_max_events(1); }),
            "digest.max_events");
}

}  // namespace
}  // namespace sluice::inthing
