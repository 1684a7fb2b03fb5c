#include "tools/sandbox/disruptive/disruptive_emulator.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

DisruptiveOptions Options() {
  DisruptiveOptions options;
  options.devices = 5;
  options.access.rate_limit = 0;
  options.history_page_size = 4;
  return options;
}

class DisruptiveEmulatorTest : public ::testing::Test {
 protected:
  DisruptiveEmulatorTest() { Restart(Options()); }
  ~DisruptiveEmulatorTest() override { emulator_->Stop(); }

  void Restart(DisruptiveOptions options) {
    options.send_push = [this](HttpRequest request,
                               ConnectorPusher::Done done) {
      pushes_.push_back(std::move(request));
      executor_.Post([done = std::move(done), status = push_status_]() mutable {
        done({.status = status}, {});
      });
    };
    emulator_ = std::make_unique<DisruptiveEmulator>(options, &ledger_);
    emulator_->Start("http://127.0.0.1:8081", &executor_);
    authorization_ = {
        {"Authorization", "Basic " + absl::Base64Escape(absl::StrCat(
                                         emulator_->credentials().key_id, ":",
                                         emulator_->credentials().secret))}};
    api_ = absl::StrCat("/v2/projects/", emulator_->project());
    publishing_ = absl::StrCat("/emulator/v2/projects/", emulator_->project());
  }

  std::shared_ptr<FakeResponder> Say(HttpServerRequest request) {
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(std::move(request), responder);
    return responder;
  }
  // The JSON of an answer, whose status goes to status_.
  json::value Ask(const std::string& method, const std::string& target,
                  const std::string& body = "") {
    const auto responder =
        Say(MakeRequest(method, target, authorization_, body));
    executor_.RunReady();
    status_ = responder->answer->status;
    return json::parse(responder->answer->body);
  }
  std::shared_ptr<FakeResponder> Listen(const std::string& query = "") {
    return Say(
        MakeRequest("GET", api_ + "/devices:stream?" + query, authorization_));
  }
  json::value Steer(const std::string& path, const std::string& body = "") {
    auto responder = std::make_shared<FakeResponder>();
    EXPECT_TRUE(
        emulator_->Control(MakeRequest("POST", path, {}, body), responder))
        << path;
    status_ = responder->answer->status;
    return json::parse(responder->answer->body);
  }
  std::string DeviceId(size_t i) { return emulator_->fleet().devices()[i].id; }

  ManualExecutor executor_;
  Ledger ledger_;
  std::unique_ptr<DisruptiveEmulator> emulator_;
  HttpHeaders authorization_;
  std::string api_;
  std::string publishing_;
  int status_ = 0;
  std::vector<HttpRequest> pushes_;
  int push_status_ = 200;
};

TEST_F(DisruptiveEmulatorTest, GivesTokensForItsOwnCredentials) {
  const json::value ready = json::parse(emulator_->ReadyJson());
  const json::value& account = ready.at("credentials").at("serviceAccount");
  const int64_t now = absl::ToUnixSeconds(executor_.Now());
  const std::string assertion = SignJwt(
      absl::StrCat(R"({"alg":"HS256","kid":")",
                   account.at("keyId").as_string().c_str(), R"("})"),
      absl::StrCat(R"({"iat":)", now, R"(,"exp":)", now + 3600, R"(,"aud":")",
                   account.at("tokenEndpoint").as_string().c_str(),
                   R"(","iss":")", account.at("email").as_string().c_str(),
                   R"("})"),
      std::string(account.at("secret").as_string()));
  const auto answer = Say(MakeRequest(
      "POST", "/oauth2/token", {},
      "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=" +
          assertion));
  ASSERT_EQ(answer->answer->status, 200) << answer->answer->body;
  authorization_ = {{"Authorization",
                     absl::StrCat("Bearer ", json::parse(answer->answer->body)
                                                 .at("access_token")
                                                 .as_string()
                                                 .c_str())}};
  EXPECT_THAT(Ask("GET", api_ + "/devices").at("devices").as_array(),
              SizeIs(5));
  executor_.Advance(absl::Hours(1));
  Ask("GET", api_ + "/devices");
  EXPECT_EQ(status_, 401);
}

TEST_F(DisruptiveEmulatorTest, AnswersOnlyWithCredentialsToKnownPaths) {
  authorization_.clear();
  Ask("GET", api_ + "/devices");
  EXPECT_EQ(status_, 401);
  Restart(Options());
  for (const std::string& target :
       {std::string("/"), std::string("/v2/nothing"),
        std::string("/v2/projects/p2"), std::string("/v2/projects/p2/devices"),
        std::string("/v2/projects/p2/devices:stream"), api_ + "/devices/x",
        api_ + "/devices/x/events"}) {
    EXPECT_EQ(Ask("GET", target).at("code"), 404) << target;
    EXPECT_EQ(status_, 404);
  }
}

TEST_F(DisruptiveEmulatorTest, LimitsTheRateOfTheRestApiOnly) {
  DisruptiveOptions options = Options();
  options.access.rate_limit = 2;
  Restart(options);
  Ask("GET", api_ + "/devices");
  Ask("GET", api_ + "/devices");
  Ask("GET", api_ + "/devices");
  EXPECT_EQ(status_, 429);
  Ask("GET", publishing_ + "/devices");
  EXPECT_EQ(status_, 200);
}

TEST_F(DisruptiveEmulatorTest, ShowsProjectAndDevices) {
  EXPECT_EQ(Ask("GET", "/v2/projects").at("projects").at(0).at("name"),
            json::value("projects/" + emulator_->project()));
  EXPECT_EQ(Ask("GET", api_).at("sensorCount"), 5);
  EXPECT_EQ(Ask("GET", "/v2/projects/-/devices/" + DeviceId(3)).at("type"),
            "humidity");
  EXPECT_THAT(Ask("GET", api_ + "/devices?device_types=temperature")
                  .at("devices")
                  .as_array(),
              SizeIs(3));
}

TEST_F(DisruptiveEmulatorTest, ReadingsReachStreamHistoryDeviceAndLedger) {
  Steer("/devices/publish", R"({"count": 1})");  // before anybody listens
  const auto stream = Listen();
  Steer("/devices/publish", R"({"count": 5})");
  const std::vector<std::string> lines = stream->TakeLines();
  ASSERT_THAT(lines, SizeIs(5));
  const json::value event =
      json::parse(lines[0]).at("result").at("event");  // reading 1
  EXPECT_EQ(event.at("targetName"),
            json::value(absl::StrCat("projects/", emulator_->project(),
                                     "/devices/", DeviceId(1))));
  // The contents follow from the id.
  const auto number =
      emulator_->fleet().NumberOf(std::string(event.at("eventId").as_string()));
  EXPECT_EQ(number, 1u);
  EXPECT_EQ(
      event.at("data").at("temperature"),
      json::parse(emulator_->fleet().ReadingAt(*number, executor_.Now()).data));

  EXPECT_THAT(Ask("GET", api_ + "/devices/" + DeviceId(1) + "/events")
                  .at("events")
                  .as_array(),
              IsEmpty());
  executor_.Advance(absl::Seconds(2));  // until it is indexed
  EXPECT_EQ(Ask("GET", api_ + "/devices/" + DeviceId(1) + "/events")
                .at("events")
                .at(0),
            event);
  EXPECT_EQ(Ask("GET", api_ + "/devices/" + DeviceId(1))
                .at("reported")
                .at("temperature"),
            event.at("data").at("temperature"));
  EXPECT_EQ(ledger_.Totals().published, 6);
  EXPECT_EQ(ledger_.Totals().unheard, 1);
}

TEST_F(DisruptiveEmulatorTest, PagesThroughHistoryNewestFirst) {
  Steer("/devices/publish", R"({"count": 50})");  // ten of each device
  executor_.Advance(absl::Seconds(2));
  const std::string events = api_ + "/devices/" + DeviceId(0) + "/events";
  std::vector<std::string> times;
  std::set<std::string> ids;
  std::string token;
  int pages = 0;
  do {
    const json::value page = Ask("GET", events + "?pageToken=" + token);
    for (const json::value& event : page.at("events").as_array()) {
      times.emplace_back(event.at("timestamp").as_string());
      ids.emplace(event.at("eventId").as_string());
    }
    token = page.at("nextPageToken").as_string();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(ids, SizeIs(10));
  EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend()));

  EXPECT_THAT(Ask("GET", events + "?event_types=touch").at("events").as_array(),
              IsEmpty());
  EXPECT_THAT(Ask("GET", absl::StrCat(events, "?startTime=", times[2],
                                      "&end_time=", times[1]))
                  .at("events")
                  .as_array(),
              SizeIs(2));
  for (const char* wrong :
       {"?startTime=now", "?pageToken=x", "?pageSize=-3",
        "?startTime=2023-01-02T00:00:00Z&endTime=2023-01-01T00:00:00Z"}) {
    Ask("GET", events + wrong);
    EXPECT_EQ(status_, 400) << wrong;
  }
}

TEST_F(DisruptiveEmulatorTest, PublishesWhatIsAskedOfADevice) {
  const auto stream = Listen("event_types=touch");
  const std::string publish = publishing_ + "/devices/" + DeviceId(0);
  EXPECT_EQ(Ask("POST", publish + ":publish", R"({"touch": {}})"),
            json::parse("{}"));
  EXPECT_EQ(status_, 200);
  Ask("POST", publish + ":publish",
      R"({"touch": {"updateTime": "2023-11-14T20:00:00Z"}})");
  const std::vector<std::string> lines = stream->TakeLines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1],
              HasSubstr(R"("timestamp":"2023-11-14T20:00:00.000000Z")"));
  // The older one does not replace what is reported.
  EXPECT_EQ(Ask("GET", api_ + "/devices/" + DeviceId(0))
                .at("reported")
                .at("touch")
                .at("updateTime"),
            "2023-11-14T22:13:20.000000Z");
  for (const char* wrong :
       {"", "[]", "{}", R"({"touch": {}, "co2": {"ppm": 1}})",
        R"({"touch": 1})", R"({"sound": {}})", R"({"ping": {}})",
        R"({"temperature": {}})", R"({"humidity": {"temperature": 1,
        "relativeHumidity": 2}})"}) {
    Ask("POST", publish + ":publish", wrong);
    EXPECT_EQ(status_, 400) << wrong;
  }
}

TEST_F(DisruptiveEmulatorTest, CreatesReplacesAndDeletesDevices) {
  const std::string devices = publishing_ + "/devices";
  const json::value created =
      Ask("POST", devices, R"({"type": "co2", "labels": {"name": "mine"}})");
  EXPECT_EQ(created.at("labels").at("virtual-sensor"), "");
  const std::string name(created.at("name").as_string());
  const std::string id = name.substr(name.rfind('/') + 1);
  EXPECT_EQ(id.size(), 23u);
  EXPECT_EQ(id.substr(0, 3), "emu");
  EXPECT_EQ(
      Ask("PUT", devices + "/" + id, R"({"labels": {"a": "b"}})").at("labels"),
      json::parse(R"({"a": "b", "virtual-sensor": ""})"));
  EXPECT_EQ(Ask("GET", devices + "/" + id).at("type"), "co2");
  EXPECT_EQ(Ask("DELETE", devices + "/" + id), json::parse("{}"));
  Ask("GET", api_ + "/devices/" + id);
  EXPECT_EQ(status_, 404);
  Ask("POST", devices, R"({"type": "toaster"})");
  EXPECT_EQ(status_, 400);
}

TEST_F(DisruptiveEmulatorTest, TellsLabelChangesLiveOnly) {
  const auto stream = Listen();
  const std::string device =
      absl::StrCat("projects/", emulator_->project(), "/devices/", DeviceId(0));
  const json::value answer =
      Ask("POST", api_ + "/devices:batchUpdate",
          absl::StrCat(R"({"devices": [")", device, R"(", "projects/)",
                       emulator_->project(), R"(/devices/none", "x"],
                       "addLabels": {"k": "v"}, "removeLabels": ["group"]})"));
  ASSERT_THAT(answer.at("batchErrors").as_array(), SizeIs(2));
  EXPECT_EQ(answer.at("batchErrors").at(0).at("status").at("code"),
            "NOT_FOUND");
  EXPECT_EQ(answer.at("batchErrors").at(1).at("status").at("code"),
            "INVALID_ARGUMENT");
  const std::vector<std::string> lines = stream->TakeLines();
  ASSERT_THAT(lines, SizeIs(1));
  const json::value event = json::parse(lines[0]).at("result").at("event");
  EXPECT_EQ(event.at("eventType"), "labelsChanged");
  EXPECT_EQ(event.at("data"), json::parse(R"({"added": {"k": "v"},
      "modified": {}, "removed": ["group"]})"));
  executor_.Advance(absl::Seconds(5));
  EXPECT_THAT(Ask("GET", api_ + "/devices/" + DeviceId(0) + "/events")
                  .at("events")
                  .as_array(),
              IsEmpty());
}

TEST_F(DisruptiveEmulatorTest, PublishesAtTheRateAskedFor) {
  DisruptiveOptions options = Options();
  options.rate = 100;
  options.count = 250;
  Restart(options);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(ledger_.Totals().published, 101);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(ledger_.Totals().published, 250);

  Steer("/devices/start", R"({"rate": 0.5})");
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(ledger_.Totals().published, 253);
  Steer("/devices/stop");
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(ledger_.Totals().published, 253);
}

TEST_F(DisruptiveEmulatorTest, AnswersUnderTheServicesOwnNames) {
  authorization_.emplace_back("Host", "emulator.disruptive-technologies.com");
  Ask("POST", api_ + "/devices", R"({"type":"touch"})");
  EXPECT_EQ(status_, 200);
  authorization_.back().second = "api.disruptive-technologies.com";
  EXPECT_THAT(Ask("GET", api_ + "/devices").at("devices").as_array(),
              SizeIs(6));
  Ask("POST", api_ + "/devices", R"({"type":"touch"})");
  EXPECT_EQ(status_, 404);
}

TEST_F(DisruptiveEmulatorTest, TakesAssertionsForTheServiceOverHttpsOnly) {
  const json::value account = json::parse(emulator_->ReadyJson())
                                  .at("credentials")
                                  .at("serviceAccount");
  const int64_t now = absl::ToUnixSeconds(executor_.Now());
  const std::string form = absl::StrCat(
      "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=",
      SignJwt(absl::StrCat(R"({"alg":"HS256","kid":")",
                           account.at("keyId").as_string().c_str(), "\"}"),
              absl::StrCat(
                  R"({"iat":)", now, R"(,"exp":)", now + 60,
                  R"(,"aud":"https://identity.disruptive-technologies.com)",
                  R"(/oauth2/token","iss":")",
                  account.at("email").as_string().c_str(), "\"}"),
              std::string(account.at("secret").as_string())));
  Ask("POST", "/oauth2/token", form);
  EXPECT_EQ(status_, 400);
  emulator_->Stop();
  emulator_ = std::make_unique<DisruptiveEmulator>(Options(), &ledger_);
  emulator_->Start("https://127.0.0.1:8081", &executor_);
  Ask("POST", "/oauth2/token", form);
  EXPECT_EQ(status_, 200);
}

TEST_F(DisruptiveEmulatorTest, PagesOfListsCanBeMadeShorter) {
  Steer("/disruptive/settings", R"({"list_page_size": 2})");
  const json::value first = Ask("GET", api_ + "/devices?page_size=50");
  EXPECT_THAT(first.at("devices").as_array(), SizeIs(2));
  const std::string token(first.at("nextPageToken").as_string());
  EXPECT_THAT(Ask("GET", api_ + "/devices?page_token=" + token)
                  .at("devices")
                  .as_array(),
              SizeIs(2));
  EXPECT_FALSE(Ask("GET", "/v2/projects").at("projects").as_array().empty());
}

TEST_F(DisruptiveEmulatorTest, OneDevicesReadingsNeverShareAMoment) {
  DisruptiveOptions options = Options();
  options.devices = 1;
  options.history_page_size = 1000;
  Restart(options);
  Steer("/devices/publish", R"({"count": 500})");
  executor_.Advance(absl::Seconds(2));
  std::set<std::string> times;
  const json::value page =
      Ask("GET", api_ + "/devices/" + DeviceId(0) + "/events");
  for (const json::value& event : page.at("events").as_array()) {
    times.emplace(event.at("timestamp").as_string());
  }
  EXPECT_THAT(times, SizeIs(500));
}

TEST_F(DisruptiveEmulatorTest, ControlsStreamsTokensAndSettings) {
  const auto first = Listen();
  EXPECT_EQ(Steer("/streams/cut", R"({"how": "reset"})").at("cut"), 1);
  EXPECT_EQ(first->aborted, true);
  const auto second = Listen();
  Steer("/streams/send", R"({"text": "\n"})");
  EXPECT_EQ(second->written, "\n");
  Steer("/disruptive/settings",
        R"({"stream_lifetime": 2, "stream_end": "clean", "rate_limit": 1,
            "indexing_delay": 0, "clock_offset": 3600})");
  const auto third = Listen();
  executor_.Advance(absl::Seconds(6));
  EXPECT_TRUE(third->ended);
  EXPECT_FALSE(second->ended);
  Ask("GET", api_);
  EXPECT_EQ(status_, 200);  // the window of the stream's opening has passed
  for (const auto& [path, body] :
       {std::pair("/streams/cut", R"({"how": "gently"})"),
        std::pair("/devices/start", R"({"rate": 0})"),
        std::pair("/disruptive/settings", R"({"speed": 1})")}) {
    Steer(path, body);
    EXPECT_EQ(status_, 400) << path;
  }
  auto unknown = std::make_shared<FakeResponder>();
  EXPECT_FALSE(
      emulator_->Control(MakeRequest("POST", "/devices/burn"), unknown));
  EXPECT_FALSE(unknown->answer.has_value());
}

// What is pushed of an event of device 0, byte for byte.
TEST_F(DisruptiveEmulatorTest, PushesEventsToDataConnectors) {
  const json::value created = Ask(
      "POST", api_ + "/dataconnectors",
      R"({"status":"ACTIVE","events":["touch"],"labels":["room-number","absent"],
          "type":"HTTP_PUSH","httpConfig":{"url":"https://h/p","signatureSecret":"s","headers":{}}})");
  ASSERT_EQ(status_, 200) << created;
  const std::string name(created.at("name").as_string());
  EXPECT_THAT(name, HasSubstr(api_.substr(4) + "/dataconnectors/"));

  const std::string device = publishing_ + "/devices/" + DeviceId(0);
  Ask("POST", device + ":publish",
      R"({"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}})");
  Ask("POST", device + ":publish", R"({"temperature":{"value":1}})");
  ASSERT_THAT(pushes_, SizeIs(1));
  EXPECT_EQ(pushes_[0].url, "https://h/p");
  const json::value body = json::parse(pushes_[0].body);
  const std::string id(body.at("event").at("eventId").as_string());
  const std::string project = emulator_->project();
  EXPECT_EQ(
      pushes_[0].body,
      absl::StrCat(
          R"({"event":{"eventId":")", id, R"(","targetName":"projects/)",
          project, "/devices/", DeviceId(0),
          R"(","eventType":"touch","data":{"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}},"timestamp":"2025-01-02T03:04:05.678901Z"},"labels":{"room-number":"101"},"metadata":{"deviceId":")",
          DeviceId(0), R"(","projectId":")", project,
          R"(","deviceType":"temperature","productNumber":")",
          emulator_->fleet().devices()[0].product_number, R"("}})"));
  EXPECT_EQ(
      Ask("GET", "/v2/" + name + ":metrics").at("metrics").at("successCount"),
      1);
  EXPECT_EQ(ledger_.Totals().unheard, 1);

  // The latest of each type that it forwards, of every device: by its time, not
  // by when it came.
  const std::string pushed = pushes_[0].body;
  Ask("POST", device + ":publish", R"({"touch":{}})");
  EXPECT_THAT(pushes_, SizeIs(2));
  pushes_.clear();
  Ask("POST", "/v2/" + name + ":sync");
  EXPECT_EQ(status_, 200);
  ASSERT_THAT(pushes_, SizeIs(1));
  EXPECT_EQ(pushes_[0].body, pushed);

  EXPECT_EQ(
      Ask("PATCH", "/v2/" + name, R"({"status":"USER_DISABLED"})").at("status"),
      "USER_DISABLED");
  Ask("POST", device + ":publish", R"({"touch":{}})");
  EXPECT_THAT(pushes_, SizeIs(1));
  Ask("POST", "/v2/" + name + ":sync");
  EXPECT_EQ(status_, 400);

  Ask("DELETE", "/v2/" + name);
  EXPECT_EQ(status_, 200);
  Ask("GET", "/v2/" + name);
  EXPECT_EQ(status_, 404);
  EXPECT_THAT(
      Ask("GET", api_ + "/dataconnectors").at("dataConnectors").as_array(),
      IsEmpty());
}

TEST_F(DisruptiveEmulatorTest, TriesPushesAgainAsToldTo) {
  Steer("/disruptive/settings", R"({"push_first_retry": 0.5})");
  Ask("POST", api_ + "/dataconnectors",
      R"({"type":"HTTP_PUSH","httpConfig":{"url":"https://h/p"}})");
  push_status_ = 503;
  Steer("/devices/publish");
  executor_.RunReady();
  EXPECT_THAT(pushes_, SizeIs(1));
  push_status_ = 200;
  executor_.Advance(absl::Milliseconds(500));
  EXPECT_THAT(pushes_, SizeIs(2));
  EXPECT_EQ(pushes_[0].body, pushes_[1].body);
  const json::value status = json::parse(emulator_->StatusJson());
  EXPECT_EQ(status.at("pushes"), 2);
  EXPECT_EQ(status.at("pushes_delivered"), 1);
}

TEST_F(DisruptiveEmulatorTest, CanBeginWithADataConnector) {
  DisruptiveOptions options = Options();
  options.push_url = "http://127.0.0.1:9/hook";
  Restart(options);
  const json::value ready = json::parse(emulator_->ReadyJson());
  EXPECT_EQ(ready.at("connector").at("url"), options.push_url.c_str());
  Steer("/devices/publish", R"({"count": 3})");
  ASSERT_THAT(pushes_, SizeIs(3));
  EXPECT_TRUE(FindHeader(pushes_[0].headers, "X-Dt-Signature").has_value());
  EXPECT_EQ(json::parse(pushes_[0].body).at("labels").as_object().size(), 4u);
}

TEST_F(DisruptiveEmulatorTest, HasSeveralProjectsAndMovesDevices) {
  const json::value ready = json::parse(emulator_->ReadyJson());
  const std::string organization(ready.at("organization").as_string());
  const json::value created =
      Ask("POST", "/v2/projects",
          absl::StrCat(R"({"organization":")", organization,
                       R"(","displayName":"Second"})"));
  ASSERT_EQ(status_, 200) << created;
  const std::string name(created.at("name").as_string());
  EXPECT_EQ(created.at("sensorCount"), 0);
  EXPECT_THAT(Ask("GET", "/v2/projects?query=SECOND").at("projects").as_array(),
              SizeIs(1));
  EXPECT_THAT(Ask("GET", "/v2/projects?organization=" + organization)
                  .at("projects")
                  .as_array(),
              SizeIs(2));
  EXPECT_THAT(Ask("GET", "/v2/projects?organization=organizations/x")
                  .at("projects")
                  .as_array(),
              IsEmpty());
  EXPECT_EQ(Ask("PATCH", "/v2/" + name, R"({"displayName":"Other"})")
                .at("displayName"),
            "Other");

  const std::string old_name =
      absl::StrCat("projects/", emulator_->project(), "/devices/", DeviceId(0));
  const auto stream = Listen();
  const json::value moved =
      Ask("POST", "/v2/" + name + "/devices:transfer",
          absl::StrCat(R"({"devices":[")", old_name, R"(","x","projects/)",
                       emulator_->project(), R"(/devices/none"]})"));
  EXPECT_EQ(moved.at("transferredDevices").as_array().at(0).as_string(),
            name + "/devices/" + DeviceId(0));
  ASSERT_THAT(moved.at("transferErrors").as_array(), SizeIs(2));
  EXPECT_EQ(moved.at("transferErrors").as_array()[0].at("status").at("code"),
            "INVALID_ARGUMENT");
  EXPECT_EQ(moved.at("transferErrors").as_array()[1].at("status").at("code"),
            "NOT_FOUND");
  Ask("GET", "/v2/" + old_name);
  EXPECT_EQ(status_, 404);
  EXPECT_EQ(Ask("GET", "/v2/" + name).at("sensorCount"), 1);
  // Its events are those of the other project now.
  Ask("POST",
      absl::StrCat("/emulator/v2/", name, "/devices/", DeviceId(0), ":publish"),
      R"({"touch":{}})");
  EXPECT_EQ(status_, 200);
  EXPECT_THAT(stream->TakeLines(), IsEmpty());

  Ask("DELETE", "/v2/" + name);
  EXPECT_EQ(status_, 400);  // There is a device in it.
  Ask("POST",
      absl::StrCat("/v2/projects/", emulator_->project(), "/devices:transfer"),
      absl::StrCat(R"({"devices":[")", name, "/devices/", DeviceId(0),
                   R"("]})"));
  Ask("DELETE", "/v2/" + name);
  EXPECT_EQ(status_, 200);
  Ask("GET", "/v2/" + name);
  EXPECT_EQ(status_, 404);
  Ask("DELETE", "/v2/projects/" + emulator_->project());
  EXPECT_EQ(status_, 400);
}

TEST_F(DisruptiveEmulatorTest, RefusesWrongProjectsAndConnectors) {
  for (const char* body :
       {"", "[]", "{}", R"({"organization":"organizations/x"})",
        R"({"organization":1,"displayName":"a"})"}) {
    Ask("POST", "/v2/projects", body);
    EXPECT_TRUE(status_ == 400 || status_ == 404) << body;
  }
  for (const char* body : {"", "[]", "{}", R"({"type":"HTTP_PUSH"})"}) {
    Ask("POST", api_ + "/dataconnectors", body);
    EXPECT_EQ(status_, 400) << body;
  }
  Ask("POST", "/v2/projects/none/dataconnectors", "{}");
  EXPECT_EQ(status_, 404);
  Ask("GET", api_ + "/dataconnectors/none:metrics");
  EXPECT_EQ(status_, 404);
  Ask("POST", "/v2/projects/none/devices:transfer", R"({"devices":[]})");
  EXPECT_EQ(status_, 404);
  Ask("POST", api_ + "/devices:transfer", R"({"devices":[]})");
  EXPECT_EQ(status_, 400);
  Ask("POST", api_ + "/devices:batchUpdate",
      absl::StrCat(R"({"devices":["projects/p/devices/)", DeviceId(0),
                   R"("]})"));
  EXPECT_EQ(status_, 400);
}

TEST_F(DisruptiveEmulatorTest, CanSayWhatNoDeviceSays) {
  const auto stream = Listen();
  Steer("/disruptive/settings", R"({"nine_digits": true})");
  Steer("/disruptive/events",
        absl::StrCat(R"({"device":")", DeviceId(1),
                     R"(","type":"smell","data":{"ppm":3},)",
                     R"("time":"2025-01-02T03:04:05Z"})"));
  EXPECT_EQ(status_, 200);
  const std::vector<std::string> lines = stream->TakeLines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(
      lines[0],
      HasSubstr(
          R"("eventType":"smell","data":{"smell":{"ppm":3}},"timestamp":"2025-01-02T03:04:05.000000000Z")"));
  EXPECT_EQ(Ask("GET", absl::StrCat(api_, "/devices/", DeviceId(1)))
                .at("reported")
                .at("smell")
                .at("ppm"),
            3);
  for (const char* wrong :
       {"", "{}", R"({"device":"x","type":"a","data":{}})",
        R"({"device":"DEVICE","type":"a\"b","data":{}})",
        R"({"device":"DEVICE","type":"","data":{}})",
        R"({"device":"DEVICE","type":"a","data":[]})",
        R"({"device":"DEVICE","type":"a","data":{},"time":"now"})"}) {
    Steer("/disruptive/events",
          absl::StrReplaceAll(wrong, {{"DEVICE", DeviceId(1)}}));
    EXPECT_TRUE(status_ == 400 || status_ == 404) << wrong;
  }
}

TEST_F(DisruptiveEmulatorTest, KeepsLabelChangesInHistoryWhenToldTo) {
  executor_.Advance(absl::Seconds(1));
  const std::string change =
      absl::StrCat(R"({"devices":["projects/)", emulator_->project(),
                   "/devices/", DeviceId(0), R"("],"addLabels":{"a":")");
  const std::string events = absl::StrCat(api_, "/devices/", DeviceId(0),
                                          "/events?eventTypes=labelsChanged");
  Ask("POST", api_ + "/devices:batchUpdate", change + "1\"}}");
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(Ask("GET", events).at("events").as_array(), IsEmpty());
  Steer("/disruptive/settings", R"({"label_history": true})");
  Ask("POST", api_ + "/devices:batchUpdate", change + "2\"}}");
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(Ask("GET", events).at("events").as_array(), SizeIs(1));
}

}  // namespace
}  // namespace sluice::sandbox
