#include "tools/sluice/service_reporter.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tests/testing/notify_socket.h"

namespace sluice {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kWell[] =
    "WATCHDOG=1\nSTATUS=1 pipeline, 12 events received, 5 waiting";

admin::v1::ProcessStatus SomeStatus() {
  admin::v1::ProcessStatus status;
  status.set_state(admin::v1::PROCESS_RUNNING);
  admin::v1::PipelineStatus* pipeline = status.add_pipelines();
  pipeline->add_sources()->set_received(8);
  pipeline->add_sources()->set_received(4);
  pipeline->add_sinks()->set_waiting(2);
  pipeline->add_sinks()->set_waiting(3);
  return status;
}

class ServiceReporterTest : public testing::Test {
 protected:
  // A service manager with a watchdog of eight seconds: a report every two.
  void Start(const char* watchdog_usec = "8000000") {
    absl::StatusOr<ServiceNotifier> notifier = ServiceNotifier::Create(
        {.notify_socket = socket_.name(), .watchdog_usec = watchdog_usec});
    ASSERT_TRUE(notifier.ok()) << notifier.status();
    reporter_ = std::make_unique<ServiceReporter>(ServiceReporter::Parts{
        .notifier = *notifier,
        .threads = ThreadWatch({{"io", &io_}, {"ingest", &ingest_}}),
        .status = SomeStatus,
        .executor = &service_});
    reporter_->Ready();
    service_.RunReady();
  }

  // Lets so much time pass; a thread that is stuck runs nothing.
  void Pass(int seconds, bool ingest_is_stuck = false) {
    for (int i = 0; i < seconds; ++i) {
      io_.RunReady();
      if (!ingest_is_stuck) ingest_.RunReady();
      service_.Advance(absl::Seconds(1));
    }
  }

  // What was told since the last call.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (std::string one = socket_.Receive(absl::ZeroDuration()); !one.empty();
         one = socket_.Receive(absl::ZeroDuration())) {
      told.push_back(std::move(one));
    }
    return told;
  }

  NotifySocket socket_ = NotifySocket::AtPath();
  ManualExecutor io_;
  ManualExecutor ingest_;
  ManualExecutor service_;
  std::unique_ptr<ServiceReporter> reporter_;
};

TEST_F(ServiceReporterTest, SaysReadyOnceAndThenHowThingsAre) {
  Start();
  EXPECT_THAT(Told(), ElementsAre("READY=1", kWell));
  Pass(6);
  EXPECT_THAT(Told(), ElementsAre(kWell, kWell, kWell));
}

TEST_F(ServiceReporterTest, AStuckThreadStopsThePingsAndIsNamed) {
  Start();
  Pass(2);
  Told();
  Pass(5, /*ingest_is_stuck=*/true);
  const std::vector<std::string> told = Told();
  EXPECT_THAT(told, Not(IsEmpty()));
  EXPECT_THAT(told, Each(StartsWith("STATUS=thread ingest has not answered")));
  EXPECT_THAT(told.back(), HasSubstr("for 4s"));
  // It was only slow.
  Pass(3);
  EXPECT_THAT(Told(), ElementsAre(kWell, kWell));
}

TEST_F(ServiceReporterTest, GoesOnWhileThePipelinesStop) {
  Start();
  Told();
  reporter_->Stopping();
  Pass(2);
  EXPECT_THAT(Told(), ElementsAre("STOPPING=1\nSTATUS=stopping", kWell));
}

TEST_F(ServiceReporterTest, TellsTheStatusToWhoDoesNotWatch) {
  Start("");
  Told();
  Pass(60);
  EXPECT_THAT(Told(), ElementsAre(kWell, kWell));
}

TEST_F(ServiceReporterTest, AnImpossibleWatchdogKeepsNoProcessorBusy) {
  Start("1");
  EXPECT_EQ(service_.pending_timers(), 1);
  Told();
  service_.Advance(absl::Microseconds(900));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST(ServiceReporterWithoutManagerTest, DoesNothing) {
  ManualExecutor service;
  ServiceReporter reporter({.notifier = ServiceNotifier(),
                            .threads = ThreadWatch({}),
                            .status = SomeStatus,
                            .executor = &service});
  reporter.Ready();
  reporter.Stopping();
  EXPECT_EQ(service.RunReady(), 0);
  EXPECT_EQ(service.pending_timers(), 0);
}

TEST(SummarizeStatusTest, SaysThatItStops) {
  admin::v1::ProcessStatus status = SomeStatus();
  status.set_state(admin::v1::PROCESS_STOPPING);
  EXPECT_EQ(SummarizeStatus(status),
            "stopping; 1 pipeline, 12 events received, 5 waiting");
}

}  // namespace
}  // namespace sluice
