// The network of the emulated Disruptive Technologies API's pushes.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_PUSH_TRANSPORT_H_
#define TOOLS_SANDBOX_DISRUPTIVE_PUSH_TRANSPORT_H_

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_loop.h"
#include "tools/sandbox/disruptive/connector_pusher.h"

namespace sluice::sandbox {

// Sends requests from a thread of its own, which begins with the first of them,
// and brings answers back to an executor.
class PushTransport {
 public:
  // `executor` outlives its answers: they are posted to it until Stop().
  explicit PushTransport(Executor* executor) : executor_(executor) {}
  ~PushTransport() { Stop(); }

  // On the executor.
  void Send(HttpRequest request, ConnectorPusher::Done done);
  // Breaks off what is under way and ends the thread. On the executor.
  void Stop();

 private:
  void SendThere(HttpRequest request, ConnectorPusher::Done done);

  Executor* const executor_;
  std::unique_ptr<HttpLoop> loop_;
  // On the loop's thread.
  absl::flat_hash_map<uint64_t, std::unique_ptr<HttpCall>> calls_;
  uint64_t next_call_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_PUSH_TRANSPORT_H_
