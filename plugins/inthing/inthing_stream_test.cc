#include "plugins/inthing/inthing_stream.h"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::inthing {
namespace {

constexpr char kOk[] = R"({"status":"ok","event":{"id":"1","url":"u"}})";
constexpr char kLimited[] =
    R"({"status":"ratelimited","msg":"Unclaimed streams are rate-limited to )"
    R"(10 events a minute"})";

class InthingStreamTest : public testing::Test {
 protected:
  void Open(absl::Duration max_wait = absl::ZeroDuration()) {
    InthingStreamOptions options;
    options.generator = "host";
    options.max_rate_limit_wait = max_wait;
    stream_ = std::make_unique<InthingStream>(
        &client_, &executor_, Stream{"/will/test/", "daffodil"}, options);
  }
  void Add(Post post) {
    call_ = stream_->Add(std::move(post), [this](auto event) {
      answer_ = std::move(event);
      call_.reset();
    });
    executor_.RunReady();
  }
  void Respond(const char* body) {
    ASSERT_NE(http_.open(), nullptr);
    http_.open()->Respond(200, body);
    executor_.RunReady();
  }

  // 20 s into its minute.
  ManualExecutor executor_{absl::FromUnixSeconds(1'700'000'000)};
  FakeHttpClient http_{&executor_};
  std::mt19937_64 random_{7};
  absl::BitGenRef random_ref_{random_};
  InthingClient client_{{.base_url = "http://h"}, &http_, &random_ref_};
  std::unique_ptr<InthingStream> stream_;
  std::unique_ptr<InthingStream::Call> call_;
  std::optional<absl::StatusOr<PostedEvent>> answer_;
};

TEST_F(InthingStreamTest, PostsAsItsGenerator) {
  Open();
  EXPECT_EQ(stream_->id(), "/will/test/");
  EXPECT_EQ(stream_->url(), "http://h/will/test/");
  Add(TextPost("x"));
  EXPECT_NE(http_.open()->request().body.find("generator=host"),
            std::string::npos);
  Respond(kOk);
  ASSERT_TRUE(answer_.has_value() && answer_->ok());
  EXPECT_EQ((*answer_)->url, "u");
  stream_->set_generator("other");
  Add(TextPost("x"));
  EXPECT_NE(http_.open()->request().body.find("generator=other"),
            std::string::npos);
}

TEST_F(InthingStreamTest, SendsNothingThatTheServiceWouldRefuse) {
  Open();
  Post post = TextPost("x");
  post.priority = 9;
  bool inside = true;
  call_ = stream_->Add(post, [&](auto event) {
    EXPECT_FALSE(inside);
    answer_ = std::move(event);
  });
  inside = false;
  executor_.Advance(absl::ZeroDuration());
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(ErrorClassOf(answer_->status()), v1::Error::CONFIG);
  EXPECT_EQ(answer_->status().message().find("priority"), 0);
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(InthingStreamTest, ARateLimitIsAnErrorUnlessItIsToBeWaitedFor) {
  Open();
  Add(TextPost("x"));
  Respond(kLimited);
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(answer_->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorOf(answer_->status())->retry_after().seconds(), 40);
}

TEST_F(InthingStreamTest, WaitsUntilTheWindowEnds) {
  Open(absl::Seconds(60));
  Add(TextPost("x"));
  Respond(kLimited);
  EXPECT_FALSE(answer_.has_value());
  executor_.Advance(absl::Seconds(40));
  EXPECT_EQ(http_.requests().size(), 1);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(http_.requests().size(), 2);
  Respond(kOk);
  EXPECT_TRUE(answer_->ok());
}

TEST_F(InthingStreamTest, WaitsNoLongerThanAllowedInAll) {
  Open(absl::Seconds(60));
  Add(TextPost("x"));
  Respond(kLimited);
  executor_.Advance(absl::Seconds(41));
  // Another minute would be 101 s in all.
  Respond(kLimited);
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(ErrorClassOf(answer_->status()), v1::Error::RATE_LIMITED);
}

TEST_F(InthingStreamTest, ACallThatWaitsCanBeDropped) {
  Open(absl::Minutes(60));
  Add(TextPost("x"));
  Respond(kLimited);
  call_.reset();
  executor_.Advance(absl::Minutes(2));
  EXPECT_EQ(http_.requests().size(), 1);
  EXPECT_FALSE(answer_.has_value());
}

}  // namespace
}  // namespace sluice::inthing
