#include "tools/sluice/top_view.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using admin::v1::ProcessStatus;
using google::protobuf::util::TimeUtil;
using testing::HasSubstr;

// A process `seconds` after its start, which took in and delivered `events`.
ProcessStatus At(int64_t seconds, uint64_t events) {
  ProcessStatus status;
  *status.mutable_start_time() = TimeUtil::SecondsToTimestamp(1'700'000'000);
  *status.mutable_time() =
      TimeUtil::SecondsToTimestamp(1'700'000'000 + seconds);
  status.mutable_memory()->set_used_bytes(30 << 20);
  status.mutable_memory()->set_limit_bytes(256 << 20);
  admin::v1::PipelineStatus* pipeline = status.add_pipelines();
  pipeline->set_name("office");
  pipeline->set_state(admin::v1::PIPELINE_RUNNING);
  pipeline->mutable_log()->set_max_bytes(1 << 30);
  pipeline->mutable_log()->mutable_health()->set_state(admin::v1::HEALTHY);
  admin::v1::SourceStatus* source = pipeline->add_sources();
  source->set_name("sensors");
  source->set_received(events);
  source->mutable_health()->set_state(admin::v1::HEALTHY);
  source->mutable_gaps()->set_open(1);
  source->mutable_gaps()->set_unclosed(2);
  admin::v1::SinkStatus* sink = pipeline->add_sinks();
  sink->set_name("room-feed");
  sink->set_delivered(events / 2);
  sink->set_waiting(events / 2);
  *sink->mutable_oldest_waiting() =
      TimeUtil::SecondsToTimestamp(1'700'000'000 + seconds - 300);
  sink->mutable_backlog()->set_state(admin::v1::BACKLOG_SHRINKS);
  sink->mutable_backlog()->mutable_done_in()->set_seconds(9000);
  sink->mutable_health()->set_state(admin::v1::DEGRADED);
  sink->mutable_health()->set_message("trying again: 503");
  return status;
}

TEST(TopViewTest, ShowsHowThingsStand) {
  TopView view;
  EXPECT_EQ(
      view.Frame(At(60, 2000)),
      "sluice  2023-11-14T22:14:20  up 60 s  1 pipeline  memory 30 MiB of 256 "
      "MiB\n"
      "\n"
      "office  running  log 0 MiB of 1024 MiB, 0 dead letters, healthy\n"
      "  SOURCE   IN  STORED  REPEATS  DEAD  GAPS  HEALTH\n"
      "  sensors  -   -       -        0     1/2   healthy\n"
      "  SINK       OUT  WAITING  OLDEST  DONE IN  UNDER WAY  RETRIES  DEAD  "
      "HEALTH\n"
      "  room-feed  -    1.0k     5 min   2 h      0          -        0     "
      "degraded: trying again: 503\n");
}

TEST(TopViewTest, ShowsRatesSinceTheFrameBefore) {
  TopView view;
  view.Frame(At(60, 2000));
  const std::string frame = view.Frame(At(62, 5000));
  EXPECT_THAT(frame, HasSubstr("  sensors  1.5k/s  0/s     0/s"));
  EXPECT_THAT(frame, HasSubstr("  room-feed  750/s  2.5k "));
}

TEST(TopViewTest, ShowsNoRateOfACounterThatBeganAnew) {
  TopView view;
  view.Frame(At(60, 2000));
  EXPECT_THAT(view.Frame(At(62, 10)), HasSubstr("  sensors  -   "));
}

TEST(TopViewTest, LeavesOutCursorsWithoutASink) {
  ProcessStatus status = At(60, 2);
  status.mutable_pipelines(0)->mutable_sinks(0)->set_parked(true);
  EXPECT_THAT(TopView().Frame(status), testing::Not(HasSubstr("room-feed")));
}

TEST(TopViewTest, FitsItsTerminal) {
  EXPECT_EQ(Fit("a\nb\nc\n", 80, 10), "a\nb\nc\n");
  EXPECT_EQ(Fit("a\nb\nc\n", 80, 3), "a\n... 2 lines more\n");
  EXPECT_EQ(Fit("a long line\n", 8, 10), "a lon...\n");
}

}  // namespace
}  // namespace sluice
