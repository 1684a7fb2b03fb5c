#include "tools/sandbox/inthing/inthing_live.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

class InthingLiveTest : public ::testing::Test {
 protected:
  InthingLiveTest() { live_.Start(&executor_); }
  ~InthingLiveTest() override { live_.Stop(); }

  std::shared_ptr<FakeResponder> Watch(int64_t stream) {
    auto responder = std::make_shared<FakeResponder>();
    live_.Watch(stream, responder);
    return responder;
  }
  static std::string Take(FakeResponder& responder) {
    return std::exchange(responder.written, "");
  }

  ManualExecutor executor_;
  InthingLive live_{/*max_watchers=*/2};
};

TEST_F(InthingLiveTest, TellsThePagesOfAStream) {
  const auto one = Watch(1);
  const auto two = Watch(2);
  EXPECT_EQ(FindHeader(one->answer->headers, "Content-Type"),
            "text/event-stream");
  EXPECT_EQ(Take(*one), "retry: 1000\n\n");
  Take(*two);
  live_.Notify(1);
  live_.Notify(7);
  EXPECT_EQ(Take(*one), "data: [{\"action\": \"update-stream\"}]\n\n");
  EXPECT_EQ(Take(*two), "");
}

TEST_F(InthingLiveTest, ForgetsPagesThatAreGone) {
  const auto one = Watch(1);
  Watch(1);
  EXPECT_EQ(Watch(1)->answer->status, 503);
  one->is_connected = false;
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(Watch(1)->answer->status, 200);
}

TEST_F(InthingLiveTest, LetsGoOfPagesThatLag) {
  const auto one = Watch(1);
  one->pending = 1 << 20;
  live_.Notify(1);
  EXPECT_EQ(one->aborted, true);
}

}  // namespace
}  // namespace sluice::sandbox
