#include "pipeline/net/io_executor.h"

#include <memory>
#include <thread>
#include <utility>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/post.hpp"
#include "gtest/gtest.h"
#include "tests/contract/executor_contract.h"

namespace sluice {
namespace {

// An io_context with a thread, and the executor on it.
class RunningIo final : public ExecutorUnderTest {
 public:
  RunningIo()
      : io_(1), executor_(&io_), work_(io_.get_executor()), thread_([this] {
          executor_.BindToThisThread();
          io_.run();
        }) {}
  ~RunningIo() override {
    boost::asio::post(io_, [this] { executor_.Close(); });
    work_.reset();
    thread_.join();
  }

  Executor& executor() override { return executor_; }
  IoExecutor& io_executor() { return executor_; }
  void RunUntil(absl::AnyInvocable<bool()> done) override {
    while (!done()) std::this_thread::yield();
  }

 private:
  boost::asio::io_context io_;
  IoExecutor executor_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_;
  std::thread thread_;
};

INSTANTIATE_TEST_SUITE_P(IoExecutor, ExecutorContract, ::testing::Values([] {
                           return std::make_unique<RunningIo>();
                         }));

TEST(IoExecutorTest, DispatchRunsAtOnceOnItsOwnThreadOnly) {
  RunningIo io;
  std::atomic<bool> done = false;
  bool at_once = false;
  io.io_executor().Dispatch([&] {
    EXPECT_TRUE(io.io_executor().InThread());
    io.io_executor().Dispatch([&] { at_once = true; });
    EXPECT_TRUE(at_once);
    done = true;
  });
  EXPECT_FALSE(io.io_executor().InThread());
  io.RunUntil([&] { return done.load(); });
}

}  // namespace
}  // namespace sluice
