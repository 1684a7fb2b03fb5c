#include "plugins/disruptive/stream_connection.h"

#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StreamConnectionTest : public ::testing::Test,
                             private StreamConnection::Listener {
 protected:
  StreamConnectionTest() {
    settings_.project = "p";
    settings_.key = {"k", "s", "e", /*basic=*/true};
    settings_.base_url = "http://api/v2";
  }

  void Open() {
    authorizer_ = std::make_unique<Authorizer>(&settings_, &executor_, &http_,
                                               &random_, &clock_);
    stream_ = std::make_unique<StreamConnection>(
        &settings_, &executor_, &http_, authorizer_.get(), &decoder_,
        static_cast<StreamConnection::Listener*>(this));
    stream_->Open();
    executor_.Advance(absl::ZeroDuration());
    ASSERT_NE(http_.open(), nullptr);
  }
  void Begin() {
    Open();
    http_.open()->Begin(200);
    executor_.RunReady();
  }
  void Send(const std::string& bytes) {
    http_.open()->Send(bytes);
    executor_.RunReady();
  }
  static std::string Event(const std::string& id) {
    return absl::StrCat(
        R"({"result":{"event":{"eventId":")", id,
        R"(","targetName":"projects/p/devices/d","eventType":"touch",)",
        R"("data":{},"timestamp":"2021-04-21T08:15:43Z"}}})", "\n");
  }

  void OnStreamOpen(StreamConnection*, const HttpHeaders&) override {
    log_.push_back("open");
  }
  void OnStreamPing(StreamConnection*, std::optional<absl::Time>) override {
    log_.push_back("ping");
  }
  void OnStreamEvent(StreamConnection* stream,
                     const EventFields& event) override {
    log_.push_back(std::string(event.id));
    if (event.id == "close") stream->Close();
  }
  void OnStreamMalformed(StreamConnection*, MalformedInput input) override {
    log_.push_back(input.reason);
  }
  void OnStreamIdle(StreamConnection*) override { ++idle_; }
  void OnStreamEnd(StreamConnection*, StreamEnd end) override {
    ends_.push_back(std::move(end));
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  std::mt19937_64 engine_{3};
  absl::BitGenRef random_{engine_};
  Settings settings_;
  EventDecoder decoder_;
  ServerClock clock_{&executor_};
  std::unique_ptr<Authorizer> authorizer_;
  std::unique_ptr<StreamConnection> stream_;
  std::vector<std::string> log_;
  int idle_ = 0;
  std::vector<StreamEnd> ends_;
};

TEST_F(StreamConnectionTest, AsksForAStreamThatNeverTimesOutButMustPing) {
  Open();
  const HttpRequest& request = http_.open()->request();
  EXPECT_EQ(request.total_timeout, absl::InfiniteDuration());
  EXPECT_EQ(request.idle_timeout, absl::Seconds(30));
  EXPECT_EQ(FindHeader(request.headers, "Accept"), "application/json");
  EXPECT_EQ(FindHeader(request.headers, "Authorization"), "Basic azpz");
  EXPECT_EQ(request.url,
            "http://api/v2/projects/p/devices:stream?ping_interval=10s");
}

TEST_F(StreamConnectionTest, HandsFramesOnAndSaysWhenItHasNoMore) {
  Begin();
  Send(Event("a") + Event("b") + "nonsense\n" + Event("c").substr(0, 20));
  EXPECT_THAT(log_, ElementsAre("open", "a", "b", "malformed_json"));
  EXPECT_EQ(idle_, 1);
}

TEST_F(StreamConnectionTest, CanBeClosedInTheMiddleOfAPiece) {
  Begin();
  Send(Event("close") + Event("b"));
  EXPECT_THAT(log_, ElementsAre("open", "close"));
  EXPECT_THAT(ends_, IsEmpty());
  EXPECT_EQ(http_.open(), nullptr);
}

TEST_F(StreamConnectionTest, SaysWhatKindOfEndItWas) {
  using Kind = StreamEnd::Kind;
  const struct {
    int status;
    Kind kind;
  } cases[] = {
      {401, Kind::kUnauthorized}, {403, Kind::kProject}, {404, Kind::kProject},
      {400, Kind::kRefused},      {302, Kind::kRefused}, {408, Kind::kLost},
      {429, Kind::kThrottled},    {500, Kind::kLost},    {504, Kind::kLost}};
  for (const auto& c : cases) {
    ends_.clear();
    Open();
    http_.open()->Respond(c.status, R"({"error":"why"})",
                          {{"Retry-After", "3"}});
    executor_.RunReady();
    ASSERT_EQ(ends_.size(), 1u);
    EXPECT_EQ(ends_[0].kind, c.kind) << c.status;
    EXPECT_THAT(ends_[0].message, HasSubstr("(why)"));
    EXPECT_EQ(ends_[0].retry_after, absl::Seconds(c.status == 504 ? 10 : 3));
  }
}

TEST_F(StreamConnectionTest, UnderstandsErrorFramesOfBothNumberings) {
  using Kind = StreamEnd::Kind;
  const struct {
    int code;
    Kind kind;
  } cases[] = {{16, Kind::kUnauthorized}, {401, Kind::kUnauthorized},
               {7, Kind::kProject},       {5, Kind::kProject},
               {8, Kind::kThrottled},     {14, Kind::kLost},
               {1, Kind::kLost},          {408, Kind::kLost},
               {503, Kind::kLost},        {3, Kind::kRefused}};
  for (const auto& c : cases) {
    ends_.clear();
    Begin();
    Send(absl::StrCat("{\"error\":{\"code\":", c.code, "}}\n", Event("x")));
    ASSERT_EQ(ends_.size(), 1u);
    EXPECT_EQ(ends_[0].kind, c.kind) << c.code;
  }
  EXPECT_THAT(log_, ::testing::Each("open"));
}

TEST_F(StreamConnectionTest, EndsWhenItIsCutOrSilentOrNotAnswered) {
  Begin();
  http_.open()->End();
  executor_.RunReady();
  Begin();
  executor_.Advance(absl::Seconds(31));
  Open();
  executor_.Advance(absl::Seconds(21));
  Open();
  http_.open()->Fail(absl::FailedPreconditionError("certificate"));
  executor_.RunReady();
  ASSERT_EQ(ends_.size(), 4u);
  EXPECT_EQ(ends_[0].kind, StreamEnd::Kind::kLost);
  EXPECT_EQ(ends_[1].kind, StreamEnd::Kind::kLost);
  EXPECT_EQ(ends_[2].message, "the service does not answer");
  EXPECT_EQ(ends_[3].kind, StreamEnd::Kind::kCertificate);
}

TEST_F(StreamConnectionTest, DoesNotTakeItsOwnPauseForSilence) {
  Begin();
  stream_->SetPaused(true);
  executor_.Advance(absl::Hours(1));
  EXPECT_THAT(ends_, IsEmpty());
  stream_->SetPaused(false);
  Send(Event("a"));
  EXPECT_THAT(log_, ElementsAre("open", "a"));
}

TEST_F(StreamConnectionTest, OpensEvenWhenPausedAndThenWaits) {
  Open();
  stream_->SetPaused(true);
  FakeHttpClient::Exchange* exchange = http_.open();
  exchange->Begin(200);
  exchange->Send(Event("a"));
  executor_.RunReady();
  EXPECT_THAT(log_, ElementsAre("open"));
  EXPECT_TRUE(exchange->paused());
}

}  // namespace
}  // namespace sluice::disruptive
