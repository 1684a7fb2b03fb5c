#include "plugins/disruptive/gap_repair.h"

#include <random>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/collecting_emitter.h"
#include "plugins/disruptive/fake_disruptive.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// GapRepair with the test in the place of the stream.
class GapRepairTest : public ::testing::Test {
 protected:
  static Settings MakeTestSettings() {
    Settings settings;
    settings.project = "p";
    settings.key = {"k", "s", "e", /*basic=*/true};
    settings.base_url = "http://api/v2";
    return settings;
  }

  void Gap(absl::Duration length = absl::Seconds(10)) {
    repair_.Open(GapRecord::Cause::kReconnect, executor_.Now() - length,
                 executor_.Now());
    repair_.Pinged(executor_.Now());
  }

  // A live event that the service published just now.
  std::string Live(const std::string& device) {
    const std::string id = server_.Publish(device);
    EventFields event;
    event.id = id;
    event.subject = device;
    event.time_unix_nanos = absl::ToUnixNanos(server_.events().back().time);
    repair_.Live(event);
    output_.Flush();
    return id;
  }

  ManualExecutor executor_;
  FakeDisruptive server_{&executor_};
  std::mt19937_64 engine_{3};
  absl::BitGenRef random_{engine_};
  Settings settings_ = MakeTestSettings();
  CollectingEmitter emitter_;
  DeviceTable table_{absl::Seconds(30)};
  ServerClock clock_{&executor_};
  Authorizer authorizer_{&settings_, &executor_, &server_, &random_, &clock_};
  ApiClient api_{&settings_,   &executor_, &server_,
                 &authorizer_, &random_,   ApiClient::Counters{}};
  EventOutput output_{&executor_,
                      &emitter_,
                      &table_,
                      &clock_,
                      [] { return std::optional<std::string>(); },
                      [](bool) {}};
  int changes_ = 0;
  GapLedger ledger_;
  GapRepair repair_{&settings_, &executor_, &api_,
                    &clock_,    &table_,    &output_,
                    &ledger_,   {},         [this] { ++changes_; }};
};

TEST_F(GapRepairTest, PassesEventsOnWhileThereIsNoGap) {
  const std::string id = Live("d");
  EXPECT_THAT(emitter_.ids(), ElementsAre(id));
  EXPECT_EQ(repair_.open_from(), std::nullopt);
  EXPECT_EQ(repair_.summary(), "");
}

TEST_F(GapRepairTest, HoldsEveryDeviceUntilItIsKnownNotToMatter) {
  server_.AddDevice("quiet");
  server_.Publish("busy");
  executor_.Advance(absl::Seconds(5));
  Gap();
  EXPECT_EQ(repair_.open_from(), executor_.Now() - absl::Seconds(10));
  EXPECT_THAT(repair_.summary(), HasSubstr("closing the gap from 2023-11-14T"));
  Live("busy");
  EventFields projects;
  projects.id = "of-the-project";
  repair_.Live(projects);
  output_.Flush();
  EXPECT_THAT(emitter_.ids(), ElementsAre("of-the-project"));
  executor_.Advance(absl::Seconds(11));
  EXPECT_EQ(emitter_.ids().size(), 1u);
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(emitter_.ids().size(), 3u);
  EXPECT_EQ(repair_.open_gaps(), 0u);
  EXPECT_EQ(repair_.open_from(), std::nullopt);
  EXPECT_EQ(server_.history_requests(), 1);
  EXPECT_GE(changes_, 2);
}

TEST_F(GapRepairTest, ReadsDevicesThatSentWithinTheOverlapBeforeTheGap) {
  server_.Publish("long-quiet");
  executor_.Advance(absl::Minutes(5));
  server_.Publish("just-before");
  executor_.Advance(settings_.overlap / 2);
  Gap(absl::Seconds(1));
  executor_.Advance(absl::Seconds(13));
  EXPECT_EQ(emitter_.ids().size(), 1u);
  EXPECT_EQ(server_.history_requests(), 1);
}

TEST_F(GapRepairTest, WaitsForThePingThatEndsTheGap) {
  server_.Publish("d");
  repair_.Open(GapRecord::Cause::kReconnect, executor_.Now(), executor_.Now());
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(server_.http().requests().size(), 0u);
  repair_.Pinged(executor_.Now());
  executor_.Advance(absl::Seconds(13));
  EXPECT_EQ(emitter_.ids().size(), 1u);
  EXPECT_TRUE(ledger_.records()[0]->closed);
}

TEST_F(GapRepairTest, NotesUnreadDevicesInTheTableOnceTheyAreKnown) {
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    return absl::StrContains(exchange.request().url, "/events");
  };
  server_.Publish("d");
  Gap();
  const absl::Time start = *repair_.open_from();
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(repair_.open_from(), std::nullopt);
  EXPECT_EQ(table_.repair_from("d"), start);
  EXPECT_EQ(repair_.open_gaps(), 1u);
}

TEST_F(GapRepairTest, CountsForEachGapWhatItBrought) {
  server_.Publish("d");
  executor_.Advance(absl::Seconds(1));
  Gap();
  executor_.Advance(absl::Seconds(20));
  executor_.Advance(absl::Minutes(5));
  server_.Publish("d");
  server_.Publish("d");
  executor_.Advance(absl::Seconds(1));
  Gap();
  executor_.Advance(absl::Seconds(20));
  ASSERT_EQ(ledger_.records().size(), 2u);
  EXPECT_EQ(ledger_.records()[0]->recovered_events, 1u);
  EXPECT_EQ(ledger_.records()[1]->recovered_events, 2u);
  EXPECT_TRUE(ledger_.records()[1]->closed);
}

TEST_F(GapRepairTest, GoesOnWithAGapOfAnEarlierProcess) {
  const absl::Time start = executor_.Now();
  server_.Publish("left");
  server_.Publish("done");
  executor_.Advance(absl::Seconds(10));
  // Its devices were known, and one of them is left.
  table_.SetRepairFrom("left", start);
  auto record = ledger_.Add(GapRecord::Cause::kReconnect, start,
                            start + absl::Seconds(5));
  record->sorted = true;
  record->devices = 2;
  record->recovered_events = 1;
  executor_.Advance(absl::Hours(1));
  repair_.Resume({record});
  EXPECT_EQ(repair_.open_gaps(), 1u);
  EXPECT_EQ(repair_.open_from(), std::nullopt) << "the table has its device";
  Gap();
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(repair_.open_gaps(), 0u);
  EXPECT_EQ(server_.history_requests(), 1) << "of the one that is left";
  EXPECT_TRUE(record->closed);
  EXPECT_EQ(record->recovered_events, 2u);
  EXPECT_EQ(record->end, start + absl::Seconds(5));
  EXPECT_EQ(ledger_.Report().closed, 2u);
}

TEST_F(GapRepairTest, AGapThatGrewTooOldWhileNobodyRanIsNotClosed) {
  auto record = ledger_.Add(GapRecord::Cause::kReconnect, executor_.Now(),
                            executor_.Now() + absl::Seconds(5));
  executor_.Advance(settings_.history_max_age + absl::Hours(1));
  repair_.Resume({record});
  Gap();
  executor_.Advance(absl::Seconds(20));
  EXPECT_TRUE(record->finished);
  EXPECT_FALSE(record->closed);
  EXPECT_THAT(repair_.summary(), HasSubstr("1 gap could not be closed"));
}

TEST_F(GapRepairTest, ForgetsADeviceThatIsListedNoMore) {
  table_.NoteEmitted("gone", "x", absl::ToUnixNanos(executor_.Now()),
                     executor_.Now());
  Gap();
  executor_.Advance(absl::Seconds(20));
  EXPECT_EQ(server_.history_requests(), 1);
  EXPECT_THAT(table_.ids(), IsEmpty());
  EXPECT_FALSE(ledger_.records()[0]->closed);
  EXPECT_THAT(repair_.summary(), HasSubstr("no such device"));
}

TEST_F(GapRepairTest, ReadsADeviceAgainWhenAnotherGapCameMeanwhile) {
  bool hold = true;
  FakeDisruptive::Exchange* held = nullptr;
  server_.intercept = [&](FakeDisruptive::Exchange& exchange) {
    if (!hold || !absl::StrContains(exchange.request().url, "/events")) {
      return false;
    }
    held = &exchange;
    return true;
  };
  server_.Publish("d");
  executor_.Advance(absl::Seconds(1));
  Gap();
  executor_.Advance(absl::Seconds(13));
  ASSERT_NE(held, nullptr);
  server_.Publish("d");
  executor_.Advance(absl::Seconds(1));
  Gap(absl::Seconds(5));
  const std::string live = Live("d");
  executor_.Advance(absl::Seconds(13));
  hold = false;
  held->Respond(200, R"({"events":[],"nextPageToken":""})");
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(repair_.open_gaps(), 0u);
  EXPECT_EQ(emitter_.ids().size(), 3u);
  EXPECT_EQ(emitter_.ids().back(), live);
}

}  // namespace
}  // namespace sluice::disruptive
