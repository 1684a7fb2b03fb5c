// What the emulated Disruptive Technologies keeps on disk.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/journaled_emulator.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DisruptiveStateTest : public ::testing::Test {
 protected:
  DisruptiveStateTest() {
    journal_.folder = absl::StrCat(
        ::testing::TempDir(), "/disruptive-state-",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(journal_.folder);
    options_.devices = 5;
    options_.access.rate_limit = 0;
    options_.send_push = [this](const HttpRequest& request,
                                ConnectorPusher::Done done) {
      pushes_.push_back(request.body);
      executor_.Post(
          [done = std::move(done)]() mutable { done({.status = 200}, {}); });
    };
    Restart();
  }
  ~DisruptiveStateTest() override { emulator_->Stop(); }

  void Restart() {
    if (emulator_ != nullptr) emulator_->Stop();
    executor_.RunReady();
    emulator_.reset();
    executor_.Advance(absl::Minutes(1));
    auto inner = std::make_unique<DisruptiveEmulator>(options_, &ledger_);
    const DisruptiveAccessOptions& access = inner->credentials();
    authorization_ = {
        {"Authorization", "Basic " + absl::Base64Escape(absl::StrCat(
                                         access.key_id, ":", access.secret))}};
    project_ = "projects/" + inner->project();
    fleet_device_ = inner->fleet().devices()[0].id;
    emulator_ =
        JournaledEmulator::Create(std::move(inner), journal_, executor_.Now())
            .value();
    emulator_->Start("http://127.0.0.1:8081", &executor_);
  }
  auto JournalSize() const {
    return std::filesystem::file_size(journal_.folder + "/disruptive.journal");
  }

  HttpResponse Say(const std::string& method, const std::string& target,
                   const std::string& body = "") {
    executor_.Advance(absl::Seconds(1));
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(MakeRequest(method, target, authorization_, body),
                      responder);
    return *responder->answer;
  }
  json::value Ask(const std::string& method, const std::string& path,
                  const std::string& body = "") {
    const HttpResponse answer = Say(method, path, body);
    EXPECT_EQ(answer.status, 200) << path << answer.body;
    return json::parse(answer.body);
  }
  // The last part of the name of what was made.
  std::string Make(const std::string& path, const std::string& body) {
    const std::string name(Ask("POST", path, body).at("name").as_string());
    return name.substr(name.rfind('/') + 1);
  }
  HttpResponse Steer(const std::string& path, const std::string& body) {
    auto responder = std::make_shared<FakeResponder>();
    EXPECT_TRUE(
        emulator_->Control(MakeRequest("POST", path, {}, body), responder));
    return *responder->answer;
  }
  std::string NewDevice() {
    return Make("/emulator/v2/" + project_ + "/devices",
                R"({"type":"temperature","labels":{"name":"cellar"}})");
  }
  void Publish(const std::string& device, const std::string& body) {
    Ask("POST", "/emulator/v2/" + project_ + "/devices/" + device + ":publish",
        body);
  }

  DisruptiveOptions options_;
  JournalOptions journal_;
  ManualExecutor executor_;
  Ledger ledger_;
  std::unique_ptr<Emulator> emulator_;
  HttpHeaders authorization_;
  std::string project_;
  std::string fleet_device_;
  std::vector<std::string> pushes_;
};

TEST_F(DisruptiveStateTest, IsAfterARestartAsItWasBefore) {
  const std::string v2 = "/v2/" + project_;
  const std::string device = NewDevice();
  const std::string gone = NewDevice();
  Publish(device, R"({"temperature":{"value":7.5}})");
  // Ids of pings and pushes are made in between.
  auto listener = std::make_shared<FakeResponder>();
  emulator_->Handle(MakeRequest("GET", v2 + "/devices:stream?ping_interval=1s",
                                authorization_),
                    listener);
  executor_.Advance(absl::Seconds(5));
  const std::string connector = Make(
      v2 + "/dataconnectors",
      R"({"type":"HTTP_PUSH","httpConfig":{"url":"https://x/","signatureSecret":"s"}})");
  Publish(device, R"({"touch":{}})");
  Publish(fleet_device_, R"({"touch":{}})");
  Steer("/disruptive/settings", R"({"lenient":true,"nine_digits":true})");
  Publish(device, R"({"waterPresent":{"state":"PRESENT"}})");
  Steer("/disruptive/events",
        absl::StrCat(R"({"device":")", device,
                     R"(","type":"novel","data":{"a":1}})"));
  const std::string project =
      Make("/v2/projects", R"({"displayName":"Other","organization":")" +
                               std::string(json::parse(emulator_->ReadyJson())
                                               .at("organization")
                                               .as_string()) +
                               "\"}");
  Ask("POST", v2 + "/devices:batchUpdate",
      absl::StrCat(
          R"({"devices":[")", project_, "/devices/", fleet_device_,
          R"("],"addLabels":{"floor":"3"},"removeLabels":["group"]})"));
  Ask("POST", "/v2/projects/" + project + "/devices:transfer",
      absl::StrCat(R"({"devices":[")", project_, "/devices/", device, "\"]}"));
  Ask("DELETE", "/emulator/v2/" + project_ + "/devices/" + gone);
  Ask("PATCH", v2 + "/dataconnectors/" + connector,
      R"({"displayName":"Mine","status":"USER_DISABLED"})");

  const std::vector<std::string> paths = {
      "/v2/projects",
      v2 + "/devices",
      v2 + "/dataconnectors",
      "/v2/projects/" + project + "/devices",
      "/v2/projects/" + project + "/devices/" + device +
          "/events?start_time=2023-11-01T00:00:00Z",
      v2 + "/devices/" + fleet_device_ + "/events",
      v2 + "/devices/" + gone};
  const auto read = [&] {
    std::vector<std::string> answers = {emulator_->ReadyJson()};
    for (const std::string& path : paths) {
      const HttpResponse answer = Say("GET", path);
      answers.push_back(absl::StrCat(path, " ", answer.status, answer.body));
    }
    return answers;
  };
  executor_.Advance(absl::Seconds(5));
  const std::vector<std::string> before = read();
  EXPECT_THAT(before[5], HasSubstr("\"novel\""));
  EXPECT_THAT(before[3], HasSubstr("USER_DISABLED"));
  for (int i = 0; i < 2; ++i) {
    Restart();
    EXPECT_EQ(read(), before);
  }
  // It goes on with ids that were not there yet.
  EXPECT_EQ(Ask("GET", v2 + "/devices").at("devices").as_array().size(), 5u);
  NewDevice();
  Restart();
  EXPECT_EQ(Ask("GET", v2 + "/devices").at("devices").as_array().size(), 6u);
}

TEST_F(DisruptiveStateTest, SaysNothingToOthersAgain) {
  Make("/v2/" + project_ + "/dataconnectors",
       R"({"type":"HTTP_PUSH","httpConfig":{"url":"https://x/"}})");
  Publish(NewDevice(), R"({"touch":{}})");
  EXPECT_THAT(pushes_, SizeIs(1));
  const int64_t published = ledger_.Totals().published;
  Restart();
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(pushes_, SizeIs(1));
  EXPECT_EQ(ledger_.Totals().published, published);
  // The connector is there all the same.
  Publish(fleet_device_, R"({"touch":{}})");
  EXPECT_THAT(pushes_, SizeIs(2));
}

TEST_F(DisruptiveStateTest, MakesReadingsAnew) {
  options_.rate = 1;
  options_.count = 2;
  Restart();
  executor_.Advance(absl::Seconds(10));
  const std::string path =
      "/v2/" + project_ + "/devices/" + fleet_device_ + "/events";
  Publish(fleet_device_, R"({"touch":{}})");
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(Ask("GET", path).at("events").as_array(), SizeIs(2));
  options_.rate = 0;
  Restart();
  EXPECT_THAT(Ask("GET", path).at("events").as_array(), SizeIs(1));
  options_.rate = 1;
  Restart();
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(Ask("GET", path).at("events").as_array(), SizeIs(2));
}

TEST_F(DisruptiveStateTest, NeedsNeitherTokenNorRateAgain) {
  const std::string device = NewDevice();
  // Other credentials, of which the journal's requests know nothing.
  options_.access.secret = "another";
  options_.access.rate_limit = 1;
  Restart();
  Ask("GET", "/v2/" + project_ + "/devices/" + device);
  EXPECT_EQ(Say("GET", "/v2/" + project_ + "/devices").status, 429);
  authorization_.clear();
  EXPECT_EQ(Say("GET", "/v2/" + project_ + "/devices").status, 401);
}

TEST_F(DisruptiveStateTest, WritesDownNothingThatChangesNothing) {
  const auto size = JournalSize();
  const std::string v2 = "/v2/" + project_;
  Say("GET", v2 + "/devices");
  Say("POST", "/oauth2/token", "grant_type=x");
  Say("DELETE", "/emulator/v2/" + project_ + "/devices/emunone");
  Say("POST", v2 + "/dataconnectors/none:sync");
  Steer("/devices/publish", R"({"count":3})");
  Steer("/disruptive/settings", R"({"speed":1})");
  EXPECT_EQ(JournalSize(), size);
}

TEST_F(DisruptiveStateTest, SaysItsOwnErrorWhenNothingMoreFits) {
  journal_.max_bytes = static_cast<int64_t>(JournalSize());
  Restart();
  const HttpResponse answer = Say(
      "POST", "/emulator/v2/" + project_ + "/devices", R"({"type":"touch"})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(json::parse(answer.body).at("code"), 503);
  EXPECT_THAT(answer.body, HasSubstr("disruptive.journal"));
  EXPECT_EQ(Steer("/disruptive/settings", "{}").status, 503);
  EXPECT_THAT(pushes_, IsEmpty());
  EXPECT_EQ(Ask("GET", "/v2/" + project_ + "/devices")
                .at("devices")
                .as_array()
                .size(),
            5u);
}

}  // namespace
}  // namespace sluice::sandbox
