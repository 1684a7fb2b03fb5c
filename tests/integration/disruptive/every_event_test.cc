// Every type of event of the emulated device cloud goes through a pipeline into
// a feed, a stream of posts and a file; nothing of it is lost or changed.
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/json/json_value.h"
#include "pipeline/runtime/process.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"
#include "plugins/disruptive/typed_event.h"
#include "tools/sandbox/sandbox.h"

namespace sluice {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A device of each type, and what it publishes; members that the service adds
// by itself are left to it.
const std::vector<std::pair<std::string, std::vector<std::string>>>& Fleet() {
  static const auto* fleet = new std::vector<
      std::pair<std::string, std::vector<std::string>>>{
      {"temperature",
       {R"({"temperature":{"value":22.5}})",
        R"({"temperature":{"value":-27,"samples":[{"value":-27,"sampleTime":"2025-01-02T03:04:05.678901Z"},{"value":-26.125,"sampleTime":"2025-01-02T03:03:35.678901Z"}]}})",
        R"({"probeWireStatus":{"state":"THREE_WIRE"}})"}},
      {"proximity", {R"({"objectPresent":{"state":"NOT_PRESENT"}})"}},
      {"touch",
       {R"({"touch":{}})", R"({"batteryStatus":{"percentage":90}})",
        R"({"networkStatus":{"signalStrength":45,"rssi":-83,"transmissionMode":"HIGH_POWER_BOOST_MODE","cloudConnectors":[{"id":"c1","signalStrength":45,"rssi":-83}]}})"}},
      {"humidity",
       {R"({"humidity":{"temperature":22.45,"relativeHumidity":17}})"}},
      {"proximityCounter", {R"({"objectPresentCount":{"total":4176}})"}},
      {"touchCounter", {R"({"touchCount":{"total":0}})"}},
      {"waterDetector", {R"({"waterPresent":{"state":"PRESENT"}})"}},
      {"co2", {R"({"co2":{"ppm":526}})", R"({"pressure":{"pascal":99301}})"}},
      {"motion", {R"({"motion":{"state":"MOTION_DETECTED"}})"}},
      {"deskOccupancy",
       {R"({"deskOccupancy":{"state":"OCCUPIED","remarks":["a <b> & \"c\""]}})"}},
      {"contact", {R"({"contact":{"state":"OPEN"}})"}},
      {"ccon",
       {R"({"connectionStatus":{"connection":"ETHERNET","available":["CELLULAR","ETHERNET"]}})",
        R"({"ethernetStatus":{"macAddress":"f0:b5:b7:00:0a:08","ipAddress":"10.0.0.1","errors":[{"code":"1","message":"ü"}]}})",
        R"({"cellularStatus":{"signalStrength":80}})"}},
  };
  return *fleet;
}

// $0 directory, $1 to $6 of the device cloud: API, token endpoint, project, key
// id and email; $6 and $7 of the feed, $8 and $9 of the stream.
constexpr char kConfig[] = R"(data_dir: $0/data
pipelines:
  main:
    sources:
      sensors:
        disruptive:
          project: $3
          credentials: {key_id: $4, secret: {env: DEVICE_SECRET}, email: $5}
          base_url: $1
          token_url: $2
          rate: {requests_per_second: 1000, burst: 1000}
    sinks:
      feed:
        feed:
          base_url: $6
          api_key: $7
          api_secret: {env: FEED_SECRET}
          feed: "device:{{ labels.floor }}"
          extra: {data: "{{ data }}", device: "{{ subject }}", at: "{{ time }}"}
      posts:
        inthing:
          url: $8
          stream: $9
          password: {env: POSTS_SECRET}
          title: "{{ id }}"
          description: "{{ type }}|{{ data }}|{{ labels.floor }}|"
          markup: text
          pace: {burst: 100, interval: 10ms}
          digest: {after: 100}
      archive:
        file: {path: $0/archive.jsonl}
)";

std::string Text(const json::value& value) {
  return std::string(value.as_string());
}

// What an event says, wherever it came out.
struct Said {
  std::string type;
  std::string device;
  // JSON with sorted members.
  std::string data;

  bool operator==(const Said& other) const {
    return type == other.type && device == other.device && data == other.data;
  }
};

void PrintTo(const Said& said, std::ostream* out) {
  *out << said.type << " of " << said.device << ": " << said.data;
}

// The same text for equal values, whatever the order of their members.
std::string Sorted(const json::value& value) {
  if (value.is_array()) {
    std::string text = "[";
    for (const json::value& item : value.get_array()) {
      absl::StrAppend(&text, Sorted(item), ",");
    }
    return text + "]";
  }
  if (!value.is_object()) return JsonText(value);
  std::map<std::string, std::string> members;
  for (const auto& [name, item] : value.get_object()) {
    members[std::string(name)] = Sorted(item);
  }
  std::string text = "{";
  for (const auto& [name, item] : members) {
    absl::StrAppend(&text, name, ":", item, ",");
  }
  return text + "}";
}

using SaidById = std::map<std::string, Said>;

class EveryEventTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(::testing::TempDir(), "/every_event");
    sandbox::SandboxOptions options;
    options.disruptive.devices = 1;
    options.disruptive.access.rate_limit = 0;
    options.disruptive.cloud.history.indexing_delay = absl::ZeroDuration();
    options.inthing.limits.enabled = false;
    sandbox_ = sandbox::Sandbox::Start(std::move(options)).value();
    ready_ = json::parse(sandbox_->ReadyJson());
    for (const auto& [variable, service, name] :
         {std::tuple{"DEVICE_SECRET", "disruptive", "secret"},
          std::tuple{"FEED_SECRET", "feed", "api_secret"},
          std::tuple{"POSTS_SECRET", "inthing", "password"}}) {
      setenv(variable, Of(service, name).c_str(), 1);
    }
  }

  std::string Of(const char* service, const char* name) {
    return Text(ready_.at(service).at(name));
  }

  void StartPipeline() {
    ASSERT_TRUE(RegisterBuiltinPlugins(registry_).ok());
    const std::string path = folder_ + ".yaml";
    std::ofstream(path) << absl::Substitute(
        kConfig, folder_, Of("disruptive", "base_url"),
        Of("disruptive", "token_url"), Of("disruptive", "project"),
        Of("disruptive", "key_id"), Of("disruptive", "email"),
        Of("feed", "base_url"), Of("feed", "api_key"),
        Of("inthing", "base_url"), Of("inthing", "stream"));
    LoadResult config = LoadConfig(path, registry_);
    ASSERT_TRUE(config.ok()) << config.problems.front().message;
    process_ = Process::Start(config.loaded->spec).value();
    WaitFor("the stream opens", [this] {
      return Number("/status", "services", "disruptive", "streams_open") == 1;
    });
  }

  int64_t Number(const char* path, const char* a, const char* b,
                 const char* c) {
    return json::parse(sandbox_->Control("GET", path).value())
        .at(a)
        .at(b)
        .at(c)
        .to_number<int64_t>();
  }

  template <typename Condition>
  void WaitFor(const char* what, Condition condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (!condition()) {
      ASSERT_LT(absl::Now(), deadline) << what;
      absl::SleepFor(absl::Milliseconds(20));
    }
  }

  json::value Ask(std::string method, std::string url, std::string header,
                  std::string body = "") {
    const HttpResponse response = Fetch(std::move(method), std::move(url),
                                        std::move(header), std::move(body));
    EXPECT_EQ(response.status / 100, 2) << response.body;
    return json::parse(response.body);
  }

  HttpResponse Fetch(std::string method, std::string url, std::string header,
                     std::string body = "") {
    absl::Notification done;
    HttpResponse answer;
    std::unique_ptr<HttpCall> call;
    loop_->Post([&] {
      HttpRequest request{.method = std::move(method), .url = std::move(url)};
      if (!header.empty()) {
        // The feed wants to know what kind of token it is; others do not care.
        request.headers = {{"Authorization", header},
                           {"Stream-Auth-Type", "jwt"}};
      }
      if (!body.empty()) {
        request.headers.emplace_back("Content-Type", "application/json");
        request.body = std::move(body);
      }
      call = loop_->Fetch(std::move(request),
                          [&](HttpResponse response, HttpFailure failure) {
                            EXPECT_TRUE(failure.status.ok()) << failure.status;
                            answer = std::move(response);
                            done.Notify();
                          });
    });
    done.WaitForNotification();
    absl::Notification dropped;
    loop_->Post([&] {
      call.reset();
      dropped.Notify();
    });
    dropped.WaitForNotification();
    return answer;
  }

  std::string CloudAuthorization() {
    return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                      Of("disruptive", "key_id"), ":",
                                      Of("disruptive", "secret"))));
  }

  // Makes a device of each type, lets it publish all it has, and returns what
  // the service's history then says.
  SaidById Publish() {
    const std::string path =
        absl::StrCat("/projects/", Of("disruptive", "project"), "/devices");
    const std::string emulator = Of("disruptive", "emulator_base_url") + path;
    SaidById said;
    for (const auto& [type, events] : Fleet()) {
      const json::value device = Ask(
          "POST", emulator, CloudAuthorization(),
          absl::StrCat(R"({"type":")", type, R"(","labels":{"floor":"7"}})"));
      const std::string name = Text(device.at("name"));
      const std::string id = name.substr(name.rfind('/') + 1);
      for (const std::string& event : events) {
        Ask("POST", absl::StrCat(emulator, "/", id, ":publish"),
            CloudAuthorization(), event);
      }
      const json::value page = Ask(
          "GET",
          absl::StrCat(Of("disruptive", "base_url"), path, "/", id, "/events"),
          CloudAuthorization());
      EXPECT_EQ(page.at("events").as_array().size(), events.size());
      for (const json::value& event : page.at("events").as_array()) {
        ExpectTyped(JsonText(event));
        said[Text(event.at("eventId"))] = {Text(event.at("eventType")), id,
                                           Sorted(event.at("data"))};
      }
    }
    return said;
  }

  // The service's envelope has a place in the typed event for all of it.
  static void ExpectTyped(const std::string& envelope) {
    const auto event = disruptive::EventFromJson(envelope);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_THAT(event->DebugString(), ::testing::Not(HasSubstr("other")));
    EXPECT_EQ(Sorted(json::parse(disruptive::EventToJson(*event))),
              Sorted(json::parse(envelope)));
  }

  SaidById InFile() {
    SaidById said;
    std::ifstream file(folder_ + "/archive.jsonl");
    for (std::string line; std::getline(file, line);) {
      boost::system::error_code error;
      const json::value event = json::parse(line, error);
      // The last line may be half written.
      if (error) break;
      EXPECT_EQ(event.at("labels").at("floor"), "7");
      EXPECT_EQ(event.at("source"),
                json::value("//disruptive-technologies.com/projects/" +
                            Of("disruptive", "project")));
      said[Text(event.at("id"))] = {Text(event.at("type")),
                                    Text(event.at("subject")),
                                    Sorted(event.at("data"))};
    }
    return said;
  }

  SaidById InFeed() {
    const std::string token =
        SignJwt(R"({"alg":"HS256","typ":"JWT"})",
                R"({"resource":"*","action":"*","feed_id":"*"})",
                Of("feed", "api_secret"));
    const json::value page =
        Ask("GET",
            absl::StrCat(Of("feed", "base_url"),
                         "/api/v1.0/feed/device/7/?limit=100&api_key=",
                         Of("feed", "api_key")),
            token);
    SaidById said;
    for (const json::value& activity : page.at("results").as_array()) {
      const std::string object = Text(activity.at("object"));
      said[object.substr(object.find(':') + 1)] = {Text(activity.at("verb")),
                                                   Text(activity.at("device")),
                                                   Sorted(activity.at("data"))};
    }
    return said;
  }

  // The page of posts, its escapes undone.
  std::string Posts() {
    return absl::StrReplaceAll(Fetch("GET", Of("inthing", "url"), "").body,
                               {{"&quot;", "\""},
                                {"&#34;", "\""},
                                {"&#39;", "'"},
                                {"&lt;", "<"},
                                {"&gt;", ">"},
                                {"&amp;", "&"}});
  }

  std::string folder_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  json::value ready_;
  PluginRegistry registry_;
  std::unique_ptr<HttpLoop> loop_ = HttpLoop::Create({.name = "test"});
  std::unique_ptr<Process> process_;
};

TEST_F(EveryEventTest, ArrivesInEverySinkAsItWasSaid) {
  StartPipeline();
  const SaidById said = Publish();
  ASSERT_THAT(said, SizeIs(19));
  WaitFor("everything is in the file",
          [&] { return InFile().size() >= said.size(); });
  EXPECT_EQ(InFile(), said);
  WaitFor("everything is in the feed",
          [&] { return InFeed().size() >= said.size(); });
  EXPECT_EQ(InFeed(), said);
  WaitFor("everything is posted", [&] {
    return Number("/status", "services", "inthing", "posts") >=
           static_cast<int64_t>(said.size());
  });
  const std::string posts = Posts();
  for (const auto& [id, event] : said) {
    EXPECT_THAT(posts, HasSubstr(id));
    EXPECT_THAT(posts, HasSubstr(event.type + "|{"));
  }
  process_->Stop(absl::Seconds(10));
  const admin::v1::ProcessStatus status = process_->Status();
  ASSERT_EQ(status.pipelines_size(), 1);
  EXPECT_EQ(status.pipelines(0).log().dead_letters_made(), 0u);
}

}  // namespace
}  // namespace sluice
