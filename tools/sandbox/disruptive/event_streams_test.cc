#include "tools/sandbox/disruptive/event_streams.h"

#include <memory>
#include <string>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EventStreamsTest : public ::testing::Test {
 protected:
  EventStreamsTest() {
    streams_.Start(&executor_);
    device_.id = "d1";
    device_.project = "p";
    device_.type = "temperature";
    device_.labels = {{"room", "99"}};
  }

  std::shared_ptr<FakeResponder> Open(const std::string& query = "",
                                      HttpHeaders headers = {}) {
    auto responder = std::make_shared<FakeResponder>();
    status_ = streams_.Open(
        "p", MakeRequest("GET", "/devices:stream?" + query, headers),
        responder);
    return responder;
  }
  bool Publish(std::string_view text, std::string_view type = "temperature") {
    const bool heard = streams_.Offer(device_, type, text);
    streams_.Flush();
    return heard;
  }

  ManualExecutor executor_;
  EventStreams streams_{{.lifetime = absl::Minutes(1)},
                        [](std::string_view) { return "\"ping\""; }};
  Device device_;
  absl::Status status_;
};

TEST_F(EventStreamsTest, StreamsOneJsonObjectPerLine) {
  EXPECT_FALSE(Publish("0"));
  const auto stream = Open();
  EXPECT_EQ(stream->answer->status, 200);
  EXPECT_EQ(FindHeader(stream->answer->headers, "content-type"),
            "application/json");
  EXPECT_TRUE(Publish("1"));
  streams_.Offer(device_, "touch", "2");
  streams_.Offer(device_, "touch", "3");
  streams_.Flush();
  EXPECT_THAT(stream->TakeLines(), ElementsAre(R"({"result":{"event":1}})",
                                               R"({"result":{"event":2}})",
                                               R"({"result":{"event":3}})"));
  EXPECT_EQ(stream->writes, 3);  // a chunk each
}

TEST_F(EventStreamsTest, StreamsServerSentEventsWhenAsked) {
  const auto stream = Open("", {{"Accept", "text/event-stream"}});
  EXPECT_EQ(FindHeader(stream->answer->headers, "content-type"),
            "text/event-stream");
  Publish("1");
  EXPECT_EQ(stream->written, "data: {\"result\":{\"event\":1}}\n\n");
}

TEST_F(EventStreamsTest, FiltersByDeviceTypeEventTypeAndCurrentLabels) {
  const auto by_room = Open("label_filters=room%3D99&label_filters=else");
  const auto by_type = Open("device_types=touch");
  const auto by_event = Open("event_types=touch&event_types=humidity");
  const auto by_id = Open("device_ids=d1&label_filters=room");
  EXPECT_TRUE(Publish("1"));
  EXPECT_THAT(by_room->TakeLines(), SizeIs(1));
  EXPECT_THAT(by_type->TakeLines(), IsEmpty());
  EXPECT_THAT(by_event->TakeLines(), IsEmpty());
  EXPECT_THAT(by_id->TakeLines(), SizeIs(1));
  EXPECT_TRUE(Publish("2", "touch"));
  EXPECT_THAT(by_event->TakeLines(), SizeIs(1));

  device_.labels.clear();
  by_room->TakeLines();
  by_id->TakeLines();
  EXPECT_FALSE(Publish("3"));
  EXPECT_THAT(by_room->TakeLines(), IsEmpty());
  EXPECT_THAT(by_id->TakeLines(), IsEmpty());
}

TEST_F(EventStreamsTest, PingsAtTheIntervalAskedFor) {
  const auto pinged = Open("ping_interval=10s&event_types=touch");
  const auto silent = Open();
  executor_.Advance(absl::Seconds(25));
  EXPECT_THAT(pinged->TakeLines(),
              ElementsAre(R"({"result":{"event":"ping"}})",
                          R"({"result":{"event":"ping"}})"));
  EXPECT_EQ(silent->written, "");
  streams_.set_pings(false);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(pinged->written, "");
}

TEST_F(EventStreamsTest, RefusesAStrangePingInterval) {
  const auto responder = Open("ping_interval=often");
  EXPECT_FALSE(status_.ok());
  EXPECT_FALSE(responder->answer.has_value());
  EXPECT_EQ(ParseInterval("1.5s"), absl::Milliseconds(1500));
  EXPECT_EQ(ParseInterval("500ms"), absl::Milliseconds(500));
  for (const char* text : {"", "0s", "-1s", "10", "inf", "1ns"}) {
    EXPECT_FALSE(ParseInterval(text).has_value()) << text;
  }
}

TEST_F(EventStreamsTest, CanReorderEvents) {
  streams_.options().reorder_every = 2;
  const auto stream = Open("ping_interval=10s");
  for (const char* text : {"1", "2", "3", "4"}) Publish(text);
  EXPECT_THAT(stream->TakeLines(), ElementsAre(R"({"result":{"event":1}})",
                                               R"({"result":{"event":3}})",
                                               R"({"result":{"event":2}})"));
  // A ping says that everything older has been told.
  executor_.Advance(absl::Seconds(10));
  EXPECT_THAT(stream->TakeLines(),
              ElementsAre(R"({"result":{"event":4}})",
                          R"({"result":{"event":"ping"}})"));
}

TEST_F(EventStreamsTest, CanEndStreamsAfterSoManyFrames) {
  streams_.options().max_frames = 2;
  streams_.options().end = StreamEnd::kClean;
  const auto stream = Open();
  Publish("1");
  EXPECT_FALSE(stream->ended);
  Publish("2");
  EXPECT_TRUE(stream->ended);
  EXPECT_THAT(stream->TakeLines(), SizeIs(2));
  EXPECT_FALSE(Publish("3"));
}

TEST_F(EventStreamsTest, EndsStreamsAfterTheirLifetime) {
  streams_.options().end = StreamEnd::kOldErrorFrame;
  const auto stream = Open();
  executor_.Advance(absl::Seconds(59));
  EXPECT_FALSE(stream->ended);
  executor_.Advance(absl::Seconds(1));
  EXPECT_TRUE(stream->ended);
  EXPECT_THAT(stream->TakeLines(),
              ElementsAre(R"({"error":{"grpcCode":1,"httpCode":408,)"
                          R"("message":"closing stream",)"
                          R"("httpStatus":"Request Timeout","details":[]}})"));
  EXPECT_EQ(streams_.open(), 0);
  EXPECT_EQ(streams_.ended(), 1);
}

TEST_F(EventStreamsTest, CutsInEveryWay) {
  const auto clean = Open();
  const auto error = Open();
  const auto fin = Open();
  const auto reset = Open();
  EXPECT_EQ(streams_.Cut(StreamEnd::kClean, 1), 1);
  EXPECT_TRUE(clean->ended);
  EXPECT_EQ(clean->written, "");
  EXPECT_EQ(streams_.Cut(StreamEnd::kErrorFrame, 1), 1);
  EXPECT_THAT(error->written, HasSubstr(R"({"error":{"code":408,)"));
  EXPECT_EQ(streams_.Cut(StreamEnd::kFin, 1), 1);
  EXPECT_EQ(fin->aborted, false);
  EXPECT_EQ(streams_.Cut(StreamEnd::kReset), 1);
  EXPECT_EQ(reset->aborted, true);
  EXPECT_EQ(streams_.Cut(StreamEnd::kReset), 0);
}

TEST_F(EventStreamsTest, HoldsEverythingBackWhileStalled) {
  const auto stream = Open("ping_interval=1s");
  streams_.Stall(absl::Seconds(5));
  EXPECT_TRUE(Publish("1"));
  executor_.Advance(absl::Milliseconds(4500));
  EXPECT_EQ(stream->written, "");
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(stream->TakeLines(), SizeIs(6));  // the event and five pings
}

TEST_F(EventStreamsTest, CutsOffAReaderThatIsTooSlow) {
  const auto stream = Open();
  stream->pending = 17 << 20;
  Publish("1");
  EXPECT_TRUE(stream->ended);
  EXPECT_THAT(stream->written, HasSubstr("too slow"));
  EXPECT_FALSE(Publish("2"));
}

TEST_F(EventStreamsTest, ForgetsReadersThatLeft) {
  const auto stream = Open();
  EXPECT_EQ(streams_.open(), 1);
  stream->is_connected = false;
  EXPECT_FALSE(Publish("1"));
  EXPECT_EQ(streams_.open(), 0);
}

TEST_F(EventStreamsTest, SaysSomeEventsTwiceAndOddThingsWhenAsked) {
  streams_.options().duplicate_every = 2;
  const auto stream = Open();
  Publish("1");
  Publish("2");
  EXPECT_THAT(stream->TakeLines(), SizeIs(3));
  streams_.SendRaw("what?\n");
  EXPECT_THAT(stream->TakeLines(), ElementsAre("what?"));
}

}  // namespace
}  // namespace sluice::sandbox
