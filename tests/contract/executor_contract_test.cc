#include "tests/contract/executor_contract.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

// Time passes as fast as it can.
class Manual final : public ExecutorUnderTest {
 public:
  Executor& executor() override { return executor_; }
  void RunUntil(absl::AnyInvocable<bool()> done) override {
    EXPECT_TRUE(executor_.RunUntil(std::move(done)));
  }

 private:
  ManualExecutor executor_;
};

INSTANTIATE_TEST_SUITE_P(ManualExecutor, ExecutorContract,
                         ::testing::Values([] {
                           return std::make_unique<Manual>();
                         }));

}  // namespace
}  // namespace sluice
