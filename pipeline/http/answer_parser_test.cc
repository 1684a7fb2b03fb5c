#include "pipeline/http/answer_parser.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// Writes down what it is given: "200 A=b|piece|piece".
class Recorder final : public AnswerParser::Receiver {
 public:
  void OnHead(int status, HttpHeaders headers) override {
    absl::StrAppend(&heard, status);
    for (const auto& [name, value] : headers) {
      absl::StrAppend(&heard, " ", name, "=", value);
    }
  }
  void OnPiece(std::string_view piece) override {
    heard.append("|").append(piece);
  }
  bool wants_pause() const override { return paused; }

  std::string heard;
  bool paused = false;
};

class AnswerParserTest : public testing::Test {
 protected:
  Recorder recorder_;
  AnswerParser parser_{&recorder_};
};

TEST_F(AnswerParserTest, TakesAWholeAnswer) {
  ASSERT_TRUE(
      parser_.Put("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nok")
          .ok());
  EXPECT_EQ(recorder_.heard, "200 A=b Content-Length=2|ok");
  EXPECT_TRUE(parser_.done());
  EXPECT_TRUE(parser_.keeps_connection());
}

TEST_F(AnswerParserTest, TakesAnAnswerByteByByte) {
  const std::string_view answer =
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\na\r\n1\r\nb\r\n0\r\nTrailer: t\r\n\r\n";
  for (const char byte : answer) {
    EXPECT_FALSE(parser_.done());
    ASSERT_TRUE(parser_.Put({&byte, 1}).ok());
  }
  EXPECT_EQ(recorder_.heard, "404 Transfer-Encoding=chunked|a|b");
  EXPECT_TRUE(parser_.keeps_connection());
}

TEST_F(AnswerParserTest, AnAnswerWithoutALengthEndsWithTheConnection) {
  ASSERT_TRUE(parser_.Put("HTTP/1.1 200 OK\r\n\r\nsome").ok());
  ASSERT_TRUE(parser_.Put(" more").ok());
  EXPECT_FALSE(parser_.done());
  EXPECT_TRUE(parser_.PutEnd().ok());
  EXPECT_EQ(recorder_.heard, "200|some| more");
  EXPECT_TRUE(parser_.done());
  EXPECT_FALSE(parser_.keeps_connection());
}

TEST_F(AnswerParserTest, HalfAnAnswerIsNone) {
  EXPECT_FALSE(AnswerParser(&recorder_).PutEnd().ok());
  for (const char* half : {"HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Le",
                           "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                           "HTTP/1.1 100 Continue\r\n\r\n"}) {
    AnswerParser parser(&recorder_);
    EXPECT_TRUE(parser.Put(half).ok());
    EXPECT_TRUE(parser.begun());
    EXPECT_FALSE(parser.PutEnd().ok()) << half;
  }
}

TEST_F(AnswerParserTest, RefusesWhatIsNotHttp) {
  for (const char* text :
       {"220 mail.example ESMTP\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}) {
    EXPECT_FALSE(AnswerParser(&recorder_).Put(text).ok()) << text;
  }
  AnswerParser endless(&recorder_);
  ASSERT_TRUE(endless.Put("HTTP/1.1 200 OK\r\nX: ").ok());
  EXPECT_FALSE(endless.Put(std::string(1 << 20, 'x')).ok());
}

TEST_F(AnswerParserTest, StopsForAPauseAndGoesOn) {
  recorder_.paused = true;
  ASSERT_TRUE(
      parser_.Put("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab").ok());
  EXPECT_EQ(recorder_.heard, "200 Content-Length=4");
  recorder_.paused = false;
  ASSERT_TRUE(parser_.Put("").ok());
  ASSERT_TRUE(parser_.Put("cd").ok());
  EXPECT_EQ(recorder_.heard, "200 Content-Length=4|ab|cd");
  EXPECT_TRUE(parser_.keeps_connection());
}

TEST_F(AnswerParserTest, ClosesAfterBytesThatNobodyAskedFor) {
  ASSERT_TRUE(
      parser_.Put("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 2")
          .ok());
  EXPECT_TRUE(parser_.done());
  EXPECT_FALSE(parser_.keeps_connection());
}

TEST_F(AnswerParserTest, ClosesWhenTheServerSaysSo) {
  ASSERT_TRUE(parser_
                  .Put("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                       "Content-Length: 0\r\n\r\n")
                  .ok());
  EXPECT_TRUE(parser_.done());
  EXPECT_FALSE(parser_.keeps_connection());
}

}  // namespace
}  // namespace sluice
