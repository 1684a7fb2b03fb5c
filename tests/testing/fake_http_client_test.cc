#include "tests/testing/fake_http_client.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

// Writes down what it hears.
class Recorder final : public HttpStreamHandler {
 public:
  void OnResponse(int status, const HttpHeaders&) override {
    absl::StrAppend(&heard_, status, " ");
  }
  void OnBody(std::string_view piece) override {
    heard_.append(piece).append(" ");
  }
  void OnDone(const HttpFailure& failure) override {
    absl::StrAppend(&heard_, absl::StatusCodeToString(failure.status.code()),
                    failure.maybe_sent ? " sent" : "");
  }
  const std::string& heard() const { return heard_; }

 private:
  std::string heard_;
};

class FakeHttpClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<HttpCall> Start(HttpRequest request) {
    return client_.Stream(std::move(request), &recorder_);
  }

  ManualExecutor executor_;
  FakeHttpClient client_{&executor_};
  Recorder recorder_;
};

TEST_F(FakeHttpClientTest, OpenFindsTheOldestUnansweredByUrl) {
  Recorder others;
  auto a = client_.Stream({.url = "http://h/a"}, &others);
  auto b = client_.Stream({.url = "http://h/b"}, &others);
  EXPECT_EQ(client_.open()->request().url, "http://h/a");
  EXPECT_EQ(client_.open("/b")->request().url, "http://h/b");
  a.reset();
  EXPECT_EQ(client_.open("/a"), nullptr);
  client_.open("/b")->Respond(200);
  executor_.RunReady();
  EXPECT_EQ(client_.open(), nullptr);
  EXPECT_EQ(client_.requests().size(), 2u);
}

TEST_F(FakeHttpClientTest, HoldsAnswersBackWhilePausedAndKeepsTheirOrder) {
  auto call = Start({});
  auto* exchange = client_.open();
  exchange->Begin(200);
  executor_.RunReady();
  call->Pause();
  exchange->Send("a");
  exchange->Send("b");
  executor_.RunReady();
  EXPECT_EQ(recorder_.heard(), "200 ");
  exchange->Send("c");  // Said before the resumption, its turn comes after.
  call->Resume();
  exchange->Send("d");
  exchange->End();
  executor_.RunReady();
  EXPECT_EQ(recorder_.heard(), "200 a b c d OK");
}

TEST_F(FakeHttpClientTest, IdleTimeRunsFromTheLastPieceAndNotWhilePaused) {
  auto call = Start({.total_timeout = absl::InfiniteDuration(),
                     .idle_timeout = absl::Seconds(10)});
  client_.open()->Begin(200);
  executor_.Advance(absl::Seconds(9));
  client_.open()->Send("a");
  executor_.Advance(absl::Seconds(9));
  call->Pause();
  executor_.Advance(absl::Hours(1));
  call->Resume();
  executor_.Advance(absl::Seconds(9));
  EXPECT_EQ(recorder_.heard(), "200 a ");
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(recorder_.heard(), "200 a DEADLINE_EXCEEDED sent");
}

TEST_F(FakeHttpClientTest, NothingIsHeardAfterACancel) {
  auto call = Start({.idle_timeout = absl::Seconds(1)});
  client_.open()->Respond(200, "late");
  call.reset();
  executor_.Advance(absl::Hours(1));
  EXPECT_EQ(recorder_.heard(), "");
  EXPECT_EQ(executor_.pending_timers(), 0);
}

}  // namespace
}  // namespace sluice
