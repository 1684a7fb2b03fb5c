#include "tools/sandbox/inthing/json_rpc_server.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

std::vector<RpcMethod> Methods() {
  return {{"echo",
           {{"what", "string", /*required=*/true}, {"times", "number"}},
           [](const json::object& params) -> RpcMethod::Outcome {
             return params.at("what");
           }},
          {"fail", {}, [](const json::object&) -> RpcMethod::Outcome {
             return RpcError{7, "no", {{"foo", "bar"}}};
           }}};
}

std::string Say(const std::string& body) {
  return AnswerJsonRpc(body, Methods());
}

// `call` without its braces, jsonrpc and id.
std::string Call(const std::string& call) {
  return Say(R"({"jsonrpc":"2.0","id":2,)" + call + "}");
}

std::string Error(const std::string& answer) {
  const json::value parsed = json::parse(answer);
  const json::value& error = parsed.at("error");
  return std::to_string(error.at("code").as_int64()) + " " +
         std::string(error.at("message").as_string()) + " " +
         json::serialize(parsed.at("id"));
}

TEST(JsonRpcServerTest, AnswersWithTheIdAsItCame) {
  EXPECT_EQ(Call(R"("method":"echo","params":{"what":"x"})"),
            R"({"jsonrpc":"2.0","result":"x","id":2})");
  EXPECT_EQ(Say(R"({"jsonrpc":"2.0","method":"echo","params":{"what":"x"},)"
                R"("id":"a"})"),
            R"({"jsonrpc":"2.0","result":"x","id":"a"})");
  EXPECT_EQ(Say(R"({"jsonrpc":"2.0","method":"echo","params":{"what":"x"},)"
                R"("id":null})"),
            R"({"jsonrpc":"2.0","result":"x"})");
}

TEST(JsonRpcServerTest, SaysWhatIsWrongInTheServicesWords) {
  EXPECT_EQ(Error(Say("{")).substr(0, 7), "-32700 ");
  EXPECT_EQ(Error(Say("\"\xFF\"")).substr(0, 7), "-32700 ");
  EXPECT_EQ(Error(Say(std::string(100, '['))).substr(0, 7), "-32700 ");
  EXPECT_EQ(Error(Say("1")),
            "-32600 Invalid request - list or object expected null");
  EXPECT_EQ(Error(Say(R"({"method":"echo","id":2})")),
            "-32600 Invalid request - value for 'jsonrpc' expected 2");
  EXPECT_EQ(
      Error(Say(R"({"jsonrpc":"1.0","method":"echo","id":2})")).substr(0, 60),
      "-32600 Invalid request - this server supports only JSON-RPC ");
  EXPECT_EQ(Error(Call(R"("method":"echo","params":[])")),
            "-32602 Invalid params - this server only supports parameters "
            "by-name 2");
  EXPECT_EQ(Error(Say(R"({"jsonrpc":"2.0","id":2})")),
            "-32600 Invalid request - value for 'method' expected 2");
  EXPECT_EQ(Error(Call(R"("method":7)")),
            "-32600 Invalid request - 'method' should be a string null");
  EXPECT_EQ(Error(Call(R"("method":"x")")),
            "-32601 Method not found - no method called 'x' 2");
  EXPECT_EQ(Error(Call(R"("method":"echo")")),
            "-32602 'what' is a required parameter 2");
  EXPECT_EQ(Error(Call(R"("method":"echo","params":{"what":[]})")),
            "-32602 parameter 'what' should be type string, not type list 2");
  EXPECT_EQ(
      Error(Call(R"("method":"echo","params":{"what":"x","times":true})")),
      "-32602 parameter 'times' should be type number, not type bool 2");
}

TEST(JsonRpcServerTest, AnErrorOfAMethodHasItsCodeAndData) {
  const json::value answer = json::parse(Call(R"("method":"fail")"));
  EXPECT_EQ(answer.at("error").at("code"), 7);
  EXPECT_EQ(answer.at("error").at("data").at("foo"), "bar");
}

TEST(JsonRpcServerTest, AnswersBatchesAndKeepsSilentOnNotifications) {
  const std::string call =
      R"({"jsonrpc":"2.0","method":"echo","params":{"what":"x"},"id":1})";
  const std::string notification = R"({"jsonrpc":"2.0","method":"nothing"})";
  EXPECT_EQ(Say(notification), "");
  EXPECT_EQ(Say("[" + notification + "]"), "");
  const json::value answers =
      json::parse(Say("[" + call + "," + notification + ",5]"));
  ASSERT_EQ(answers.as_array().size(), 2u);
  EXPECT_EQ(answers.at(0).at("result"), "x");
  EXPECT_EQ(answers.at(1).at("error").at("message"),
            "Invalid request - object expected");
  EXPECT_EQ(json::parse(Say("[]")).at(0).at("error").at("message"),
            "Invalid request");
  std::string many = "[";
  for (int i = 0; i < 1001; ++i) many += call + ",";
  many.back() = ']';
  EXPECT_EQ(json::parse(Say(many)).as_array().size(), 1u);
}

}  // namespace
}  // namespace sluice::sandbox
