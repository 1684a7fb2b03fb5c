#include "plugins/null/null_sink.h"

#include <utility>

#include "gtest/gtest.h"

namespace sluice::null {
namespace {

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

TEST(NullSinkTest, IsHealthyFromTheStart) {
  LastHealth health;
  ComponentContext context;
  context.health = &health;
  NullSink sink;
  ASSERT_TRUE(sink.Start(context).ok());
  EXPECT_EQ(health.last.state, HealthState::kHealthy);
}

TEST(NullSinkTest, AnswersADeliveryAtOnceWithOneOutcomeForAll) {
  NullSink sink;
  Delivery delivery;
  delivery.items.resize(3);
  int answers = 0;
  sink.Deliver(std::move(delivery), [&](DeliveryResult result) {
    ++answers;
    ASSERT_EQ(result.outcomes.size(), 1);
    EXPECT_EQ(result.outcomes[0].kind, Outcome::Kind::kDelivered);
    EXPECT_TRUE(result.misconfigured.ok());
  });
  EXPECT_EQ(answers, 1);
}

TEST(NullSinkTest, StopsAtOnce) {
  NullSink sink;
  bool stopped = false;
  sink.Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace sluice::null
