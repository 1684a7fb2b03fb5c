#include "tests/fault/sandbox_pipeline.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"

namespace sluice::fault {
namespace {

namespace json = boost::json;

constexpr size_t kDevices = 20;

// $0 data directory, $1 API and $2 token endpoint of the device cloud, $3
// project, $4 key and $5 email of the service account, $6 URL and $7 key of the
// feed, $8 the archive, $9 the time limit of a request to the feed.
constexpr char kConfig[] = R"(data_dir: $0
pipelines:
  main:
    sources:
      sensors:
        disruptive:
          project: $3
          credentials: {key_id: $4, secret: {env: DEVICE_SECRET}, email: $5}
          base_url: $1
          token_url: $2
          stream: {ping_interval: 1s, reconnect_initial: 50ms, reconnect_max: 300ms}
          backfill: {first_start: 10m, settle: 200ms, overlap: 1s, parallel: 8}
          rate: {requests_per_second: 1000, burst: 1000}
    sinks:
      room-feed:
        retry: {initial: 50ms, max: 300ms}
        feed:
          base_url: $6
          api_key: $7
          api_secret: {env: FEED_SECRET}
          feed: "device:{{ subject }}"
          request_timeout: $9
      archive:
        file: {path: $8, max_bytes: 1MiB, keep_files: 1000}
)";

std::string Text(const json::value& value) {
  return std::string(value.as_string());
}

sandbox::SandboxOptions MakeOptions() {
  sandbox::SandboxOptions options;
  options.disruptive.devices = kDevices;
  options.disruptive.seed = CampaignSeed();
  options.disruptive.access.rate_limit = 0;
  options.disruptive.cloud.history.indexing_delay = absl::Milliseconds(50);
  return options;
}

}  // namespace

std::optional<ExpectedEvent> SaidByFleet(const sandbox::SimulatedFleet& fleet,
                                         const WrittenEvent& event) {
  const std::optional<uint64_t> number = fleet.NumberOf(event.id);
  absl::Time time;
  std::string error;
  if (!number ||
      !absl::ParseTime(absl::RFC3339_full, event.time, &time, &error)) {
    return std::nullopt;
  }
  const sandbox::SimulatedReading reading = fleet.ReadingAt(*number, time);
  ExpectedEvent expected;
  expected.number = *number;
  expected.subject = fleet.devices()[reading.device].id;
  expected.data = absl::StrCat("{\"", std::string(reading.event_type),
                               "\":", reading.data, "}");
  return expected;
}

void SandboxPipelineTest::SetUp() {
  FaultTest::SetUp();
  absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> sandbox =
      sandbox::Sandbox::Start(MakeOptions());
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  sandbox_ = *std::move(sandbox);
}

RunOptions SandboxPipelineTest::Options(std::string device_secret) {
  const json::value ready = json::parse(sandbox_->ReadyJson());
  const json::value& cloud = ready.at("disruptive");
  const json::value& feed = ready.at("feed");
  if (device_secret.empty()) device_secret = Text(cloud.at("secret"));
  RunOptions options;
  options.config = Write(
      "sluice.yaml",
      absl::Substitute(kConfig, data_dir(), Text(cloud.at("base_url")),
                       Text(cloud.at("token_url")), Text(cloud.at("project")),
                       Text(cloud.at("key_id")), Text(cloud.at("email")),
                       Text(feed.at("base_url")), Text(feed.at("api_key")),
                       archive(), absl::FormatDuration(kFeedTimeout)));
  options.environment = {
      absl::StrCat("DEVICE_SECRET=", device_secret),
      absl::StrCat("FEED_SECRET=", Text(feed.at("api_secret")))};
  options.log_path = log_path();
  return options;
}

std::string SandboxPipelineTest::Control(std::string_view method,
                                         std::string_view path,
                                         std::string_view body) {
  const absl::StatusOr<std::string> answer =
      sandbox_->Control(method, path, body);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? *answer : "{}";
}

uint64_t SandboxPipelineTest::Published() {
  return static_cast<uint64_t>(sandbox_->ledger().Totals().published);
}

sandbox::DestinationReport SandboxPipelineTest::Feed() {
  for (const sandbox::DestinationReport& destination :
       sandbox_->ledger().Report().destinations) {
    if (destination.name == "feed") return destination;
  }
  ADD_FAILURE() << "the ledger does not know the feed";
  return {};
}

bool SandboxPipelineTest::WaitDelivered(const SluiceProcess& process,
                                        absl::Duration limit) {
  return WaitUntil(
      [&] {
        const demo::PipelineProgress progress = process.progress();
        if (progress.stored < Published() || progress.sinks.empty()) {
          return false;
        }
        for (const auto& [name, sink] : progress.sinks) {
          if (sink.waiting > 0) return false;
        }
        return true;
      },
      limit);
}

FileVerdict SandboxPipelineTest::ExpectAllDelivered(
    const SluiceProcess& process) {
  const uint64_t published = Published();
  const sandbox::DestinationReport feed = Feed();
  EXPECT_EQ(feed.missing, 0) << testing::PrintToString(feed.missing_ids);
  EXPECT_EQ(feed.duplicated, 0) << testing::PrintToString(feed.duplicated_ids);
  EXPECT_EQ(feed.out_of_order, 0);
  EXPECT_EQ(feed.unknown, 0);

  const FileVerdict file =
      JudgeFile(ReadWrittenLines(archive()), published,
                [this](const WrittenEvent& event) {
                  return SaidByFleet(sandbox_->disruptive().fleet(), event);
                });
  EXPECT_THAT(file.faults, testing::IsEmpty());

  const demo::PipelineProgress progress = process.progress();
  EXPECT_EQ(progress.stored, published);
  EXPECT_EQ(progress.dead_letters, 0u);
  EXPECT_TRUE(progress.balanced) << process.last_line();
  for (const auto& [name, sink] : progress.sinks) {
    EXPECT_EQ(sink.delivered, published) << name;
    EXPECT_EQ(sink.waiting, 0u) << name;
  }
  return file;
}

}  // namespace sluice::fault
