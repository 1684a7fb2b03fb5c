#include "pipeline/runtime/dead_letter_counter.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

class DeadLetterCounterTest : public testing::Test {
 protected:
  uint64_t Value(const std::string& reason) {
    return registry_
        .counter("dead_total", {{"component", "a"}, {"reason", reason}})
        ->value();
  }

  MetricRegistry registry_;
  DeadLetterCounter counter_{&registry_, "dead_total", {{"component", "a"}}};
};

TEST_F(DeadLetterCounterTest, CountsByReason) {
  counter_.Count("expired");
  counter_.Count("too_large");
  counter_.Count("expired");
  EXPECT_EQ(Value("expired"), 2u);
  EXPECT_EQ(Value("too_large"), 1u);
  EXPECT_EQ(Value("other"), 0u);
}

TEST_F(DeadLetterCounterTest, BoundsTheReasons) {
  for (int i = 0; i < 1000; ++i) counter_.Count(std::to_string(i));
  counter_.Count("0");
  EXPECT_EQ(Value("0"), 2u);
  EXPECT_EQ(Value("49"), 1u);
  EXPECT_EQ(Value("other"), 950u);
  EXPECT_EQ(registry_.Snapshot().size(), DeadLetterCounter::kMaxReasons + 1);
}

}  // namespace
}  // namespace sluice
