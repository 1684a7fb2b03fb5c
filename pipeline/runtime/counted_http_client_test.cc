#include "pipeline/runtime/counted_http_client.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

class CountedHttpClientTest : public testing::Test {
 protected:
  std::unique_ptr<HttpCall> Fetch() {
    return client_.Fetch({.url = "http://h/"},
                         [this](HttpResponse response, HttpFailure failure) {
                           response_ = std::move(response);
                           failure_ = std::move(failure);
                           ++done_;
                         });
  }

  uint64_t Value(const std::string& result) {
    return registry_
        .counter("requests_total", {{"sink", "a"}, {"result", result}})
        ->value();
  }

  MetricRegistry registry_;
  ManualExecutor executor_;
  FakeHttpClient fake_{&executor_};
  CountedHttpClient client_{
      &fake_, &registry_, "requests_total", {{"sink", "a"}}};
  HttpResponse response_;
  HttpFailure failure_;
  int done_ = 0;
};

TEST_F(CountedHttpClientTest, HandsAnswersOnAndCountsThemByClass) {
  auto call = Fetch();
  fake_.open()->Respond(201, "made");
  executor_.RunReady();
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(response_.status, 201);
  EXPECT_EQ(response_.body, "made");
  EXPECT_EQ(Value("2xx"), 1u);
  call = Fetch();
  fake_.open()->Respond(503);
  executor_.RunReady();
  EXPECT_EQ(Value("5xx"), 1u);
  call.reset();
  EXPECT_EQ(Value("cancelled"), 0u);
}

TEST_F(CountedHttpClientTest, CountsFailuresByTheirCode) {
  auto call = Fetch();
  fake_.open()->Fail(absl::UnavailableError("no connection"));
  executor_.RunReady();
  EXPECT_FALSE(failure_.status.ok());
  EXPECT_TRUE(failure_.maybe_sent);
  EXPECT_EQ(Value("unavailable"), 1u);
  // An answer that broke off is no answer.
  call = Fetch();
  fake_.open()->Begin(200);
  fake_.open()->Fail(absl::DeadlineExceededError("too slow"));
  executor_.RunReady();
  EXPECT_EQ(Value("deadline_exceeded"), 1u);
  EXPECT_EQ(Value("2xx"), 0u);
}

TEST_F(CountedHttpClientTest, CountsWhatTheComponentGaveUp) {
  auto call = Fetch();
  call.reset();
  executor_.RunReady();
  EXPECT_TRUE(fake_.requests().front()->cancelled());
  EXPECT_EQ(done_, 0);
  EXPECT_EQ(Value("cancelled"), 1u);
}

TEST_F(CountedHttpClientTest, PassesPausesOn) {
  auto call = Fetch();
  call->Pause();
  EXPECT_TRUE(fake_.open()->paused());
  call->Resume();
  EXPECT_FALSE(fake_.open()->paused());
}

// Destroys its call in one of its callbacks.
class Quitter final : public HttpStreamHandler {
 public:
  explicit Quitter(bool at_end) : at_end_(at_end) {}
  void OnResponse(int, const HttpHeaders&) override {
    if (!at_end_) call.reset();
  }
  void OnBody(std::string_view) override {}
  void OnDone(const HttpFailure&) override { call.reset(); }

  std::unique_ptr<HttpCall> call;

 private:
  const bool at_end_;
};

TEST_F(CountedHttpClientTest, CallsMayBeDestroyedInTheirCallbacks) {
  for (const bool at_end : {false, true}) {
    Quitter quitter(at_end);
    quitter.call = client_.Stream({.url = "http://h/"}, &quitter);
    fake_.open()->Respond(200, "body");
    executor_.RunReady();
    EXPECT_EQ(quitter.call, nullptr);
  }
  EXPECT_EQ(Value("cancelled"), 1u);
  EXPECT_EQ(Value("2xx"), 1u);
}

}  // namespace
}  // namespace sluice
