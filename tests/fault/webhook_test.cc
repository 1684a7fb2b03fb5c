// Pushes of Data Connectors into the source disruptive_webhook: what was
// answered 2xx is safe, and what was not comes again, whatever happens to the
// receiver.
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/kill_plan.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tests/testing/free_port.h"
#include "tests/testing/loopback_client.h"
#include "tools/sandbox/fault_switch.h"
#include "tools/sandbox/sandbox.h"

namespace sluice::fault {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kKills = 16;
constexpr absl::Duration kLongestLife = absl::Milliseconds(1200);
constexpr absl::Duration kLimit = absl::Seconds(90);

// $0 data directory, $1 sources besides the webhook, $2 its port, $3 its level,
// $4 further sinks, $5 the archive.
constexpr char kConfig[] = R"(data_dir: $0
pipelines:
  main:
    sources:
$1      pushes:
        acknowledge: $3
        disruptive_webhook:
          port: $2
          path: /hook
          signature_secrets: [{env: PUSH_SECRET}]
          answer_timeout: 1s
    sinks:
$4      archive:
        file: {path: $5, max_bytes: 1MiB, keep_files: 1000}
)";

// $0 API and $1 token endpoint of the device cloud, $2 project, $3 key and $4
// email of the service account.
constexpr char kStream[] = R"(      sensors:
        disruptive:
          project: $2
          credentials: {key_id: $3, secret: {env: DEVICE_SECRET}, email: $4}
          base_url: $0
          token_url: $1
          stream: {ping_interval: 1s, reconnect_initial: 50ms, reconnect_max: 300ms}
          backfill: {first_start: 10m, settle: 200ms, overlap: 1s}
          rate: {requests_per_second: 1000, burst: 1000}
)";

// $0 URL and $1 key of the feed.
constexpr char kFeed[] = R"(      room-feed:
        retry: {initial: 50ms, max: 300ms}
        feed:
          base_url: $0
          api_key: $1
          api_secret: {env: FEED_SECRET}
          feed: "device:{{ subject }}"
)";

std::string Text(const json::value& value) {
  return std::string(value.as_string());
}

class WebhookTest : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    port_ = FreePort();
    sandbox::SandboxOptions options;
    sandbox::DisruptiveOptions& cloud = options.disruptive;
    cloud.seed = CampaignSeed();
    cloud.access.rate_limit = 0;
    cloud.cloud.history.indexing_delay = absl::Milliseconds(50);
    cloud.push_url = absl::StrCat("http://127.0.0.1:", port_, "/hook");
    // Hours pass in seconds.
    cloud.cloud.pushes.first_retry = absl::Milliseconds(50);
    cloud.cloud.pushes.longest_retry = absl::Milliseconds(300);
    cloud.cloud.pushes.duplicate_every = 7;
    cloud.cloud.pushes.reorder_every = 5;
    absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> sandbox =
        sandbox::Sandbox::Start(options);
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    sandbox_ = *std::move(sandbox);
  }

  std::string archive() const { return folder() + "/archive.jsonl"; }

  RunOptions Options(bool with_stream, bool with_feed,
                     const std::string& level = "durable") {
    const json::value ready = json::parse(sandbox_->ReadyJson());
    const json::value& cloud = ready.at("disruptive");
    const json::value& feed = ready.at("feed");
    const std::string stream =
        absl::Substitute(kStream, Text(cloud.at("base_url")),
                         Text(cloud.at("token_url")), Text(cloud.at("project")),
                         Text(cloud.at("key_id")), Text(cloud.at("email")));
    const std::string sink = absl::Substitute(kFeed, Text(feed.at("base_url")),
                                              Text(feed.at("api_key")));
    RunOptions options;
    options.config =
        Write("sluice.yaml",
              absl::Substitute(kConfig, data_dir(), with_stream ? stream : "",
                               port_, level, with_feed ? sink : "", archive()));
    options.environment = {
        absl::StrCat("PUSH_SECRET=", Text(cloud.at("connector").at("secret"))),
        absl::StrCat("DEVICE_SECRET=", Text(cloud.at("secret"))),
        absl::StrCat("FEED_SECRET=", Text(feed.at("api_secret")))};
    options.log_path = log_path();
    return options;
  }

  void Control(std::string_view path, std::string_view body) {
    const absl::StatusOr<std::string> answer =
        sandbox_->Control("POST", path, body);
    EXPECT_TRUE(answer.ok()) << answer.status();
  }

  uint64_t Published() {
    return static_cast<uint64_t>(sandbox_->ledger().Totals().published);
  }

  // A count of the device cloud's status.
  int64_t Count(const std::string& name) {
    const absl::StatusOr<std::string> status =
        sandbox_->Control("GET", "/status");
    EXPECT_TRUE(status.ok()) << status.status();
    return json::parse(*status)
        .at("services")
        .at("disruptive")
        .at(name)
        .to_number<int64_t>();
  }

  // Every event is pushed and acknowledged, and every sink has done with it.
  bool WaitDelivered(const SluiceProcess& process) {
    return WaitUntil(
        [&] {
          const demo::PipelineProgress progress = process.progress();
          if (Count("pushes_waiting") > 0 || progress.stored < Published()) {
            return false;
          }
          for (const auto& [name, sink] : progress.sinks) {
            if (sink.waiting > 0) return false;
          }
          return true;
        },
        kLimit);
  }

  // Every event was stored once and is in the file, with what its device said.
  FileVerdict ExpectAllThere(const SluiceProcess& process) {
    const uint64_t published = Published();
    EXPECT_EQ(Count("pushes_expired"), 0);
    EXPECT_EQ(Count("pushes_delivered"), static_cast<int64_t>(published));
    const FileVerdict file = JudgeFile(
        ReadWrittenLines(archive()), published,
        [this](const WrittenEvent& event) {
          return SaidByFleet(sandbox_->disruptive().fleet(), event);
        },
        FileOrder::kAny);
    EXPECT_THAT(file.faults, testing::IsEmpty());
    const demo::PipelineProgress progress = process.progress();
    EXPECT_EQ(progress.stored, published);
    EXPECT_EQ(progress.dead_letters, 0u);
    EXPECT_TRUE(progress.balanced) << process.last_line();
    return file;
  }

  uint16_t port_ = 0;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
};

TEST_F(WebhookTest, LosesNothingWhenTheReceiverIsKilledAtAnyMoment) {
  KillPlan plan(CampaignSeed(), kLongestLife);
  const RunOptions options =
      Options(/*with_stream=*/false, /*with_feed=*/false);
  // Nobody is there yet: these wait.
  Control("/devices/publish", R"({"count": 50})");
  Control("/devices/start", R"({"rate": 200})");
  for (int kills = 0; kills < kKills && !HasFailure();) {
    const KillMoment moment = plan.Next();
    std::cout << "killed " << moment.ToString() << std::endl;
    SluiceProcess process(options);
    kills += KillAt(moment, process, [this] { return WrittenMark(archive()); });
  }
  Control("/devices/stop", "");

  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  EXPECT_TRUE(WaitDelivered(process)) << process.last_line();
  EXPECT_EQ(process.Stop(), 0);
  const FileVerdict file = ExpectAllThere(process);
  ExpectSoundLog();
  std::cout << Published() << " events in " << Count("pushes") << " pushes; "
            << file.misplaced << " out of order; repeats in the file "
            << file.repeated << std::endl;
  // The campaign was worth it: there were failed pushes and reordered ones.
  EXPECT_GT(Count("pushes"), static_cast<int64_t>(Published()) * 8 / 7);
  EXPECT_GT(file.misplaced, 0u);
}

TEST_F(WebhookTest, StoresAnEventOnceThatComesByStreamAndPush) {
  SluiceProcess process(Options(/*with_stream=*/true, /*with_feed=*/true));
  ASSERT_TRUE(process.WaitReady());
  Control("/devices/start", R"({"rate": 500, "count": 1000})");
  ASSERT_TRUE(WaitUntil([this] { return Published() == 1000; }, kLimit));
  EXPECT_TRUE(WaitDelivered(process)) << process.last_line();
  // Both ways brought all of them.
  EXPECT_TRUE(
      WaitUntil([&] { return process.progress().duplicate >= 1000; }, kLimit))
      << process.last_line();
  EXPECT_EQ(process.Stop(), 0);
  const FileVerdict file = ExpectAllThere(process);
  EXPECT_EQ(file.lines, 1000u);
  for (const sandbox::DestinationReport& destination :
       sandbox_->ledger().Report().destinations) {
    if (destination.name != "feed") continue;
    EXPECT_EQ(destination.missing, 0)
        << testing::PrintToString(destination.missing_ids);
    EXPECT_EQ(destination.unknown, 0);
    EXPECT_EQ(destination.duplicated, 0);
  }
}

TEST_F(WebhookTest, IsNotAnswered2xxBeforeItIsDeliveredWhereThatIsAskedFor) {
  sandbox::Fault down;
  down.service = "feed";
  down.status = 503;
  sandbox_->faults().Add(down);
  SluiceProcess process(Options(/*with_stream=*/false, /*with_feed=*/true,
                                /*level=*/"delivered"));
  ASSERT_TRUE(process.WaitReady());
  Control("/devices/publish", R"({"count": 20})");
  // All are stored, and have been put off once at least.
  EXPECT_TRUE(
      WaitUntil([&] { return process.progress().stored == 20; }, kLimit))
      << process.last_line();
  EXPECT_TRUE(WaitUntil([this] { return Count("pushes") > 40; }, kLimit));
  EXPECT_EQ(Count("pushes_delivered"), 0);
  ASSERT_TRUE(sandbox_->Control("DELETE", "/faults?service=feed").ok());
  EXPECT_TRUE(WaitDelivered(process)) << process.last_line();
  EXPECT_EQ(process.Stop(), 0);
  ExpectAllThere(process);
}

TEST_F(WebhookTest, LogsNothingOfWhatStrangersSay) {
  const RunOptions options =
      Options(/*with_stream=*/false, /*with_feed=*/false);
  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  ASSERT_TRUE(WaitUntil(
      [this] { return absl::StrContains(Log(), "listening at http"); },
      kLimit));
  const auto say = [this](const std::string& path, const std::string& headers,
                          const std::string& body) {
    LoopbackClient client(port_);
    client.Send(absl::StrCat("POST ", path, " HTTP/1.1\r\nHost: h\r\n", headers,
                             "Content-Length: ", body.size(), "\r\n\r\n",
                             body));
    const std::string answer = client.ReadAnswer();
    return answer.substr(0, answer.find("\r\n"));
  };
  const std::string body = R"({"event":{"eventId":"verysecretword"}})";
  EXPECT_EQ(say("/hook", "", body), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(say("/hook", "X-Dt-Signature: verysecretword\r\n", body),
            "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(say("/verysecretword", "", body), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(say("/hook", "Content-Type: verysecretword\r\n", body),
            "HTTP/1.1 415 Unsupported Media Type");
  EXPECT_EQ(say("/hook", "", std::string(257 << 10, 'x')),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(process.Stop(), 0);
  const std::string log = Log();
  EXPECT_THAT(log, HasSubstr("answered 401 to 127.0.0.1"));
  EXPECT_THAT(log, Not(HasSubstr("verysecretword")));
  EXPECT_THAT(log, Not(HasSubstr(options.environment[0].substr(12))));
}

}  // namespace
}  // namespace sluice::fault
