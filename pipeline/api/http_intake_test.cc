// What push_intake_test of the webhook does not see: answers of one's own, and
// the guess from other threads.
#include "pipeline/api/http_intake.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/testing/holding_emitter.h"
#include "tests/testing/kept_answer.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

class HttpIntakeTest : public ::testing::Test {
 protected:
  std::shared_ptr<KeptAnswer> Say(HttpResponse answer) {
    auto responder = std::make_shared<KeptAnswer>();
    if (intake_->Admit(*responder)) {
      Emission emission;
      emission.malformed.push_back({"x", "malformed_json", "not JSON"});
      intake_->Emit(std::move(emission), responder, std::move(answer));
    }
    return responder;
  }

  ManualExecutor executor_;
  HoldingEmitter emitter_;
  const std::shared_ptr<HttpIntake> intake_ =
      HttpIntake::Create(absl::Seconds(8), &executor_, &emitter_, {}, nullptr);
};

TEST_F(HttpIntakeTest, SendsTheAnswerOnceAllIsSafe) {
  const auto kept = Say({.status = 200, .body = "{}"});
  EXPECT_EQ(kept->sent, 0);
  emitter_.Acknowledge();
  ASSERT_EQ(kept->sent, 1);
  EXPECT_EQ(kept->answer->status, 200);
  EXPECT_EQ(kept->answer->body, "{}");
}

TEST_F(HttpIntakeTest, SeemsClosedWhileTheQueueIsFull) {
  EXPECT_TRUE(intake_->seems_open());
  emitter_.set_full(true);
  EXPECT_EQ(Say({.status = 200})->answer->status, 503);
  EXPECT_FALSE(intake_->seems_open());
  emitter_.set_full(false);
  EXPECT_TRUE(intake_->seems_open());
}

TEST_F(HttpIntakeTest, SeemsClosedOnceItStops) {
  bool stopped = false;
  intake_->Stop(absl::Seconds(2), [&] { stopped = true; });
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(intake_->seems_open());
  EXPECT_EQ(Say({.status = 200})->answer->status, 503);
}

}  // namespace
}  // namespace sluice
