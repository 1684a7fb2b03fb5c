#include "plugins/lines/lines_settings.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<LinesSettings> Make(const std::string& text) {
  setenv("LINES_TEST_TOKEN", "s3cret", 1);
  v1::LinesSourceConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config))
      << text;
  return MakeLinesSettings(config);
}

// "field: message" of a refused configuration.
std::string Mistake(const std::string& text) {
  const absl::Status status = Make(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return ConfigErrorField(status) + ": " + std::string(status.message());
}

TEST(LinesSettingsTest, FillsInDefaults) {
  const auto settings = Make(R"(tcp { listen: "5170" })");
  ASSERT_TRUE(settings.ok()) << settings.status();
  const auto& stream = std::get<StreamSettings>(settings->input);
  EXPECT_EQ(stream.server.tcp->ToString(), "127.0.0.1:5170");
  EXPECT_EQ(stream.server.max_connections, 1024u);
  EXPECT_EQ(stream.server.idle_timeout, absl::InfiniteDuration());
  EXPECT_FALSE(stream.receipts);
  EXPECT_FALSE(settings->format.cloud_events);
  EXPECT_EQ(settings->format.type, "line");
  EXPECT_EQ(settings->format.source, "");
  EXPECT_EQ(settings->format.max_line_bytes, 1u << 20);
  EXPECT_FALSE(settings->may_repeat);
}

TEST(LinesSettingsTest, TakesWhatIsGiven) {
  const auto http = Make(
      R"(http { listen: "[::]:443" path: "/in%20it" certificate_file: "c.pem"
                private_key_file: "k.pem" token { env: "LINES_TEST_TOKEN" }
                max_body_bytes: 2048 max_connections: 9
                answer_timeout { seconds: 3 } }
         format: CLOUD_EVENTS max_line_bytes: 2048 idle_timeout { seconds: 4 })");
  ASSERT_TRUE(http.ok()) << http.status();
  const auto& settings = std::get<HttpSettings>(http->input);
  EXPECT_THAT(settings.server.addresses, ElementsAre("::"));
  EXPECT_EQ(settings.server.port, 443);
  EXPECT_EQ(settings.server.certificate_file, "c.pem");
  EXPECT_EQ(settings.server.max_body_bytes, 2048u);
  EXPECT_EQ(settings.server.max_connections, 9u);
  EXPECT_EQ(settings.server.idle_timeout, absl::Seconds(4));
  EXPECT_EQ(settings.path, "/in it");
  EXPECT_EQ(settings.token, "s3cret");
  EXPECT_EQ(settings.answer_timeout, absl::Seconds(3));
  EXPECT_TRUE(http->format.cloud_events);
  EXPECT_EQ(http->format.max_line_bytes, 2048u);

  const auto unix_socket = Make(
      R"(unix { path: "/run/x.sock" mode: "0660" receipts: true }
         fields { id: "a.b" time: "at" subject: "s" type: "t" source: "o" }
         type: "log" event_source: "//here")");
  ASSERT_TRUE(unix_socket.ok()) << unix_socket.status();
  const auto& stream = std::get<StreamSettings>(unix_socket->input);
  EXPECT_EQ(stream.server.unix_path, "/run/x.sock");
  EXPECT_EQ(stream.server.unix_mode, 0660u);
  EXPECT_TRUE(stream.receipts);
  EXPECT_EQ(unix_socket->format.fields.id, "a.b");
  EXPECT_EQ(unix_socket->format.type, "log");
  EXPECT_EQ(unix_socket->format.source, "//here");
}

TEST(LinesSettingsTest, SendersThatLearnMayRepeat) {
  EXPECT_TRUE(Make(R"(http { listen: "1" } fields { id: "i" })")->may_repeat);
  EXPECT_TRUE(Make(R"(http { listen: "1" } format: CLOUD_EVENTS)")->may_repeat);
  EXPECT_TRUE(Make(R"(tcp { listen: "1" receipts: true } fields { id: "i" })")
                  ->may_repeat);
  // Ids that are made up are never the same.
  EXPECT_FALSE(Make(R"(http { listen: "1" })")->may_repeat);
  EXPECT_FALSE(Make(R"(tcp { listen: "1" } fields { id: "i" })")->may_repeat);
  EXPECT_FALSE(Make(R"(stdin {} format: CLOUD_EVENTS)")->may_repeat);
  EXPECT_TRUE(Make(R"(stdin {} may_repeat: true)")->may_repeat);
  EXPECT_FALSE(Make(R"(http { listen: "1" } format: CLOUD_EVENTS
                       may_repeat: false)")
                   ->may_repeat);
}

TEST(LinesSettingsTest, WantsExactlyOneInput) {
  EXPECT_THAT(Mistake(""), HasSubstr("exactly one of tcp, unix, http"));
  EXPECT_THAT(Mistake(R"(stdin {} tcp { listen: "1" })"),
              HasSubstr("here are 2"));
}

TEST(LinesSettingsTest, WantsTlsWhereOthersCanListen) {
  for (const char* input : {"tcp", "http"}) {
    const std::string plain =
        input == std::string("tcp") ? "plain_tcp" : "plain_http";
    EXPECT_THAT(Mistake(absl::StrCat(input, R"( { listen: "0.0.0.0:1" })")),
                StartsWith(absl::StrCat(input, ".certificate_file: needed")));
    EXPECT_TRUE(Make(absl::StrCat(input, R"( { listen: "0.0.0.0:1" )", plain,
                                  ": true }"))
                    .ok());
    EXPECT_TRUE(Make(absl::StrCat(input, R"( { listen: "[::1]:1" })")).ok());
    EXPECT_THAT(Mistake(absl::StrCat(
                    input, R"( { listen: "1" certificate_file: "c" })")),
                StartsWith(absl::StrCat(input, ".private_key_file: needed")));
    EXPECT_THAT(
        Mistake(absl::StrCat(input, R"( { listen: "1" certificate_file: "c"
                         private_key_file: "k" )",
                             plain, ": true }")),
        StartsWith(absl::StrCat(input, ".", plain, ": not together")));
  }
}

TEST(LinesSettingsTest, NamesEveryMistake) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"tcp {}", "tcp.listen: needed"},
      {R"(tcp { listen: "localhost:1" })", "tcp.listen: must be an IP address"},
      {R"(tcp { listen: "1" max_connections: 10001 })",
       "tcp.max_connections: 10001"},
      {"unix {}", "unix.path: needed"},
      {R"(unix { path: "s" mode: "0444" })", "unix.mode: \"0444\""},
      {R"(http { listen: "1" path: "in" })", "http.path: \"in\" is no path"},
      {R"(http { listen: "1" token { env: "NOT_SET_AT_ALL" } })",
       "http.token: "},
      {R"(http { listen: "1" max_body_bytes: 1 })", "http.max_body_bytes: 1"},
      {R"(http { listen: "1" answer_timeout {} })", "http.answer_timeout: 0"},
      {"stdin {} idle_timeout { seconds: 1 }", "idle_timeout: is for"},
      {R"(tcp { listen: "1" } idle_timeout {})", "idle_timeout: 0"},
      {"stdin {} max_line_bytes: 7", "max_line_bytes: 7"},
      {R"(stdin {} fields { id: "a..b" })", "fields.id: \"a..b\" is no path"},
      {R"(stdin {} fields { time: "." })", "fields.time: "},
      {R"(stdin {} format: CLOUD_EVENTS type: "x")", "type: is for format"},
      {R"(stdin {} format: CLOUD_EVENTS fields {})", "fields: is for format"},
  };
  for (const auto& [config, mistake] : mistakes) {
    EXPECT_THAT(Mistake(config), StartsWith(mistake)) << config;
  }
  EXPECT_THAT(
      Mistake(std::string(R"(unix { path: ")") + std::string(81, 'x') + "\" }"),
      HasSubstr("this one has 81"));
  EXPECT_THAT(Mistake("tcp {} max_line_bytes: 7"),
              HasSubstr("also max_line_bytes"));
}

}  // namespace
}  // namespace sluice::lines
