#include "tools/sandbox/fault_gate.h"

#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

// Answers everything, or streams one piece, and counts.
class Echo final : public Emulator {
 public:
  std::string_view name() const override { return "echo"; }
  void Start(std::string, Executor*) override {}
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override {
    ++handled;
    if (request.path == "/stream") {
      responder->Begin(200, {});
      responder->Write("0123456789");
      responder->End();
    } else {
      responder->Send({.status = 200, .headers = {}, .body = "0123456789"});
    }
  }
  HttpResponse FaultAnswer(const Fault&) override {
    return {.status = 0, .headers = {{"X-Own", "1"}}, .body = "own"};
  }
  HttpResponse ErrorAnswer(int status, std::string_view) override {
    return {.status = status};
  }
  std::string ReadyJson() override { return "{}"; }
  std::string StatusJson() override { return "{}"; }
  std::vector<Page> Pages() override { return {}; }

  int handled = 0;
};

class FaultGateTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeResponder> Ask(std::string path = "/") {
    auto responder = std::make_shared<FakeResponder>();
    ServeWithFaults(faults_, echo_, executor_, MakeRequest("GET", path),
                    responder);
    return responder;
  }

  ManualExecutor executor_;
  FaultSwitch faults_{[this] { return executor_.MonotonicNow(); }};
  Echo echo_;
};

TEST_F(FaultGateTest, LeavesRequestsAloneWithoutAFault) {
  faults_.Add({.service = "other"});
  EXPECT_EQ(Ask()->answer->body, "0123456789");
}

TEST_F(FaultGateTest, AnswersAStatusInTheServicesOwnWords) {
  faults_.Add({.service = "echo",
               .count = 1,
               .status = 429,
               .retry_after = absl::Milliseconds(1500),
               .headers = {{"X-More", "2"}}});
  const auto responder = Ask();
  EXPECT_EQ(responder->answer->status, 429);
  EXPECT_EQ(responder->answer->body, "own");
  EXPECT_THAT(responder->answer->headers, Contains(Pair("X-Own", "1")));
  EXPECT_THAT(responder->answer->headers, Contains(Pair("X-More", "2")));
  EXPECT_THAT(responder->answer->headers, Contains(Pair("Retry-After", "2")));
  EXPECT_EQ(echo_.handled, 0);

  faults_.Add({.service = "echo", .count = 1, .body = "else"});
  EXPECT_EQ(Ask()->answer->body, "else");
}

TEST_F(FaultGateTest, CutsBeforeAnythingIsDone) {
  faults_.Add({.service = "echo", .kind = FaultKind::kCut, .reset = true});
  const auto responder = Ask();
  EXPECT_EQ(responder->aborted, true);
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(FaultGateTest, StallsThenHangsUp) {
  faults_.Add({.service = "echo",
               .kind = FaultKind::kStall,
               .delay = absl::Seconds(3)});
  const auto responder = Ask();
  executor_.Advance(absl::Seconds(2));
  EXPECT_FALSE(responder->aborted.has_value());
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(responder->aborted, false);
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(FaultGateTest, AnswersHalfAfterTheDeed) {
  faults_.Add({.service = "echo", .kind = FaultKind::kHalf});
  auto responder = Ask();
  EXPECT_EQ(echo_.handled, 1);
  EXPECT_THAT(responder->answer->headers,
              Contains(Pair("Content-Length", "10")));
  EXPECT_EQ(responder->written, "01234");
  EXPECT_EQ(responder->aborted, false);

  responder = Ask("/stream");
  EXPECT_EQ(responder->written, "01234");
  EXPECT_EQ(responder->aborted, false);
}

TEST_F(FaultGateTest, LosesTheAnswerAfterTheDeed) {
  faults_.Add({.service = "echo", .kind = FaultKind::kLoseAnswer});
  for (const char* path : {"/", "/stream"}) {
    const auto responder = Ask(path);
    EXPECT_FALSE(responder->answer.has_value());
    EXPECT_EQ(responder->written, "");
    EXPECT_EQ(responder->aborted, false);
  }
  EXPECT_EQ(echo_.handled, 2);
}

TEST_F(FaultGateTest, AnswersSlowlyAndInOrder) {
  faults_.Add(
      {.service = "echo", .kind = FaultKind::kSlow, .delay = absl::Seconds(2)});
  const auto whole = Ask();
  const auto stream = Ask("/stream");
  EXPECT_EQ(echo_.handled, 2);
  executor_.Advance(absl::Seconds(1));
  EXPECT_FALSE(whole->answer.has_value());
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(whole->answer->body, "0123456789");
  EXPECT_EQ(stream->written, "0123456789");
  EXPECT_TRUE(stream->ended);
}

TEST_F(FaultGateTest, DripsTheAnswerByteByByte) {
  faults_.Add(
      {.service = "echo", .kind = FaultKind::kDrip, .delay = absl::Seconds(1)});
  const auto whole = Ask();
  const auto stream = Ask("/stream");
  EXPECT_EQ(echo_.handled, 2);
  EXPECT_THAT(whole->answer->headers, Contains(Pair("Content-Length", "10")));
  for (const auto& each : {whole, stream}) EXPECT_EQ(each->written, "");
  executor_.Advance(absl::Seconds(3));
  for (const auto& each : {whole, stream}) {
    EXPECT_EQ(each->written, "012");
    EXPECT_FALSE(each->ended);
  }
  stream->is_connected = false;
  executor_.Advance(absl::Seconds(7));
  EXPECT_EQ(whole->written, "0123456789");
  EXPECT_TRUE(whole->ended);
  EXPECT_EQ(stream->written, "012");
  EXPECT_EQ(executor_.pending_timers(), 0);
}

TEST_F(FaultGateTest, SaysALengthThatIsWrong) {
  for (const auto& [off_by, length] :
       {std::pair(5, "15"), std::pair(-5, "5"), std::pair(-50, "0")}) {
    faults_.Add({.service = "echo",
                 .kind = FaultKind::kWrongLength,
                 .count = 1,
                 .off_by = off_by,
                 .reset = true});
    const auto responder = Ask();
    EXPECT_THAT(responder->written, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(responder->written,
                HasSubstr(std::string("Content-Length: ") + length + "\r\n"));
    EXPECT_THAT(responder->written, EndsWith("\r\n\r\n0123456789"));
    EXPECT_EQ(responder->aborted, true);
  }
}

TEST_F(FaultGateTest, HangsUpAtTheHead) {
  const HttpServerRequest head = MakeRequest("POST", "/");
  EXPECT_EQ(JudgeHead(faults_, echo_, head), HeadVerdict::kReadOn);
  for (const bool reset : {false, true}) {
    faults_.Add({.service = "echo",
                 .kind = FaultKind::kHangUp,
                 .count = 1,
                 .reset = reset});
    EXPECT_EQ(Ask()->answer->status, 200);
    EXPECT_EQ(JudgeHead(faults_, echo_, head),
              reset ? HeadVerdict::kReset : HeadVerdict::kClose);
  }
}

}  // namespace
}  // namespace sluice::sandbox
