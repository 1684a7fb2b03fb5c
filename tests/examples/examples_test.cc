// The configurations of //examples, checked and run against the sandbox.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/sluice_process.h"
#include "tests/testing/free_port.h"
#include "tools/sandbox/sandbox.h"

namespace sluice::fault {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kLimit = absl::Seconds(60);
constexpr char kServiceToken[] = "token-of-the-service";

std::string Text(const json::value& value) {
  return std::string(value.as_string());
}

class ExamplesTest : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    loop_ = HttpLoop::Create({});
    port_ = FreePort();
    sandbox::SandboxOptions options;
    options.disruptive.devices = 5;
    options.disruptive.access.rate_limit = 0;
    options.disruptive.push_url =
        absl::StrCat("http://127.0.0.1:", port_, "/hooks/dt");
    options.disruptive.cloud.pushes.first_retry = absl::Milliseconds(50);
    auto sandbox = sandbox::Sandbox::Start(options);
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    sandbox_ = *std::move(sandbox);
    ready_ = json::parse(sandbox_->ReadyJson());
  }

  // Variables of the examples for this sandbox, from the script that readers
  // are told to use.
  std::vector<std::string> Environment() {
    const std::string file = folder() + "/environment";
    const std::string command = absl::StrCat(
        "examples/sandbox_environment ", sandbox_->control_url(), " > ", file);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::vector<std::string> variables =
        absl::StrSplit(ReadFile(file), '\n', absl::SkipEmpty());
    EXPECT_THAT(variables, ::testing::Not(IsEmpty()));
    variables.push_back(absl::StrCat("SLUICE_DATA_DIR=", data_dir()));
    variables.push_back(absl::StrCat("WEBHOOK_PORT=", port_));
    variables.push_back(absl::StrCat("LINES_PORT=", port_));
    variables.push_back(absl::StrCat("SERVICE_URL=", service_url_));
    variables.push_back(absl::StrCat("SERVICE_TOKEN=", kServiceToken));
    return variables;
  }

  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  RunOptions Options(const std::string& example) {
    RunOptions options;
    options.config = absl::StrCat("examples/", example, ".yaml");
    options.environment = Environment();
    options.log_path = log_path();
    return options;
  }

  HttpResponse Ask(HttpRequest request) {
    HttpResponse answer;
    absl::Notification done;
    std::unique_ptr<HttpCall> call;
    loop_->Post([&] {
      call = loop_->Fetch(std::move(request),
                          [&](HttpResponse response, HttpFailure failure) {
                            EXPECT_TRUE(failure.status.ok()) << failure.status;
                            answer = std::move(response);
                            call.reset();
                            done.Notify();
                          });
    });
    done.WaitForNotification();
    return answer;
  }

  // A request to the cloud's API for emulated devices.
  json::value AskEmulator(const std::string& path, const std::string& body) {
    const json::value& cloud = ready_.at("disruptive");
    const HttpResponse answer = Ask(
        {.method = "POST",
         .url = absl::StrCat(Text(cloud.at("emulator_base_url")), "/projects/",
                             Text(cloud.at("project")), "/devices", path),
         .headers = {{"Authorization",
                      absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                                 Text(cloud.at("key_id")), ":",
                                                 Text(cloud.at("secret")))))}},
         .body = body});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  std::string NewDevice(const std::string& type, const std::string& name) {
    const std::string device = Text(
        AskEmulator("", absl::StrCat(R"({"type":")", type,
                                     R"(","labels":{"name":")", name, R"("}})"))
            .at("name"));
    return device.substr(device.rfind('/') + 1);
  }
  void Publish(const std::string& device, const std::string& event) {
    AskEmulator(absl::StrCat("/", device, ":publish"), event);
  }

  // The activities of a feed, newest first.
  json::array Feed(const std::string& group, const std::string& id) {
    const json::value& feed = ready_.at("feed");
    const HttpResponse answer = Ask(
        {.url = absl::StrCat(Text(feed.at("base_url")), "/api/v1.0/feed/",
                             group, "/", id,
                             "/?limit=100&api_key=", Text(feed.at("api_key"))),
         .headers = {{"stream-auth-type", "jwt"},
                     {"Authorization",
                      SignJwt(R"({"alg":"HS256","typ":"JWT"})",
                              R"({"resource":"*","action":"*","feed_id":"*"})",
                              Text(feed.at("api_secret")))}}});
    if (answer.status != 200) {
      ADD_FAILURE() << answer.status << " " << answer.body;
      return {};
    }
    return json::parse(answer.body).at("results").as_array();
  }

  // What a person sees of the inthing stream.
  std::string InthingPage() {
    return Ask({.url = Text(ready_.at("inthing").at("url"))}).body;
  }

  // The stream of events is open.
  bool WaitListening() {
    return WaitUntil(
        [this] {
          return json::parse(*sandbox_->Control("GET", "/status"))
                     .at("services")
                     .at("disruptive")
                     .at("streams_open")
                     .to_number<int64_t>() > 0;
        },
        kLimit);
  }

  static bool WaitDelivered(const SluiceProcess& process,
                            const std::string& sink, uint64_t count) {
    return WaitUntil(
        [&] {
          const demo::PipelineProgress progress = process.progress();
          const auto found = progress.sinks.find(sink);
          return found != progress.sinks.end() &&
                 found->second.delivered >= count;
        },
        kLimit);
  }

  static void ExpectEnds(SluiceProcess& process) {
    EXPECT_EQ(process.Stop(), 0);
    EXPECT_TRUE(process.progress().balanced) << process.last_line();
    EXPECT_EQ(process.progress().dead_letters, 0u) << process.last_line();
  }

  std::unique_ptr<HttpLoop> loop_;
  uint16_t port_ = 0;
  // Nobody is there unless a test says so.
  std::string service_url_ = "http://127.0.0.1:9/readings";
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  json::value ready_;
};

TEST_F(ExamplesTest, EachIsAValidConfiguration) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++found;
    const CommandResult result =
        RunSluice({"validate", entry.path().string()}, Environment(), folder());
    EXPECT_EQ(result.exit_code, 0) << entry << ": " << result.out << result.err;
    const std::string name = entry.path().filename().string();
    EXPECT_THAT(ReadFile("examples/README.md"),
                HasSubstr(absl::StrCat("[", name, "]")));
  }
  EXPECT_EQ(found, 7) << "an example without a test below";
}

TEST_F(ExamplesTest, TemperatureGoesToTheFeedsThatItsLabelsName) {
  SluiceProcess process(Options("temperature_to_room_feed"));
  ASSERT_TRUE(process.WaitReady());
  ASSERT_TRUE(WaitListening());
  // Devices 0 and 1 are in room 101, one of both of another group.
  const auto& devices = sandbox_->disruptive().fleet().devices();
  Publish(devices[0].id, R"({"temperature":{"value":21.5}})");
  Publish(devices[0].id, R"({"touch":{}})");
  Publish(NewDevice("temperature", "No room"),
          R"({"temperature":{"value":4}})");
  EXPECT_TRUE(WaitDelivered(process, "room-feed", 1)) << process.last_line();
  ExpectEnds(process);
  const auto& labels = devices[0].labels;
  const auto label = [&labels](const std::string& key) {
    for (const auto& [name, value] : labels) {
      if (name == key) return value;
    }
    return std::string();
  };
  const json::array room = Feed("room", label("room-number"));
  ASSERT_THAT(room, SizeIs(1));
  EXPECT_EQ(room[0].at("celsius").to_number<double>(), 21.5);
  EXPECT_EQ(Text(room[0].at("verb")), "measured");
  EXPECT_EQ(Text(room[0].at("actor")), devices[0].id);
  EXPECT_EQ(Text(room[0].at("sensor")), label("name"));
  EXPECT_THAT(Feed("building", label("building")), SizeIs(1));
  EXPECT_THAT(Feed("group", label("group")), SizeIs(1));
}

TEST_F(ExamplesTest, ReadingsGoToAService) {
  absl::Mutex mu;
  json::array readings;
  auto service = HttpServer::Start(
      {}, [&](HttpServerRequest request,
              const std::shared_ptr<HttpResponder>& responder) {
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(FindHeader(request.headers, "Authorization"),
                  absl::StrCat("Bearer ", kServiceToken));
        const json::value body = json::parse(request.body);
        absl::MutexLock lock(&mu);
        for (const json::value& reading : body.as_array()) {
          readings.push_back(reading);
        }
        responder->Send({.status = 204});
      });
  ASSERT_TRUE(service.ok()) << service.status();
  service_url_ =
      absl::StrCat("http://127.0.0.1:", (*service)->port(), "/readings");
  SluiceProcess process(Options("readings_to_a_service"));
  ASSERT_TRUE(process.WaitReady());
  ASSERT_TRUE(WaitListening());
  const std::string device = NewDevice("temperature", "Attic");
  Publish(device, R"({"temperature":{"value":21.5}})");
  EXPECT_TRUE(WaitDelivered(process, "service", 1)) << process.last_line();
  ExpectEnds(process);
  absl::MutexLock lock(&mu);
  ASSERT_THAT(readings, SizeIs(1));
  EXPECT_EQ(Text(readings[0].at("device")), device);
  EXPECT_EQ(readings[0].at("celsius").to_number<double>(), 21.5);
  EXPECT_NE(Text(readings[0].at("id")), "");
  EXPECT_NE(Text(readings[0].at("time")), "");
}

TEST_F(ExamplesTest, OpenedDoorsArePosted) {
  const std::string door = NewDevice("contact", "Front door");
  SluiceProcess process(Options("door_openings_to_inthing"));
  ASSERT_TRUE(process.WaitReady());
  ASSERT_TRUE(WaitListening());
  for (const char* state : {"CLOSED", "OPEN", "CLOSED"}) {
    Publish(door, absl::StrCat(R"({"contact":{"state":")", state, R"("}})"));
  }
  EXPECT_TRUE(WaitDelivered(process, "ops", 1)) << process.last_line();
  ExpectEnds(process);
  EXPECT_EQ(process.progress().sinks.at("ops").delivered, 1u);
  EXPECT_THAT(InthingPage(), HasSubstr("Front door was opened"));
}

TEST_F(ExamplesTest, WaterIsToldToBoth) {
  const std::string detector = NewDevice("waterDetector", "Cellar");
  SluiceProcess process(Options("water_alarm_to_both"));
  ASSERT_TRUE(process.WaitReady());
  ASSERT_TRUE(WaitListening());
  for (const char* state : {"NOT_PRESENT", "PRESENT"}) {
    Publish(detector,
            absl::StrCat(R"({"waterPresent":{"state":")", state, R"("}})"));
  }
  EXPECT_TRUE(WaitDelivered(process, "alarm-feed", 1)) << process.last_line();
  EXPECT_TRUE(WaitDelivered(process, "alarm-post", 1)) << process.last_line();
  ExpectEnds(process);
  const json::array alarms = Feed("alarm", "water");
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(Text(alarms[0].at("place")), "Cellar");
  EXPECT_THAT(InthingPage(), HasSubstr("Water at Cellar"));
}

TEST_F(ExamplesTest, PushesGoToAFeed) {
  const std::string device = NewDevice("touch", "Bell");
  // Nobody listens yet: the push waits.
  Publish(device, R"({"touch":{}})");
  SluiceProcess process(Options("webhook_to_feed"));
  ASSERT_TRUE(process.WaitReady());
  Publish(device, R"({"touch":{}})");
  EXPECT_TRUE(WaitDelivered(process, "device-feed", 2)) << process.last_line();
  ExpectEnds(process);
  const json::array activities = Feed("device", device);
  ASSERT_THAT(activities, SizeIs(2));
  EXPECT_EQ(Text(activities[0].at("name")), "Bell");
  EXPECT_EQ(Text(activities[0].at("device_type")), "touch");
}

TEST_F(ExamplesTest, LinesOfAProgramGoToAFeed) {
  SluiceProcess process(Options("lines_to_a_feed"));
  ASSERT_TRUE(process.WaitReady());
  const HttpRequest lines = {
      .method = "POST",
      .url = absl::StrCat("http://127.0.0.1:", port_, "/"),
      .headers = {{"Content-Type", "application/x-ndjson"}},
      .body = R"({"id":"1","user":"anna","what":"signed up",)"
              R"("at":"2026-01-02T03:04:05Z"})"
              "\n"
              R"({"id":"2","user":"ben","what":"signed up"})"
              "\n"};
  EXPECT_EQ(Ask(lines).status, 200);
  // As if the answer had got lost.
  EXPECT_EQ(Ask(lines).status, 200);
  EXPECT_TRUE(WaitDelivered(process, "user-feed", 2)) << process.last_line();
  ExpectEnds(process);
  const json::array activities = Feed("user", "anna");
  ASSERT_THAT(activities, SizeIs(1));
  EXPECT_EQ(Text(activities[0].at("verb")), "signed up");
  EXPECT_EQ(Text(activities[0].at("time")).substr(0, 19),
            "2026-01-02T03:04:05");
  EXPECT_THAT(Feed("user", "ben"), SizeIs(1));
}

TEST_F(ExamplesTest, ARecordingIsReplayed) {
  RunOptions options = Options("replay_a_file");
  options.arguments = {"--until-finished"};
  // A minute is long for a test: the same lines, an hour in no time.
  std::string lines = ReadFile("examples/recorded_day.jsonl");
  lines.resize(lines.find('\n', lines.find("recorded01")) + 1);
  options.environment.push_back(
      absl::StrCat("REPLAY_FILE=", Write("recorded.jsonl", lines)));
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitEnd(kLimit)) << process.last_line();
  EXPECT_EQ(process.ExitCode(), 0);
  const json::array activities = Feed("device", "attic");
  ASSERT_THAT(activities, SizeIs(2));
  EXPECT_EQ(activities[0].at("celsius").to_number<double>(), 18.2);
  EXPECT_EQ(Text(activities[0].at("time")).substr(0, 19),
            "2024-05-01T01:00:00");
}

}  // namespace
}  // namespace sluice::fault
