#include "plugins/disruptive/stream_keeper.h"

#include <random>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/fake_disruptive.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class StreamKeeperTest : public ::testing::Test,
                         private StreamKeeper::Listener {
 protected:
  StreamKeeperTest() {
    settings_.project = "p";
    settings_.key = {"k", "s", "e"};
    settings_.base_url = "http://api/v2";
    settings_.token_url = "http://identity/oauth2/token";
  }

  void Start(std::optional<absl::Time> covered_until = std::nullopt) {
    authorizer_ = std::make_unique<Authorizer>(&settings_, &executor_, &server_,
                                               &random_, &clock_);
    keeper_ = std::make_unique<StreamKeeper>(
        &settings_, &executor_, &server_, authorizer_.get(), &random_, &clock_,
        StreamKeeper::Counters{}, static_cast<StreamKeeper::Listener*>(this));
    keeper_->Start(covered_until);
    executor_.Advance(absl::Seconds(1));
  }

  void OnLiveEvent(const EventFields& event) override {
    events_.emplace_back(event.id);
  }
  void OnLiveMalformed(MalformedInput input) override {
    malformed_.push_back(input.bytes);
  }
  void OnFirstOpen(std::optional<absl::Time> covered_until,
                   absl::Time opened) override {
    log_.push_back(covered_until.has_value() ? "first open, continued"
                                             : "first open");
    opened_ = opened;
  }
  void OnStreamGap(absl::Time start, absl::Time end) override {
    EXPECT_LE(start, end);
    log_.push_back(absl::StrCat("gap after ", events_.size(), " events"));
    gap_start_ = start;
  }
  void OnLivePing(absl::Time) override { ++pings_; }
  void OnLiveIdle() override {}
  void OnStreamHealth() override { states_.push_back(keeper_->health().state); }

  ManualExecutor executor_;
  FakeDisruptive server_{&executor_};
  std::mt19937_64 engine_{5};
  absl::BitGenRef random_{engine_};
  Settings settings_;
  ServerClock clock_{&executor_};
  std::unique_ptr<Authorizer> authorizer_;
  std::unique_ptr<StreamKeeper> keeper_;
  std::vector<std::string> events_;
  std::vector<std::string> malformed_;
  std::vector<std::string> log_;
  int pings_ = 0;
  std::vector<HealthState> states_;
  absl::Time opened_;
  absl::Time gap_start_;
};

TEST_F(StreamKeeperTest, IsCoveredUntilTheLastPing) {
  Start();
  EXPECT_THAT(log_, ElementsAre("first open"));
  EXPECT_EQ(keeper_->covered_until(), opened_);
  executor_.Advance(absl::Seconds(15));
  const absl::Time ping = *keeper_->covered_until();
  EXPECT_GT(ping, opened_ + absl::Seconds(9));
  server_.Publish("d");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(keeper_->covered_until(), ping);
  server_.BreakStreams();
  executor_.Advance(absl::Seconds(3));
  EXPECT_THAT(log_, ElementsAre("first open", "gap after 1 events"));
  EXPECT_EQ(gap_start_, ping);
  EXPECT_EQ(keeper_->covered_until(), ping);
  executor_.Advance(absl::Seconds(10));
  EXPECT_GT(*keeper_->covered_until(), ping);
}

TEST_F(StreamKeeperTest, BelievesTheServicesClockInTheEnd) {
  server_.clock_offset = -absl::Minutes(7);
  Start();
  executor_.Advance(absl::Seconds(11));
  EXPECT_LT(*keeper_->covered_until(), executor_.Now() - absl::Minutes(6));
  EXPECT_EQ(pings_, 1);
}

TEST_F(StreamKeeperTest, SaysWhatAnEarlierProcessHadCovered) {
  Start(executor_.Now() - absl::Hours(1));
  EXPECT_THAT(log_, ElementsAre("first open, continued"));
}

TEST_F(StreamKeeperTest, KeepsTheNewStreamBackUntilTheOldOneHasProved) {
  settings_.max_stream_age = absl::Minutes(1);
  Start();
  // The old stream is slow: from now on the test hands out its bytes.
  ASSERT_TRUE(executor_.RunUntil([&] { return server_.streams() == 2; },
                                 absl::Minutes(2)));
  const std::string id = server_.Publish("d");
  executor_.RunReady();
  EXPECT_THAT(events_, ElementsAre(id));
  executor_.Advance(absl::Seconds(25));
  EXPECT_EQ(server_.streams(), 1);
  EXPECT_THAT(events_.size(), 2);
  EXPECT_EQ(log_.size(), 1u);
}

TEST_F(StreamKeeperTest, CallsItAGapWhenTheOldStreamDiesUnproved) {
  settings_.max_stream_age = absl::Minutes(1);
  settings_.ping_interval = absl::Seconds(20);
  server_.ping_interval = absl::Seconds(20);
  Start();
  ASSERT_TRUE(executor_.RunUntil([&] { return server_.streams() == 2; },
                                 absl::Minutes(2)));
  executor_.Advance(absl::Milliseconds(10));
  for (const auto& exchange : server_.http().requests()) {
    if (absl::StrContains(exchange->request().url, ":stream")) {
      exchange->Fail(absl::UnavailableError("reset"));
      break;
    }
  }
  executor_.Advance(absl::Milliseconds(10));
  EXPECT_THAT(log_, ElementsAre("first open", "gap after 0 events"));
  EXPECT_EQ(server_.streams(), 1);
  server_.Publish("d");
  executor_.Advance(absl::Milliseconds(10));
  EXPECT_EQ(events_.size(), 1u);
}

TEST_F(StreamKeeperTest, HandsMalformedLinesOnOnceDuringAHandover) {
  settings_.max_stream_age = absl::Minutes(1);
  Start();
  ASSERT_TRUE(executor_.RunUntil([&] { return server_.streams() == 2; },
                                 absl::Minutes(2)));
  executor_.Advance(absl::Milliseconds(10));
  server_.Send("nonsense\n");
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(malformed_, ElementsAre("nonsense"));
}

TEST_F(StreamKeeperTest, StaysWithTheOldStreamWhenTheNewOneIsRefused) {
  settings_.max_stream_age = absl::Minutes(1);
  Start();
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    exchange.Respond(503, "{}");
    return true;
  };
  executor_.Advance(absl::Minutes(5));
  const std::string id = server_.Publish("d");
  executor_.RunReady();
  EXPECT_THAT(events_, ElementsAre(id));
  EXPECT_EQ(keeper_->health().state, HealthState::kHealthy);
  server_.intercept = nullptr;
  executor_.Advance(absl::Minutes(3));
  EXPECT_GE(server_.stream_requests().size(), 2u);
  EXPECT_EQ(log_.size(), 1u);
}

TEST_F(StreamKeeperTest, NamesTheFieldToLookAt) {
  const struct {
    int status;
    const char* field;
  } cases[] = {{401, "\"credentials\""},
               {403, "\"project\""},
               {404, "\"project\""},
               {400, "\"label_filters\""}};
  for (const auto& c : cases) {
    server_.intercept = [&](FakeDisruptive::Exchange& exchange) {
      if (!absl::StrContains(exchange.request().url, ":stream")) return false;
      exchange.Respond(c.status, R"({"error":"no"})");
      return true;
    };
    Start();
    executor_.Advance(absl::Seconds(10));
    EXPECT_EQ(keeper_->health().state, HealthState::kPaused) << c.status;
    EXPECT_THAT(keeper_->health().message, HasSubstr(c.field));
    const size_t requests = server_.http().requests().size();
    executor_.Advance(absl::Seconds(45));
    EXPECT_EQ(server_.http().requests().size(), requests) << c.status;
  }
  EXPECT_THAT(events_, IsEmpty());
}

}  // namespace
}  // namespace sluice::disruptive
