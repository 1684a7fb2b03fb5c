// What every Executor promises, as tests.
//
//   INSTANTIATE_TEST_SUITE_P(
//       ThreadExecutor, sluice::ExecutorContract,
//       ::testing::Values([] { return std::make_unique<MyUnderTest>(); }));
#ifndef TESTS_CONTRACT_EXECUTOR_CONTRACT_H_
#define TESTS_CONTRACT_EXECUTOR_CONTRACT_H_

#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "pipeline/executor/executor.h"

namespace sluice {

// An executor and the way time passes for it.
class ExecutorUnderTest {
 public:
  virtual ~ExecutorUnderTest() = default;
  virtual Executor& executor() = 0;
  // Lets the executor run until `done` (called from the test's thread, often)
  // says so. For real threads: waits.
  virtual void RunUntil(absl::AnyInvocable<bool()> done) = 0;
};

// For executors with a thread of their own: RunUntil() only waits.
std::unique_ptr<ExecutorUnderTest> ThreadedExecutorUnderTest(
    std::unique_ptr<Executor> executor);

// Takes a factory; each test gets an executor of its own.
class ExecutorContract
    : public ::testing::TestWithParam<
          std::function<std::unique_ptr<ExecutorUnderTest>()>> {
 protected:
  ExecutorContract() : under_test_(GetParam()()) {}
  Executor& executor() { return under_test_->executor(); }
  void RunUntil(absl::AnyInvocable<bool()> done) {
    under_test_->RunUntil(std::move(done));
  }

  std::unique_ptr<ExecutorUnderTest> under_test_;
};

}  // namespace sluice

#endif  // TESTS_CONTRACT_EXECUTOR_CONTRACT_H_
