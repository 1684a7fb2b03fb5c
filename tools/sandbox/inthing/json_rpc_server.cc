#include "tools/sandbox/inthing/json_rpc_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxBatch = 1000;

std::string_view TypeName(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return "string";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "number";
    case json::kind::bool_:
      return "bool";
    case json::kind::array:
      return "list";
    case json::kind::object:
      return "object";
    case json::kind::null:
      return "anything";
  }
  return "anything";
}

json::value ErrorObject(const RpcError& error, json::value id) {
  json::object details{{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) details["data"] = error.data;
  return json::object{
      {"jsonrpc", "2.0"}, {"error", std::move(details)}, {"id", std::move(id)}};
}

std::optional<RpcError> CheckParameters(const RpcMethod& method,
                                        const json::object& params) {
  for (const RpcParameter& parameter : method.parameters) {
    const json::value* value = params.if_contains(parameter.name);
    if (value == nullptr) {
      if (!parameter.required) continue;
      return RpcError{-32602, absl::StrCat("'", ToAbsl(parameter.name),
                                           "' is a required parameter")};
    }
    const std::string_view type = TypeName(*value);
    if (parameter.type != "anything" && type != parameter.type) {
      return RpcError{-32602,
                      absl::StrCat("parameter '", ToAbsl(parameter.name),
                                   "' should be type ", ToAbsl(parameter.type),
                                   ", not type ", ToAbsl(type))};
    }
  }
  return std::nullopt;
}

RpcMethod::Outcome Run(const json::object& call,
                       const std::vector<RpcMethod>& methods) {
  const json::value* version = call.if_contains("jsonrpc");
  const json::value* params = call.if_contains("params");
  const json::value* name = call.if_contains("method");
  if (version == nullptr) {
    return RpcError{-32600, "Invalid request - value for 'jsonrpc' expected"};
  }
  if (!IsText(version, "2.0")) {
    return RpcError{
        -32600,
        "Invalid request - this server supports only JSON-RPC specification "
        "2.0 (see http://www.jsonrpc.org/specification)"};
  }
  if (params != nullptr && !params->is_object()) {
    return RpcError{-32602,
                    "Invalid params - this server only supports parameters "
                    "by-name"};
  }
  if (name == nullptr) {
    return RpcError{-32600, "Invalid request - value for 'method' expected"};
  }
  const json::object none;
  const json::object& given = params == nullptr ? none : params->get_object();
  const std::string wanted(name->get_string());
  for (const RpcMethod& method : methods) {
    if (method.name != wanted) continue;
    if (auto error = CheckParameters(method, given)) return *std::move(error);
    return method.call(given);
  }
  return RpcError{-32601, absl::StrCat("Method not found - no method called '",
                                       wanted, "'")};
}

// Nullopt: nothing is to be said.
std::optional<json::value> Answer(const json::value& element,
                                  const std::vector<RpcMethod>& methods) {
  if (!element.is_object()) {
    return ErrorObject({-32600, "Invalid request - object expected"}, nullptr);
  }
  const json::object& call = element.get_object();
  const json::value* method = call.if_contains("method");
  if (method != nullptr && !method->is_string()) {
    return ErrorObject(
        {-32600, "Invalid request - 'method' should be a string"}, nullptr);
  }
  const json::value* id = call.if_contains("id");
  RpcMethod::Outcome outcome = Run(call, methods);
  // A notification: errors are dropped too.
  if (id == nullptr) return std::nullopt;
  if (const RpcError* error = std::get_if<RpcError>(&outcome)) {
    return ErrorObject(*error, *id);
  }
  json::object answer{{"jsonrpc", "2.0"},
                      {"result", std::get<json::value>(std::move(outcome))}};
  if (!id->is_null()) answer["id"] = *id;
  return answer;
}

}  // namespace

std::string AnswerJsonRpc(std::string_view body,
                          const std::vector<RpcMethod>& methods) {
  if (!IsUtf8(body)) {
    return JsonText(ErrorObject({-32700, "the body is not UTF-8"}, nullptr));
  }
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error) {
    return JsonText(ErrorObject({-32700, error.message()}, nullptr));
  }
  if (parsed.is_object()) {
    const auto answer = Answer(parsed, methods);
    return answer.has_value() ? JsonText(*answer) : "";
  }
  if (!parsed.is_array()) {
    return JsonText(ErrorObject(
        {-32600, "Invalid request - list or object expected"}, nullptr));
  }
  const json::array& calls = parsed.get_array();
  json::array answers;
  if (calls.empty()) {
    answers.push_back(ErrorObject({-32600, "Invalid request"}, nullptr));
  }
  if (calls.size() > kMaxBatch) {
    answers.push_back(ErrorObject(
        {-32600, absl::StrCat("Invalid request - a batch has at most ",
                              kMaxBatch, " calls")},
        nullptr));
    return JsonText(answers);
  }
  for (const json::value& call : calls) {
    if (auto answer = Answer(call, methods)) {
      answers.push_back(*std::move(answer));
    }
  }
  return answers.empty() ? "" : JsonText(answers);
}

}  // namespace sluice::sandbox
