#include "pipeline/http/http_answer.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

HttpServerRequest With(std::string name, std::string value) {
  HttpServerRequest request;
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

TEST(HttpAnswerTest, ComeAgainSaysWhen) {
  const HttpResponse answer = ComeAgain("the queue is full");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(FindHeader(answer.headers, "Retry-After"), "5");
  EXPECT_EQ(answer.body, "the queue is full\n");
}

TEST(HttpAnswerTest, MediaTypeIsWithoutParametersAndCase) {
  EXPECT_EQ(MediaType({}), "");
  for (const char* value :
       {"application/json", "Application/JSON; charset=utf-8",
        " application/json ;x=y"}) {
    EXPECT_EQ(MediaType(With("content-type", value)), "application/json")
        << value;
  }
  EXPECT_EQ(MediaType(With("Content-Type", "")), "");
}

TEST(HttpAnswerTest, OnlyIdentityIsNoEncoding) {
  EXPECT_FALSE(IsEncoded({}));
  EXPECT_FALSE(IsEncoded(With("Content-Encoding", "Identity")));
  EXPECT_TRUE(IsEncoded(With("content-encoding", "gzip")));
}

}  // namespace
}  // namespace sluice
