// JSON-RPC 2.0 as inthing.io speaks it at /api/public/
// (https://www.jsonrpc.org/specification; moyaproject/moya at c4caeac1,
// moya/libs/jsonrpc/py/jsonrpcelements.py).
#ifndef PLUGINS_INTHING_JSON_RPC_H_
#define PLUGINS_INTHING_JSON_RPC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "pipeline/http/http_client.h"

namespace sluice::inthing {

struct RpcCall {
  std::string method;
  // A JSON object: the server takes parameters by name alone.
  std::string params = "{}";
  // Its result is not wanted, and does not come.
  bool is_notification = false;
};

// The first id that the official client gives out.
inline constexpr int64_t kFirstRpcId = 2;

// The body of one request, as the official client writes it. Calls get the ids
// `first_id`, `first_id` + 1, ...; notifications none.
std::string RpcBody(const RpcCall& call, int64_t first_id = kFirstRpcId);
std::string RpcBatchBody(absl::Span<const RpcCall> calls,
                         int64_t first_id = kFirstRpcId);

// A result is the JSON text of the answer's member `result`, "null" without
// one. Errors are those of inthing_error.h: STREAM_ERROR when the server says
// so, with its code and data; BAD_RESPONSE when the answer is none of
// JSON-RPC 2.0 or answers something else.
using RpcResult = absl::StatusOr<std::string>;

// What `response` answers to a call with the id `id`.
RpcResult ReadRpcAnswer(const HttpResponse& response, int64_t id = kFirstRpcId);

// One result per call of the batch, in the order of the calls; that of a
// notification is "null". An error: the answer is none to a batch.
absl::StatusOr<std::vector<RpcResult>> ReadRpcBatchAnswer(
    const HttpResponse& response, absl::Span<const RpcCall> calls,
    int64_t first_id = kFirstRpcId);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_JSON_RPC_H_
