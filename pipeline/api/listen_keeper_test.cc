#include "pipeline/api/listen_keeper.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

class KeptHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

class ListenKeeperTest : public ::testing::Test {
 protected:
  ListenKeeperTest() {
    context_.executor = &executor_;
    context_.health = &health_;
  }

  // What a server would be opened by.
  ListenKeeper::Open Open() {
    return [this]() -> absl::StatusOr<std::string> {
      ++opened_;
      if (!trouble_.ok()) return trouble_;
      return "port 5170";
    };
  }

  ManualExecutor executor_;
  KeptHealth health_;
  ComponentContext context_;
  absl::Status trouble_;
  int opened_ = 0;
};

TEST_F(ListenKeeperTest, SaysWhereItListens) {
  ListenKeeper keeper(context_, "", Open());
  keeper.Start();
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  EXPECT_EQ(health_.last.message, "listening at port 5170");
  EXPECT_EQ(executor_.pending_timers(), 0);
}

TEST_F(ListenKeeperTest, WaitsLongerAndLongerForAPlaceThatIsTaken) {
  trouble_ = absl::AlreadyExistsError("port 5170 is taken");
  ListenKeeper keeper(context_, "", Open());
  keeper.Start();
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  EXPECT_EQ(health_.last.message, "port 5170 is taken");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(opened_, 2);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(opened_, 2);
  executor_.Advance(absl::Hours(1));
  EXPECT_GT(opened_, 100) << "waits more than half a minute";
  EXPECT_LT(opened_, 200);
  trouble_ = absl::OkStatus();
  executor_.Advance(absl::Seconds(30));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(ListenKeeperTest, PausesOnWhatNeedsAPerson) {
  trouble_ = absl::InvalidArgumentError("cannot use certificate c.pem");
  ListenKeeper keeper(context_, "", Open());
  keeper.Start();
  EXPECT_EQ(health_.last.state, HealthState::kPaused);
  keeper.Stop();
  executor_.Advance(absl::Hours(1));
  EXPECT_EQ(opened_, 1);
}

TEST_F(ListenKeeperTest, OpensAnewOnceTheCertificateChanges) {
  const std::string file = testing::TempDir() + "/certificate.pem";
  std::ofstream(file) << "first";
  ListenKeeper keeper(context_, file, Open());
  keeper.Start();
  executor_.Advance(absl::Minutes(10));
  EXPECT_EQ(opened_, 1);
  std::ofstream(file, std::ios::app) << "second";
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(opened_, 2);
}

TEST_F(ListenKeeperTest, LeavesTheReportToWhoWantsIt) {
  std::vector<std::string> places;
  ListenKeeper keeper(
      context_, "", Open(),
      [&places](const std::string& place) { places.push_back(place); });
  keeper.ReportListening();
  EXPECT_TRUE(places.empty()) << "it does not listen yet";
  keeper.Start();
  keeper.ReportListening();
  EXPECT_EQ(places, std::vector<std::string>({"port 5170", "port 5170"}));
  EXPECT_EQ(health_.last.message, "");
}

}  // namespace
}  // namespace sluice
