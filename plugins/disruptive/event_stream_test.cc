#include "plugins/disruptive/event_stream.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "plugins/disruptive/source_fixture.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventStreamTest : public SourceFixture, public EventStream::Listener {
 protected:
  void OnEvent(const EventView& event) override {
    ids_.emplace_back(event.id());
  }
  void OnMalformed(const MalformedInput& malformed) override {
    malformed_.push_back(malformed.reason);
  }
  void OnHealth(const Health& health) override { health_state_ = health.state; }

  std::vector<std::string> ids_;
  std::vector<std::string> malformed_;
  HealthState health_state_ = HealthState::kStarting;
  EventStream stream_{settings_, &executor_, &server_, random_, this};
};

TEST_F(EventStreamTest, HandsOverWhatComesAndWhatWasMissed) {
  ASSERT_TRUE(stream_.Start().ok());
  Advance(absl::Seconds(1));
  EXPECT_EQ(health_state_, HealthState::kHealthy);
  const std::string first = server_.Publish("d1");
  server_.Send("no JSON\n");
  Advance(absl::Seconds(1));
  EXPECT_THAT(ids_, ElementsAre(first));
  EXPECT_THAT(malformed_, ElementsAre("malformed_json"));
  server_.BreakStreams();
  const std::string missed = server_.Publish("d1");
  Advance(absl::Minutes(1));
  EXPECT_THAT(ids_, ElementsAre(first, missed));
}

TEST_F(EventStreamTest, IsSilentOnceStopped) {
  ASSERT_TRUE(stream_.Start().ok());
  Advance(absl::Seconds(1));
  bool stopped = false;
  stream_.Stop([&] { stopped = true; });
  server_.Publish("d1");
  Advance(absl::Minutes(1));
  EXPECT_TRUE(stopped);
  EXPECT_THAT(ids_, IsEmpty());
}

}  // namespace
}  // namespace sluice::disruptive
