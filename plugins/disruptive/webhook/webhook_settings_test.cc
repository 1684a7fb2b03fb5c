#include "plugins/disruptive/webhook/webhook_settings.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSecret[] =
    R"(signature_secrets { env: "WEBHOOK_TEST_SECRET" } )";

absl::StatusOr<WebhookSettings> Make(const std::string& text) {
  setenv("WEBHOOK_TEST_SECRET", "s3cret", 1);
  v1::DisruptiveWebhookConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return MakeWebhookSettings(config);
}

// "field: message" of a refused configuration.
std::string Mistake(const std::string& text) {
  const absl::Status status = Make(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_THAT(std::string(status.message()),
              ::testing::Not(HasSubstr("s3cret")));
  return ConfigErrorField(status) + ": " + std::string(status.message());
}

TEST(WebhookSettingsTest, FillsInDefaults) {
  const auto settings = Make(absl::StrCat("port: 8443 ", kSecret));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->server.port, 8443);
  EXPECT_THAT(settings->server.addresses, ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(settings->server.max_body_bytes, 256u << 10);
  EXPECT_EQ(settings->server.request_timeout, absl::Seconds(15));
  EXPECT_EQ(settings->path, "/");
  EXPECT_EQ(settings->answer_timeout, absl::Seconds(8));
  EXPECT_THAT(settings->secrets, ElementsAre("s3cret"));
}

TEST(WebhookSettingsTest, TakesWhatIsGiven) {
  const auto settings = Make(absl::StrCat(
      R"(port: 443 addresses: ["0.0.0.0", "::"] path: "/hooks/d%20t"
         certificate_file: "c.pem" private_key_file: "k.pem"
         clock_leeway { seconds: 5 } answer_timeout { seconds: 3 }
         max_body_bytes: 2048 max_connections: 9 read_timeout { seconds: 4 } )",
      kSecret, kSecret));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->server.addresses, ElementsAre("0.0.0.0", "::"));
  EXPECT_EQ(settings->server.certificate_file, "c.pem");
  EXPECT_EQ(settings->server.private_key_file, "k.pem");
  EXPECT_EQ(settings->server.max_body_bytes, 2048u);
  EXPECT_EQ(settings->server.max_connections, 9u);
  EXPECT_EQ(settings->server.idle_timeout, absl::Seconds(4));
  EXPECT_EQ(settings->path, "/hooks/d t");
  EXPECT_EQ(settings->clock_leeway, absl::Seconds(5));
  EXPECT_EQ(settings->answer_timeout, absl::Seconds(3));
  EXPECT_EQ(settings->secrets.size(), 2u);
}

TEST(WebhookSettingsTest, AsksForAPort) {
  EXPECT_THAT(Mistake(kSecret), HasSubstr("port: needed: 1 to 65535"));
  EXPECT_THAT(Mistake(absl::StrCat("port: 65536 ", kSecret)),
              HasSubstr("port: 65536 is not allowed"));
}

TEST(WebhookSettingsTest, WantsTlsWhereOthersCanListen) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "2001:db8::1"}) {
    EXPECT_THAT(
        Mistake(absl::StrCat("port: 1 addresses: \"", address, "\" ", kSecret)),
        HasSubstr("certificate_file: needed"))
        << address;
    EXPECT_TRUE(Make(absl::StrCat("port: 1 plain_http: true addresses: \"",
                                  address, "\" ", kSecret))
                    .ok());
  }
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(
        Make(absl::StrCat("port: 1 addresses: \"", address, "\" ", kSecret))
            .ok())
        << address;
  }
  EXPECT_THAT(
      Mistake(absl::StrCat("port: 1 certificate_file: \"c\" ", kSecret)),
      HasSubstr("private_key_file: needed"));
  EXPECT_THAT(
      Mistake(absl::StrCat("port: 1 private_key_file: \"c\" ", kSecret)),
      HasSubstr("certificate_file: needed"));
  EXPECT_THAT(Mistake(absl::StrCat("port: 1 plain_http: true "
                                   "certificate_file: \"c\" "
                                   "private_key_file: \"k\" ",
                                   kSecret)),
              HasSubstr("plain_http: not together"));
}

TEST(WebhookSettingsTest, TakesUnsignedPushesOnlyWhenToldTo) {
  EXPECT_THAT(Mistake("port: 1"), HasSubstr("signature_secrets: needed"));
  EXPECT_TRUE(Make("port: 1 unsigned: true").ok());
  EXPECT_THAT(Mistake(absl::StrCat("port: 1 unsigned: true ", kSecret)),
              HasSubstr("unsigned: not together"));
  EXPECT_THAT(Mistake(R"(port: 1 signature_secrets { env: "NOT_SET_AT_ALL" })"),
              HasSubstr("signature_secrets[0]: "));
}

TEST(WebhookSettingsTest, NamesEveryMistake) {
  const std::string mistake = Mistake(
      R"(port: 1 addresses: "localhost" path: "hook" unsigned: true
         answer_timeout { seconds: 61 } max_body_bytes: 1
         max_connections: 10001 read_timeout {} clock_leeway { seconds: -1 })");
  for (const char* part :
       {"path: \"hook\" is no path", "addresses[0]: \"localhost\"",
        "answer_timeout: 1m1s", "max_body_bytes: 1 is",
        "max_connections: 10001", "read_timeout: 0 is", "clock_leeway: -1s"}) {
    EXPECT_THAT(mistake, HasSubstr(part));
  }
}

}  // namespace
}  // namespace sluice::disruptive
