// Health and readiness of a real process.

#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/monitoring/monitored_process.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

bool IsOk(const std::string& answer) {
  return absl::StartsWith(answer, "HTTP/1.1 200 ");
}

std::string DataDir() {
  return testing::TempDir() + "/" +
         testing::UnitTest::GetInstance()->current_test_info()->name();
}

TEST(ReadinessOfAProcessTest, IsReadyUntilItStops) {
  MonitoredProcess process(DataDir(),
                           "  office:\n"
                           "    sources: {load: {generate: {count: 500}}}\n"
                           "    sinks: {nowhere: {null: {}}}\n");
  EXPECT_TRUE(IsOk(process.Await("/readyz", IsOk)));
  EXPECT_TRUE(IsOk(process.Get("/healthz")));
  const auto delivered = [](const std::string& answer) {
    return absl::StrContains(answer,
                             "\nsluice_sink_delivered_events_total{pipeline="
                             "\"office\",sink=\"nowhere\"} 500\n");
  };
  const std::string metrics = process.Await("/metrics", delivered);
  EXPECT_TRUE(delivered(metrics)) << metrics;
  for (const char* line :
       {"\nsluice_source_received_events_total{pipeline=\"office\",source="
        "\"load\"} 500\n",
        "\nsluice_source_health{pipeline=\"office\",source=\"load\",state="
        "\"healthy\"} 1\n",
        "\nsluice_sink_backlog_events{pipeline=\"office\",sink=\"nowhere\"} "
        "0\n",
        "\nsluice_sink_event_latency_seconds_count{pipeline=\"office\",sink="
        "\"nowhere\"} 500\n",
        "\nsluice_log_appended_events_total{pipeline=\"office\"} 500\n",
        "\nsluice_log_writable{pipeline=\"office\"} 1\n"}) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
  process.process().Stop(absl::Seconds(10));
  const std::string stopped = process.Await(
      "/readyz", [](const std::string& answer) { return !IsOk(answer); });
  EXPECT_THAT(stopped, AllOf(StartsWith("HTTP/1.1 503 "),
                             HasSubstr("\"state\":\"stopped\"")));
}

TEST(ReadinessOfAProcessTest, APausedSinkIsNamedAndItsBacklogHasAnAge) {
  // The file's folder cannot be made: a file stands in its place.
  MonitoredProcess process(
      DataDir(),
      "  office:\n"
      "    sources: {load: {generate: {count: 10}}}\n"
      "    sinks: {archive: {file: {path: /dev/null/events.jsonl}}}\n");
  const auto names_it = [](const std::string& answer) {
    return absl::StrContains(answer,
                             "\"sink\":\"archive\",\"state\":\"paused\"");
  };
  const std::string answer = process.Await("/readyz", names_it);
  EXPECT_TRUE(names_it(answer)) << answer;
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_TRUE(IsOk(process.Get("/healthz")));
  const auto has_age = [](const std::string& text) {
    const std::string name =
        "\nsluice_sink_oldest_event_age_seconds{pipeline=\"office\",sink="
        "\"archive\"} ";
    const size_t at = text.find(name);
    return at != text.npos && text[at + name.size()] != '0';
  };
  // Whole seconds come with time.
  EXPECT_TRUE(has_age(process.Await("/metrics", has_age)));
}

}  // namespace
}  // namespace sluice
