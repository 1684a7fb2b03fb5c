#include "pipeline/monitoring/readiness.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

admin::v1::ProcessStatus Running() {
  admin::v1::ProcessStatus status;
  status.set_state(admin::v1::PROCESS_RUNNING);
  admin::v1::PipelineStatus* pipeline = status.add_pipelines();
  pipeline->set_name("office");
  admin::v1::SourceStatus* source = pipeline->add_sources();
  source->set_name("in");
  source->mutable_health()->set_state(admin::v1::HEALTHY);
  admin::v1::SinkStatus* sink = pipeline->add_sinks();
  sink->set_name("out");
  sink->set_plugin("null");
  sink->mutable_health()->set_state(admin::v1::HEALTHY);
  pipeline->mutable_log()->set_writable(true);
  pipeline->mutable_log()->mutable_health()->set_state(admin::v1::STARTING);
  return status;
}

std::string Json(const admin::v1::ProcessStatus& status) {
  return boost::json::serialize(ReadinessToJson(CheckReadiness(status)));
}

TEST(ReadinessTest, IsReadyWhenEverythingIsHealthy) {
  EXPECT_TRUE(CheckReadiness(Running()).ready);
  EXPECT_THAT(CheckReadiness(Running()).reasons, IsEmpty());
  EXPECT_EQ(Json(Running()), R"({"ready":true,"reasons":[]})");
}

TEST(ReadinessTest, IsNotReadyUnlessRunning) {
  for (const auto state :
       {admin::v1::PROCESS_STATE_UNSPECIFIED, admin::v1::PROCESS_STARTING,
        admin::v1::PROCESS_STOPPING, admin::v1::PROCESS_STOPPED}) {
    admin::v1::ProcessStatus status = Running();
    status.set_state(state);
    EXPECT_FALSE(CheckReadiness(status).ready) << state;
    ASSERT_EQ(CheckReadiness(status).reasons.size(), 1u);
  }
}

TEST(ReadinessTest, PausedAndStartingComponentsBlock) {
  admin::v1::ProcessStatus status = Running();
  admin::v1::PipelineStatus* pipeline = status.mutable_pipelines(0);
  pipeline->mutable_sources(0)->mutable_health()->set_state(
      admin::v1::STARTING);
  admin::v1::Health* sink = pipeline->mutable_sinks(0)->mutable_health();
  sink->set_state(admin::v1::PAUSED);
  sink->set_message("api_secret: the service refuses it");
  EXPECT_EQ(
      Json(status),
      R"({"ready":false,"reasons":[)"
      R"({"blocks":true,"pipeline":"office","source":"in","state":"starting","message":""},)"
      R"({"blocks":true,"pipeline":"office","sink":"out","state":"paused",)"
      R"("message":"api_secret: the service refuses it"}]})");
}

TEST(ReadinessTest, DegradedIsReadyWithAReason) {
  admin::v1::ProcessStatus status = Running();
  admin::v1::PipelineStatus* pipeline = status.mutable_pipelines(0);
  pipeline->mutable_sinks(0)->mutable_health()->set_state(admin::v1::DEGRADED);
  admin::v1::Health* log = pipeline->mutable_log()->mutable_health();
  log->set_state(admin::v1::DEGRADED);
  log->set_message("the log is full, sources wait");
  const Readiness readiness = CheckReadiness(status);
  EXPECT_TRUE(readiness.ready);
  ASSERT_EQ(readiness.reasons.size(), 2u);
  EXPECT_FALSE(readiness.reasons[0].blocks);
  EXPECT_EQ(readiness.reasons[1].message, "the log is full, sources wait");
}

TEST(ReadinessTest, ALogThatCannotBeWrittenBlocks) {
  admin::v1::ProcessStatus status = Running();
  admin::v1::LogStatus* log = status.mutable_pipelines(0)->mutable_log();
  log->set_writable(false);
  log->mutable_health()->set_state(admin::v1::DEGRADED);
  log->mutable_health()->set_message("No space left on device");
  EXPECT_EQ(Json(status),
            R"({"ready":false,"reasons":[{"blocks":true,"pipeline":"office",)"
            R"("log":"office","state":"degraded",)"
            R"("message":"No space left on device"}]})");
}

TEST(ReadinessTest, CursorsOfRemovedSinksDoNotCount) {
  admin::v1::ProcessStatus status = Running();
  admin::v1::SinkStatus* sink = status.mutable_pipelines(0)->add_sinks();
  sink->set_name("old");
  sink->set_parked(true);
  sink->mutable_health()->set_state(admin::v1::STARTING);
  EXPECT_EQ(Json(status), R"({"ready":true,"reasons":[]})");
}

TEST(HealthTest, AThreadThatDoesNotAnswerIsLostAfterAWhile) {
  EXPECT_TRUE(IsHealthy({{"io", absl::ZeroDuration()},
                         {"ingest", kThreadLost - absl::Seconds(1)}}));
  EXPECT_FALSE(
      IsHealthy({{"io", absl::ZeroDuration()}, {"ingest", kThreadLost}}));
  EXPECT_EQ(boost::json::serialize(HealthToJson(
                {{"io", absl::ZeroDuration()}, {"ingest", absl::Seconds(31)}})),
            R"({"healthy":false,"threads":[)"
            R"({"thread":"io","silent_seconds":0},)"
            R"({"thread":"ingest","silent_seconds":31}]})");
}

}  // namespace
}  // namespace sluice
