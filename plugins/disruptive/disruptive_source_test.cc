#include "plugins/disruptive/disruptive_source.h"

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "plugins/disruptive/source_fixture.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DisruptiveSourceTest : public SourceFixture {
 protected:
  std::string Publish(const std::string& device = "d1") {
    published_.push_back(server_.Publish(device));
    executor_.RunReady();
    return published_.back();
  }

  // The one gap there was.
  GapRecord OnlyGap() {
    EXPECT_EQ(source_->gaps().size(), 1u);
    return *source_->gaps().front();
  }

  std::vector<std::string> published_;
};

TEST_F(DisruptiveSourceTest, HandsAnEventOverAtOnce) {
  StartStreaming();
  Publish();
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_EQ(emitter_->seen()[0].subject, "d1");
  EXPECT_THAT(emitter_->seen()[0].data,
              HasSubstr(R"({"temperature":{"value":)"));
  EXPECT_EQ(health_.last().state, HealthState::kHealthy);
  EXPECT_EQ(health_.last().message, "streaming");
  EXPECT_TRUE(source_->traits().may_repeat);
  EXPECT_FALSE(source_->finished());
}

TEST_F(DisruptiveSourceTest, BeginsWithTheStreamAtTheFirstStart) {
  server_.Publish("d1");
  Advance(absl::Minutes(5));
  StartStreaming();
  Advance(absl::Minutes(5));
  EXPECT_THAT(emitter_->ids(), IsEmpty());
  EXPECT_EQ(Metric("disruptive_gaps_total"), 0);
  EXPECT_EQ(server_.history_requests(), 0);
  EXPECT_TRUE(emitter_->last_checkpoint().has_value());
}

TEST_F(DisruptiveSourceTest, BeginsInThePastWhenToldTo) {
  settings_.first_start = absl::Hours(1);
  published_.push_back(server_.Publish("d1"));
  Advance(absl::Minutes(5));
  StartStreaming();
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_EQ(OnlyGap().cause, GapRecord::Cause::kFirstStart);
}

TEST_F(DisruptiveSourceTest, BringsWhatACutMissed) {
  StartStreaming();
  Publish();
  server_.BreakStreams();
  executor_.RunReady();
  EXPECT_EQ(health_.last().state, HealthState::kDegraded);
  EXPECT_THAT(health_.last().message, HasSubstr("reconnecting"));
  Publish();
  Publish();
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  const GapRecord gap = OnlyGap();
  EXPECT_TRUE(gap.closed);
  EXPECT_EQ(gap.recovered_events, 2u);
  EXPECT_EQ(gap.devices, 1);
  EXPECT_EQ(Metric("disruptive_reconnects_total"), 1);
  EXPECT_EQ(Metric("disruptive_gaps_total"), 1);
  EXPECT_EQ(Metric("disruptive_gaps_unclosed_total"), 0);
  EXPECT_EQ(Metric("disruptive_backfilled_events_total"), 2);
  EXPECT_EQ(health_.last().message, "streaming");
}

TEST_F(DisruptiveSourceTest, PutsHistoryBeforeTheLiveEventsOfADevice) {
  StartStreaming();
  Publish();
  server_.EndStreams();
  executor_.RunReady();
  Publish();
  Advance(absl::Seconds(3));
  ASSERT_EQ(server_.streams(), 1);
  Publish();
  Advance(absl::Seconds(2));
  EXPECT_EQ(emitter_->ids().size(), 1u);
  EXPECT_EQ(Metric("disruptive_held_events"), 1);
  Advance(absl::Seconds(30));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, AsksOnlyForDevicesThatMayHaveSentSomething) {
  for (int i = 0; i < 20; ++i) server_.AddDevice("quiet" + std::to_string(i));
  server_.device_page = 7;
  StartStreaming();
  Publish("d1");
  Publish("quiet3");
  Advance(absl::Minutes(2));
  server_.BreakStreams();
  Publish("d1");
  Advance(absl::Minutes(1));
  EXPECT_EQ(server_.history_requests(), 1);
  EXPECT_EQ(server_.device_requests(), 3);
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, AsksForAllDevicesWhenToldTo) {
  settings_.all_devices = true;
  for (int i = 0; i < 5; ++i) server_.AddDevice("quiet" + std::to_string(i));
  StartStreaming();
  server_.BreakStreams();
  Advance(absl::Minutes(1));
  EXPECT_EQ(server_.history_requests(), 5);
  EXPECT_EQ(OnlyGap().devices, 5);
  EXPECT_TRUE(OnlyGap().closed);
}

TEST_F(DisruptiveSourceTest, FindsEventsThatComeIntoHistoryLate) {
  server_.index_delay = [] { return absl::Seconds(10); };
  StartStreaming();
  server_.EndStreams();
  executor_.RunReady();
  Publish();
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, ReadsHistoryPageByPageInOrder) {
  server_.history_page = 3;
  StartStreaming();
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, ":stream")) return false;
    exchange.Fail(absl::UnavailableError("down"));
    return true;
  };
  server_.BreakStreams();
  for (int i = 0; i < 20; ++i) {
    Publish();
    Advance(absl::Seconds(1));
  }
  server_.intercept = nullptr;
  Advance(absl::Minutes(3));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_GE(server_.history_requests(), 7);
}

TEST_F(DisruptiveSourceTest, ContinuesWhereTheCheckpointEnds) {
  StartStreaming();
  Publish("d1");
  Advance(absl::Seconds(20));
  const std::optional<std::string> checkpoint = emitter_->last_checkpoint();
  ASSERT_TRUE(checkpoint.has_value());
  Kill();
  Publish("d1");
  Publish("d2");
  Advance(absl::Hours(5));
  StartStreaming(checkpoint);
  Publish("d1");
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), testing::UnorderedElementsAreArray(published_));
  EXPECT_EQ(OnlyGap().cause, GapRecord::Cause::kRestart);
  EXPECT_EQ(OnlyGap().recovered_events, 2u);
  EXPECT_TRUE(OnlyGap().closed);
}

TEST_F(DisruptiveSourceTest, LosesNothingWhenItDiesDuringBackfill) {
  StartStreaming();
  Publish("d1");
  Publish("d2");
  Advance(absl::Seconds(20));
  server_.BreakStreams();
  Publish("d1");
  Publish("d2");
  // d1's history is read, d2's is not.
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    return absl::StrContains(exchange.request().url, "/d2/events");
  };
  Advance(absl::Seconds(40));
  EXPECT_EQ(emitter_->ids().size(), 3u);
  Publish("d2");
  Advance(absl::Minutes(10));
  const std::optional<std::string> checkpoint = emitter_->last_checkpoint();
  Kill();
  server_.intercept = nullptr;
  StartStreaming(checkpoint);
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), testing::UnorderedElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, AGapUnderRepairGoesOnAfterARestart) {
  StartStreaming();
  Publish("d1");
  Publish("d2");
  Advance(absl::Seconds(20));
  server_.BreakStreams();
  Publish("d1");
  Publish("d2");
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    return absl::StrContains(exchange.request().url, "/d2/events");
  };
  Advance(absl::Minutes(10));
  EXPECT_EQ(health_.gaps.open, 1u);
  const SourceGap before = health_.gaps.recent.at(0);
  EXPECT_EQ(before.recovered_events, 1u);
  Kill();
  server_.intercept = nullptr;
  StartStreaming(emitter_->last_checkpoint());
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), testing::UnorderedElementsAreArray(published_));
  const SourceGaps& after = health_.gaps;
  EXPECT_EQ(after.open, 0u);
  EXPECT_EQ(after.closed, 2u);
  ASSERT_EQ(after.recent.size(), 2u);
  EXPECT_EQ(after.recent[0].cause, "reconnect");
  EXPECT_EQ(after.recent[0].start, before.start);
  EXPECT_EQ(after.recent[0].end, before.end);
  EXPECT_EQ(after.recent[0].recovered_events, 2u);
  EXPECT_EQ(after.recent[1].cause, "restart");
}

TEST_F(DisruptiveSourceTest, AGapThatCouldNotBeClosedIsSeenAfterARestart) {
  StartStreaming();
  Publish("d1");
  Advance(absl::Seconds(20));
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, "/events")) return false;
    exchange.Respond(403, R"({"error":"no role","code":403})");
    return true;
  };
  server_.BreakStreams();
  server_.Publish("d1");
  Advance(absl::Minutes(2));
  EXPECT_EQ(Metric("disruptive_gaps_unclosed_total"), 1);
  EXPECT_EQ(health_.gaps.unclosed, 1u);
  Kill();
  health_.gaps = {};
  server_.intercept = nullptr;
  StartStreaming(emitter_->last_checkpoint());
  Advance(absl::Minutes(1));
  EXPECT_EQ(health_.gaps.unclosed, 1u);
  EXPECT_EQ(health_.gaps.closed, 1u) << "the restart";
  EXPECT_EQ(health_.gaps.recent.at(0).state, SourceGap::State::kUnclosed);
  EXPECT_THAT(health_.gaps.recent.at(0).reason, HasSubstr("(no role)"));
  EXPECT_THAT(health_.last().message, HasSubstr("1 gap could not be closed"));
}

TEST_F(DisruptiveSourceTest, RefusesACheckpointThatIsNone) {
  EXPECT_EQ(Start("\xff\xff").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DisruptiveSourceTest, NoticesAStreamThatGoesSilent) {
  StartStreaming();
  Advance(absl::Seconds(12));
  server_.StallStreams();
  Publish();
  Advance(absl::Seconds(27));
  EXPECT_EQ(server_.stream_requests().size(), 1u);
  Advance(absl::Seconds(4));
  EXPECT_EQ(server_.stream_requests().size(), 2u);
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, DropsALineThatWasCutAndBringsItsEvent) {
  StartStreaming();
  server_.Send("{\"result\":{\"event\":{\"eventId\":\"e0000000000000000001");
  server_.BreakStreams();
  Publish();
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_THAT(emitter_->malformed(), IsEmpty());
}

TEST_F(DisruptiveSourceTest, KeepsMalformedLinesAndGoesOn) {
  settings_.max_line_bytes = 2000;
  StartStreaming();
  server_.Send("<html>\n" + std::string(3000, 'x') + "\n");
  Publish();
  ASSERT_EQ(emitter_->malformed().size(), 2u);
  EXPECT_EQ(emitter_->malformed()[0].bytes, "<html>");
  EXPECT_EQ(emitter_->malformed()[0].reason, "malformed_json");
  EXPECT_EQ(emitter_->malformed()[1].reason, "too_large");
  EXPECT_EQ(emitter_->malformed()[1].bytes.size(), 2000u);
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_EQ(server_.streams(), 1);
}

TEST_F(DisruptiveSourceTest, ReconnectsAfterAnErrorFrame) {
  StartStreaming();
  server_.Send(
      R"({"error":{"grpcCode":1,"httpCode":408,"message":"closing stream"}})"
      "\n");
  executor_.RunReady();
  EXPECT_THAT(health_.last().message, HasSubstr("408 (closing stream)"));
  Publish();
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, SpeaksServerSentEventsToo) {
  settings_.framing = Framing::kServerSentEvents;
  server_.sse = true;
  StartStreaming();
  Publish();
  server_.EndStreams();
  Publish();
  Advance(absl::Minutes(1));
  Publish();
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, PausesOnRefusedCredentialsAndTriesAgainSlowly) {
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, "/token")) return false;
    exchange.Respond(400, R"({"error":"invalid_grant"})");
    return true;
  };
  ASSERT_TRUE(Start().ok());
  Advance(absl::Minutes(30));
  EXPECT_EQ(health_.last().state, HealthState::kPaused);
  EXPECT_THAT(health_.last().message, HasSubstr("\"credentials\""));
  EXPECT_THAT(health_.last().message, Not(HasSubstr("secret")));
  EXPECT_LE(server_.http().requests().size(), 40u);
  EXPECT_EQ(health_.reports.size(), 2u);
  server_.intercept = nullptr;
  Advance(absl::Minutes(5));
  Publish();
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_EQ(health_.last().state, HealthState::kHealthy);
}

TEST_F(DisruptiveSourceTest, FetchesANewTokenWhenTheOldOneIsRefused) {
  StartStreaming();
  int refusals = 1;
  server_.intercept = [&](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, ":stream")) return false;
    if (refusals-- <= 0) return false;
    exchange.Respond(401, R"({"error":"expired","code":401})");
    return true;
  };
  server_.BreakStreams();
  Advance(absl::Seconds(5));
  EXPECT_EQ(server_.token_requests(), 2);
  EXPECT_EQ(server_.streams(), 1);
}

TEST_F(DisruptiveSourceTest, PausesWhenTheProjectIsNotOurs) {
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, ":stream")) return false;
    exchange.Respond(404, R"({"error":"project not found","code":404})");
    return true;
  };
  ASSERT_TRUE(Start().ok());
  Advance(absl::Minutes(20));
  EXPECT_EQ(health_.last().state, HealthState::kPaused);
  EXPECT_THAT(health_.last().message, HasSubstr("project not found"));
  EXPECT_THAT(health_.last().message, HasSubstr("\"project\""));
  EXPECT_LE(server_.http().requests().size(), 25u);
}

TEST_F(DisruptiveSourceTest, ChangesConnectionsWithoutAGap) {
  StartStreaming();
  for (int minute = 0; minute < 180; ++minute) {
    Publish("d" + std::to_string(minute % 3));
    Advance(absl::Minutes(1));
  }
  EXPECT_GE(Metric("disruptive_handovers_total"), 3);
  EXPECT_EQ(Metric("disruptive_gaps_total"), 0);
  EXPECT_EQ(Metric("disruptive_reconnects_total"), 0);
  EXPECT_EQ(server_.streams(), 1);
  EXPECT_GE(server_.token_requests(), 3);
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, ChangesConnectionsUnderConstantTraffic) {
  settings_.max_stream_age = absl::Minutes(1);
  StartStreaming();
  for (int i = 0; i < 3000; ++i) {
    Publish("d" + std::to_string(i % 5));
    Advance(absl::Milliseconds(100));
  }
  EXPECT_GE(Metric("disruptive_handovers_total"), 4);
  EXPECT_EQ(Metric("disruptive_gaps_total"), 0);
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, WaitsAsHistoryAsksAndThenClosesTheGap) {
  StartStreaming();
  Publish("d1");
  int refusals = 3;
  server_.intercept = [&](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, "/events")) return false;
    if (refusals-- <= 0) return false;
    exchange.Respond(429, R"({"error":"too many","code":429})",
                     {{"Retry-After", "4"}});
    return true;
  };
  server_.BreakStreams();
  Publish("d1");
  Advance(absl::Seconds(29));
  EXPECT_EQ(health_.last().state, HealthState::kDegraded);
  EXPECT_THAT(health_.last().message, HasSubstr("closing the gap"));
  EXPECT_THAT(health_.last().message, HasSubstr("429"));
  Advance(absl::Minutes(2));
  EXPECT_EQ(Metric("disruptive_api_throttled_total"), 3);
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_TRUE(OnlyGap().closed);
}

TEST_F(DisruptiveSourceTest, SaysWhenAGapIsOlderThanHistory) {
  settings_.history_max_age = absl::Hours(1);
  StartStreaming();
  Publish();
  Advance(absl::Seconds(15));
  const std::optional<std::string> checkpoint = emitter_->last_checkpoint();
  Kill();
  server_.Publish("d1");
  Advance(absl::Hours(3));
  Publish("d1");
  StartStreaming(checkpoint);
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_FALSE(OnlyGap().closed);
  EXPECT_TRUE(OnlyGap().finished);
  EXPECT_EQ(Metric("disruptive_gaps_unclosed_total"), 1);
  EXPECT_THAT(health_.last().message, HasSubstr("1 gap could not be closed"));
  EXPECT_THAT(health_.last().message, HasSubstr("before history does"));
  EXPECT_EQ(health_.last().state, HealthState::kHealthy);
}

TEST_F(DisruptiveSourceTest, SaysWhenHistoryIsRefused) {
  StartStreaming();
  Publish("d1");
  Publish("d2");
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, "/d1/events")) return false;
    exchange.Respond(403, R"({"error":"no role","code":403})");
    return true;
  };
  server_.BreakStreams();
  server_.Publish("d1");
  Publish("d2");
  Advance(absl::Minutes(1));
  Publish("d1");
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_FALSE(OnlyGap().closed);
  EXPECT_EQ(OnlyGap().failed_devices, 1);
  EXPECT_THAT(health_.last().message, HasSubstr("(no role)"));
}

TEST_F(DisruptiveSourceTest, ReadsTheDevicesItKnowsWhenTheListIsRefused) {
  StartStreaming();
  Publish("d1");
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    if (!absl::StrContains(exchange.request().url, "/devices?")) return false;
    exchange.Respond(403, R"({"error":"no role","code":403})");
    return true;
  };
  server_.BreakStreams();
  Publish("d1");
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_FALSE(OnlyGap().closed);
  EXPECT_THAT(OnlyGap().reason, HasSubstr("list of devices"));
}

TEST_F(DisruptiveSourceTest, SaysThatLabelChangesHaveNoHistory) {
  settings_.event_types = {"labelsChanged"};
  StartStreaming();
  server_.BreakStreams();
  Advance(absl::Minutes(1));
  EXPECT_EQ(Metric("disruptive_gaps_unclosed_total"), 1);
  EXPECT_EQ(server_.history_requests(), 0);
  EXPECT_THAT(OnlyGap().reason, HasSubstr("labelsChanged"));
}

TEST_F(DisruptiveSourceTest, StopsReadingWhileTheQueueIsFull) {
  StartStreaming();
  emitter_->set_full(true);
  Publish();
  EXPECT_TRUE(server_.http().requests().back()->paused());
  for (int i = 0; i < 10; ++i) Publish();
  EXPECT_THAT(emitter_->ids(), IsEmpty());
  Advance(absl::Minutes(5));
  emitter_->set_full(false);
  Advance(absl::Seconds(1));
  EXPECT_FALSE(server_.http().requests().back()->paused());
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
  EXPECT_EQ(server_.stream_requests().size(), 1u);
}

TEST_F(DisruptiveSourceTest, LosesNothingThatWasUnreadWhenThePeerGaveUp) {
  StartStreaming();
  Advance(absl::Seconds(15));
  emitter_->set_full(true);
  for (int i = 0; i < 10; ++i) {
    Publish();
    Advance(absl::Seconds(30));
  }
  // The fake loses what the client had not read.
  server_.BreakStreams();
  emitter_->set_full(false);
  Advance(absl::Minutes(2));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(DisruptiveSourceTest, LetsLiveEventsGoAheadWhenTooManyWait) {
  settings_.hold_bytes = 2000;
  StartStreaming();
  server_.EndStreams();
  executor_.RunReady();
  Publish("d1");
  Advance(absl::Seconds(3));
  ASSERT_EQ(server_.streams(), 1);
  for (int i = 0; i < 20; ++i) Publish("d1");
  EXPECT_GT(Metric("disruptive_released_early_events_total"), 5);
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), testing::UnorderedElementsAreArray(published_));
  EXPECT_TRUE(OnlyGap().closed);
}

TEST_F(DisruptiveSourceTest, DoesNotHammerAServerThatAcceptsAndDrops) {
  ASSERT_TRUE(Start().ok());
  for (int second = 0; second < 600; ++second) {
    Advance(absl::Seconds(1));
    server_.EndStreams();
  }
  EXPECT_LE(server_.stream_requests().size(), 60u);
}

TEST_F(DisruptiveSourceTest, SurvivesRepeatedCutsWhileAGapIsOpen) {
  StartStreaming();
  for (int i = 0; i < 12; ++i) {
    Publish("d" + std::to_string(i % 2));
    Advance(absl::Seconds(3));
    server_.BreakStreams();
    Advance(absl::Milliseconds(100));
    Publish("d" + std::to_string(i % 2));
  }
  Advance(absl::Minutes(5));
  std::map<std::string, std::vector<std::string>> expected;
  std::map<std::string, std::vector<std::string>> seen;
  for (const auto& event : server_.events()) {
    expected[event.device].push_back(event.id);
  }
  for (const auto& event : emitter_->seen()) {
    seen[event.subject].push_back(event.id);
  }
  EXPECT_EQ(seen, expected);
  for (const auto& gap : source_->gaps()) EXPECT_TRUE(gap->closed);
}

TEST_F(DisruptiveSourceTest, StopsInAnyState) {
  ASSERT_TRUE(Start().ok());
  Kill();
  ASSERT_TRUE(Start().ok());
  Advance(absl::Seconds(1));
  server_.BreakStreams();
  Publish();
  Advance(absl::Seconds(13));
  const size_t emitted = emitter_->ids().size();
  Kill();
  Publish();
  Advance(absl::Hours(1));
  EXPECT_EQ(server_.streams(), 0);
  EXPECT_EQ(emitter_->ids().size(), emitted);
}

TEST_F(DisruptiveSourceTest, AsksTheStreamForWhatTheFiltersSay) {
  settings_.device_ids = {"d1", "d2"};
  settings_.label_filters = {{"group", std::nullopt}, {"room", "9 9"}};
  settings_.device_types = {"temperature"};
  settings_.event_types = {"touch"};
  settings_.ping_interval = absl::Milliseconds(2500);
  StartStreaming();
  EXPECT_THAT(
      server_.stream_requests(),
      ElementsAre("http://api/v2/projects/p/devices:stream?device_ids=d1&"
                  "device_ids=d2&device_types=temperature&label_filters=group&"
                  "label_filters=room%3D9%209&event_types=touch&"
                  "ping_interval=2.5s"));
}

// --- Labels

class LabelsTest : public DisruptiveSourceTest {
 protected:
  LabelsTest() {
    settings_.labels = true;
    server_.AddDevice("d1");
    server_.SetLabel("d1", "room", "9", /*quietly=*/true);
  }

  std::vector<std::string> labels() const {
    std::vector<std::string> labels;
    for (const auto& event : emitter_->seen()) labels.push_back(event.labels);
    return labels;
  }
};

TEST_F(LabelsTest, TheFirstEventHasThem) {
  ASSERT_TRUE(Start().ok());
  while (server_.streams() == 0) Advance(absl::Milliseconds(1));
  Publish();
  EXPECT_THAT(emitter_->ids(), IsEmpty());
  Advance(absl::Seconds(1));
  EXPECT_THAT(labels(), ElementsAre("room=9"));
  Publish();
  EXPECT_THAT(labels(), ElementsAre("room=9", "room=9"));
  EXPECT_EQ(Metric("disruptive_unlabelled_events_total"), 0);
}

TEST_F(LabelsTest, FollowTheStream) {
  StartStreaming();
  Publish();
  server_.SetLabel("d1", "room", "10");
  Publish();
  EXPECT_THAT(labels(), ElementsAre("room=9", "room=10", "room=10"));
}

TEST_F(LabelsTest, ChangesAreAskedForButNotHandedOn) {
  settings_.event_types = {"temperature"};
  StartStreaming();
  EXPECT_THAT(server_.stream_requests().back(),
              HasSubstr("event_types=temperature&event_types=labelsChanged"));
  server_.SetLabel("d1", "room", "10");
  Publish();
  EXPECT_THAT(labels(), ElementsAre("room=10"));
}

TEST_F(LabelsTest, AChangeThatAReconnectMissedIsFound) {
  StartStreaming();
  Publish();
  server_.BreakStreams();
  server_.SetLabel("d1", "room", "10", /*quietly=*/true);
  Publish();
  Advance(absl::Seconds(5));
  ASSERT_EQ(server_.streams(), 1);
  Publish();
  Advance(absl::Minutes(1));
  EXPECT_THAT(labels(), ElementsAre("room=9", "room=10", "room=10"));
  EXPECT_THAT(emitter_->ids(), ElementsAreArray(published_));
}

TEST_F(LabelsTest, EventsThatWaitForThemOutliveACrash) {
  StartStreaming();
  Publish();
  Advance(absl::Minutes(1));
  server_.intercept = [](FakeDisruptive::Exchange& exchange) {
    // The device's own page never comes.
    return absl::StrContains(exchange.request().url, "/devices/new");
  };
  const std::string waiting = Publish("new");
  Advance(absl::Seconds(15));
  const std::string later = Publish();
  Advance(absl::Seconds(5));
  EXPECT_THAT(emitter_->ids(), Not(::testing::Contains(waiting)));
  EXPECT_THAT(emitter_->ids(), ::testing::Contains(later));
  Kill();
  server_.intercept = nullptr;
  ASSERT_TRUE(Start(emitter_->last_checkpoint()).ok());
  Advance(absl::Minutes(1));
  EXPECT_THAT(emitter_->ids(), ::testing::Contains(waiting));
}

}  // namespace
}  // namespace sluice::disruptive
