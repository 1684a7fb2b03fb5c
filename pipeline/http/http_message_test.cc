#include "pipeline/http/http_message.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(784111777);

TEST(HttpMessageTest, FormatsAHeadWithALength) {
  EXPECT_EQ(FormatHead(200, {{"Content-Type", "text/plain"}},
                       {HttpFraming::Kind::kLength, 5}, false, kNow),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Length: 5\r\n"
            "\r\n");
}

TEST(HttpMessageTest, FramingHeadersOfTheCallerGiveWay) {
  EXPECT_EQ(FormatHead(200,
                       {{"content-length", "99"},
                        {"Transfer-Encoding", "gzip"},
                        {"Date", "x"}},
                       {HttpFraming::Kind::kChunked, 0}, true, kNow),
            "HTTP/1.1 200 OK\r\n"
            "Date: x\r\n"
            "Transfer-Encoding: chunked\r\n"
            "Connection: close\r\n"
            "\r\n");
}

TEST(HttpMessageTest, ALineBreakInAValueStartsNoHeader) {
  const std::string head = FormatHead(
      299, {{"X", "a\r\nSet-Cookie: b"}, {"Date", "d"}}, {}, false, kNow);
  EXPECT_NE(head.find("X: a  Set-Cookie: b\r\n"), std::string::npos) << head;
}

TEST(HttpMessageTest, KnowsWhichStatusesHaveNoBody) {
  EXPECT_TRUE(StatusForbidsBody(100));
  EXPECT_TRUE(StatusForbidsBody(204));
  EXPECT_TRUE(StatusForbidsBody(304));
  EXPECT_FALSE(StatusForbidsBody(200));
  EXPECT_FALSE(StatusForbidsBody(404));
}

TEST(HttpMessageTest, FormatsChunks) {
  EXPECT_EQ(FormatChunk("hello world, hello"), "12\r\nhello world, hello\r\n");
}

TEST(HttpMessageTest, TheDateOfADateReadsBackTheSame) {
  EXPECT_EQ(ParseRetryAfter(FormatHttpDate(kNow), kNow - absl::Seconds(7)),
            absl::Seconds(7));
}

}  // namespace
}  // namespace sluice
