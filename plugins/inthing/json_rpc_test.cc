#include "plugins/inthing/json_rpc.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

using v1::Error;

RpcResult Read(std::string body) {
  return ReadRpcAnswer({.status = 200, .body = std::move(body)});
}

// The bytes that inthing 0.1.7a0 puts on the wire.
TEST(JsonRpcTest, AsksAsTheOfficialClientDoes) {
  EXPECT_EQ(RpcBody({.method = "stream.new"}),
            R"({"jsonrpc": "2.0", "method": "stream.new", "params": {}, )"
            R"("id": 2})");
  EXPECT_EQ(
      RpcBatchBody({{.method = "m1", .params = R"({"foo": "bar"})"},
                    {.method = "m2"},
                    {.method = "m3", .is_notification = true}}),
      R"([{"jsonrpc": "2.0", "method": "m1", "params": {"foo": "bar"}, )"
      R"("id": 2}, {"jsonrpc": "2.0", "method": "m2", "params": {}, "id": 3}, )"
      R"({"jsonrpc": "2.0", "method": "m3", "params": {}}])");
}

TEST(JsonRpcTest, ReadsAResult) {
  EXPECT_EQ(*Read(R"({"jsonrpc": "2.0", "result": {"a": [1, "x"]}, "id": 2})"),
            R"({"a":[1,"x"]})");
  EXPECT_EQ(*Read(R"({"jsonrpc":"2.0","id":2})"), "null");
}

TEST(JsonRpcTest, AnErrorOfTheServerKeepsItsCodeAndData) {
  const absl::Status status =
      Read(R"({"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"no",)"
           R"("data":{"foo":"bar"}}})")
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "no");
  const std::optional<Error> error = ErrorOf(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->error_class(), Error::STREAM_ERROR);
  EXPECT_EQ(error->rpc_code(), 1);
  EXPECT_EQ(error->rpc_data(), R"({"foo":"bar"})");
}

TEST(JsonRpcTest, AnErrorWithoutWordsHasTheStandardOnes) {
  const auto message = [](const std::string& code) {
    return std::string(
        Read(R"({"jsonrpc":"2.0","id":null,"error":{"code":)" + code + "}}")
            .status()
            .message());
  };
  EXPECT_EQ(message("-32700"), "Parse error");
  EXPECT_EQ(message("-32600"), "Invalid Request");
  EXPECT_EQ(message("-32601"), "Method not found");
  EXPECT_EQ(message("-32602"), "Invalid params");
  EXPECT_EQ(message("-32603"), "Internal error");
  EXPECT_EQ(message("7"), "the server did not supply further information");
}

TEST(JsonRpcTest, WhatIsNoAnswerIsABadResponse) {
  for (const char* body :
       {"", "<html>", "[]", "{}", R"({"jsonrpc":"1.0","id":2,"result":1})",
        R"({"jsonrpc":"2.0","id":3,"result":1})", R"({"id":2,"result":1})",
        R"({"jsonrpc":"2.0","id":"2","result":1})",
        R"({"jsonrpc":"2.0","result":1})"}) {
    const absl::Status status = Read(body).status();
    EXPECT_EQ(ErrorClassOf(status), Error::BAD_RESPONSE) << body;
    EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << body;
  }
}

TEST(JsonRpcTest, ABatchIsAnsweredInAnyOrder) {
  const std::vector<RpcCall> calls = {{.method = "a"},
                                      {.method = "b", .is_notification = true},
                                      {.method = "c"},
                                      {.method = "d"}};
  const auto results = ReadRpcBatchAnswer(
      {.status = 200,
       .body = R"([{"jsonrpc":"2.0","id":3,"error":{"code":1}},)"
               R"({"jsonrpc":"2.0","id":2,"result":"x"}, 7])"},
      calls);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 4);
  EXPECT_EQ(*(*results)[0], R"("x")");
  EXPECT_EQ(*(*results)[1], "null");
  EXPECT_EQ(ErrorClassOf((*results)[2].status()), Error::STREAM_ERROR);
  EXPECT_EQ(ErrorClassOf((*results)[3].status()), Error::BAD_RESPONSE);
}

TEST(JsonRpcTest, ABatchCanFailAsAWhole) {
  const auto read = [](const char* body) {
    return ErrorClassOf(
        ReadRpcBatchAnswer({.status = 200, .body = body}, {}).status());
  };
  EXPECT_EQ(read(""), Error::CLASS_UNSPECIFIED);
  EXPECT_EQ(read("{"), Error::BAD_RESPONSE);
  EXPECT_EQ(read("7"), Error::BAD_RESPONSE);
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","result":1,"id":2})"),
            Error::BAD_RESPONSE);
  EXPECT_EQ(read(R"({"jsonrpc":"2.0","error":{"code":-32700},"id":null})"),
            Error::STREAM_ERROR);
}

}  // namespace
}  // namespace sluice::inthing
