// HTTP requests of a component of a library.
#ifndef PIPELINE_ABI_HOST_HTTP_CALLS_H_
#define PIPELINE_ABI_HOST_HTTP_CALLS_H_

#include <cstdint>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/abi/plugin_abi.h"
#include "pipeline/http/http_client.h"

namespace sluice::abi {

// The requests that one component has under way, by number.
//
// Thread-safety: used on the component's executor. Destroying it cancels all.
class HttpCalls {
 public:
  // `client` outlives this; null: there is no HTTP here.
  explicit HttpCalls(HttpClient* client);
  ~HttpCalls();

  // Sends a request; the functions of `handler` are called with its answer.
  // Returns its number.
  //   kInvalidArgument: request or handler cannot be read.
  //   kUnavailable: there is no HTTP here.
  absl::StatusOr<uint64_t> Start(const SluiceHttpRequest* request,
                                 const SluiceHttpHandler* handler);

  // Nothing happens if there is no such request (any more).
  void Cancel(uint64_t number);
  void Pause(uint64_t number);
  void Resume(uint64_t number);

 private:
  class Call;

  HttpClient* const client_;
  uint64_t last_ = 0;
  std::map<uint64_t, std::unique_ptr<Call>> calls_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_HTTP_CALLS_H_
