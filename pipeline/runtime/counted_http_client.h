// Counts the HTTP requests of one component by how they ended.
#ifndef PIPELINE_RUNTIME_COUNTED_HTTP_CLIENT_H_
#define PIPELINE_RUNTIME_COUNTED_HTTP_CLIENT_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/http/http_client.h"
#include "pipeline/metrics/metrics.h"

namespace sluice {

// Hands everything on to another client. A request counts once it has ended:
// as the class of its status ("2xx"), as the code of its failure
// ("unavailable"), or as "cancelled" when the component gave it up.
class CountedHttpClient final : public HttpClient {
 public:
  // `client` and `registry` outlive this. `labels` are the component's.
  CountedHttpClient(HttpClient* client, MetricRegistry* registry,
                    std::string name, MetricLabels labels);

  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler) override;

 private:
  class Call;

  void Count(std::string_view result);

  HttpClient* const client_;
  MetricRegistry* const registry_;
  const std::string name_;
  const MetricLabels labels_;
  std::map<std::string, Counter*, std::less<>> counters_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_COUNTED_HTTP_CLIENT_H_
