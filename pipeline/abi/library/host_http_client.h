// The host's HTTP client, as a component of a library sees it.
#ifndef PIPELINE_ABI_LIBRARY_HOST_HTTP_CLIENT_H_
#define PIPELINE_ABI_LIBRARY_HOST_HTTP_CLIENT_H_

#include <memory>

#include "pipeline/abi/library/host_port.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice::abi {

// Sends through the host, which has SLUICE_CAPABILITY_HTTP. A request that the
// host does not take ends with kUnavailable.
class HostHttpClient final : public HttpClient {
 public:
  HostHttpClient(HostPort port, Executor* executor)
      : port_(port), executor_(executor) {}

  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler) override;

 private:
  const HostPort port_;
  Executor* const executor_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_HOST_HTTP_CLIENT_H_
