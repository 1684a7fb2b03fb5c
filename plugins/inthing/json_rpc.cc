#include "plugins/inthing/json_rpc.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "plugins/inthing/inthing_error.h"
#include "plugins/inthing/text_limits.h"
#include "simdjson.h"
#include "storage/base/status_macros.h"

namespace sluice::inthing {
namespace {

using simdjson::SUCCESS;
using Element = simdjson::dom::element;
using Object = simdjson::dom::object;

// Of an answer that makes no sense, enough to see what it is.
constexpr size_t kSnippetBytes = 120;

void AppendCall(const RpcCall& call, int64_t id, std::string* out) {
  out->append(R"({"jsonrpc": "2.0", "method": )");
  AppendJsonString(call.method, out);
  absl::StrAppend(out, ", \"params\": ", call.params);
  if (!call.is_notification) absl::StrAppend(out, ", \"id\": ", id);
  out->push_back('}');
}

absl::Status BadResponse(const HttpResponse& response, const char* why) {
  v1::Error error;
  error.set_error_class(v1::Error::BAD_RESPONSE);
  error.set_http_status(response.status);
  return MakeError(
      absl::StatusCode::kUnknown,
      absl::StrCat("unable to understand the service's answer (HTTP ",
                   response.status, "): ", why, ": ",
                   OneLine(response.body.substr(0, kSnippetBytes))),
      error);
}

// What the official client says when the server does not.
std::string StandardMessage(int64_t code) {
  switch (code) {
    case -32700:
      return "Parse error";
    case -32600:
      return "Invalid Request";
    case -32601:
      return "Method not found";
    case -32602:
      return "Invalid params";
    case -32603:
      return "Internal error";
    default:
      return "the server did not supply further information";
  }
}

absl::Status ServerError(const HttpResponse& response, Element element) {
  v1::Error error;
  error.set_error_class(v1::Error::STREAM_ERROR);
  error.set_http_status(response.status);
  int64_t code = 0;
  if (element["code"].get_int64().get(code) == SUCCESS) {
    error.set_rpc_code(code);
  }
  Element data;
  if (element["data"].get(data) == SUCCESS && !data.is_null()) {
    error.set_rpc_data(simdjson::minify(data));
  }
  std::string_view message;
  const bool said = element["message"].get_string().get(message) == SUCCESS;
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   said ? std::string(message) : StandardMessage(code), error);
}

// REQUIRES: `answer` is an object. Nullopt: no answer with a number as its id.
std::optional<int64_t> IdOf(Object answer) {
  int64_t id = 0;
  if (answer["id"].get_int64().get(id) != SUCCESS) return std::nullopt;
  return id;
}

RpcResult ResultOf(const HttpResponse& response, Object answer) {
  std::string_view version;
  if (answer["jsonrpc"].get_string().get(version) != SUCCESS ||
      version != "2.0") {
    return BadResponse(response, "it is no JSON-RPC 2.0");
  }
  Element error;
  if (answer["error"].get(error) == SUCCESS) {
    return ServerError(response, error);
  }
  Element result;
  if (answer["result"].get(result) != SUCCESS) return "null";
  return std::string(simdjson::minify(result));
}

absl::StatusOr<std::map<int64_t, RpcResult>> AnswersById(
    const HttpResponse& response) {
  std::map<int64_t, RpcResult> by_id;
  // Notifications alone are answered with nothing.
  if (response.body.empty()) return by_id;
  simdjson::dom::parser parser;
  Element root;
  if (parser.parse(response.body).get(root) != SUCCESS) {
    return BadResponse(response, "it is no JSON");
  }
  Object whole;
  if (root.get_object().get(whole) == SUCCESS) {
    // One error for all of them.
    SLUICE_RETURN_IF_ERROR(ResultOf(response, whole).status());
  }
  simdjson::dom::array answers;
  if (root.get_array().get(answers) != SUCCESS) {
    return BadResponse(response, "it is no array");
  }
  for (const Element element : answers) {
    Object answer;
    if (element.get_object().get(answer) != SUCCESS) continue;
    if (const std::optional<int64_t> id = IdOf(answer)) {
      by_id.emplace(*id, ResultOf(response, answer));
    }
  }
  return by_id;
}

}  // namespace

std::string RpcBody(const RpcCall& call, int64_t first_id) {
  std::string body;
  AppendCall(call, first_id, &body);
  return body;
}

std::string RpcBatchBody(absl::Span<const RpcCall> calls, int64_t first_id) {
  std::string body = "[";
  for (const RpcCall& call : calls) {
    if (body.size() > 1) body.append(", ");
    AppendCall(call, first_id, &body);
    if (!call.is_notification) ++first_id;
  }
  return body + "]";
}

RpcResult ReadRpcAnswer(const HttpResponse& response, int64_t id) {
  simdjson::dom::parser parser;
  Object answer;
  if (parser.parse(response.body).get_object().get(answer) != SUCCESS) {
    return BadResponse(response, "it is no JSON object");
  }
  Element ignored;
  const bool failed_early =
      answer["error"].get(ignored) == SUCCESS && answer["id"].is_null();
  // A request that the server could not read is answered without its id.
  if (!failed_early && IdOf(answer) != id) {
    return BadResponse(response, "its id does not match");
  }
  return ResultOf(response, answer);
}

absl::StatusOr<std::vector<RpcResult>> ReadRpcBatchAnswer(
    const HttpResponse& response, absl::Span<const RpcCall> calls,
    int64_t first_id) {
  SLUICE_ASSIGN_OR_RETURN(const auto answers, AnswersById(response));
  std::vector<RpcResult> results;
  for (const RpcCall& call : calls) {
    if (call.is_notification) {
      results.emplace_back("null");
      continue;
    }
    const auto found = answers.find(first_id++);
    results.push_back(found == answers.end()
                          ? BadResponse(response, "a call has no answer")
                          : found->second);
  }
  return results;
}

}  // namespace sluice::inthing
