// JSON-RPC 2.0 as the web framework of inthing.io answers it
// (https://github.com/moyaproject/moya at c4caeac1,
// moya/libs/jsonrpc/py/jsonrpcelements.py).
#ifndef TOOLS_SANDBOX_INTHING_JSON_RPC_SERVER_H_
#define TOOLS_SANDBOX_INTHING_JSON_RPC_SERVER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "boost/json.hpp"

namespace sluice::sandbox {

struct RpcError {
  int code = 0;
  std::string message;
  boost::json::value data = nullptr;  // left out when null
};

struct RpcParameter {
  std::string_view name;
  // "string", "number", "bool", "list", "object" or "anything".
  std::string_view type;
  bool required = false;
};

// A method as it is offered. Its parameters are checked before `call`, which
// gets those that are there, and others.
struct RpcMethod {
  using Outcome = std::variant<boost::json::value, RpcError>;
  std::string_view name;
  std::vector<RpcParameter> parameters;
  std::function<Outcome(const boost::json::object& params)> call;
};

// The answer to `body`: one object, an array for a batch, or nothing when all
// of it were notifications. Never fails; nesting over 32 levels is a parse
// error. A batch over 1,000 calls is refused as a whole.
std::string AnswerJsonRpc(std::string_view body,
                          const std::vector<RpcMethod>& methods);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_JSON_RPC_SERVER_H_
