// Metrics and health of a process over HTTP.
#ifndef PIPELINE_MONITORING_MONITORING_SERVER_H_
#define PIPELINE_MONITORING_MONITORING_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/monitoring/thread_watch.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/status.pb.h"

namespace sluice {

// Answers GET and HEAD of
//   /metrics  every number there is, in a format of Prometheus
//   /healthz  200 while all threads answer, else 503: for who restarts a
//             process that hangs
//   /readyz   200 while every pipeline does its work, else 503, with reasons:
//             for who waits for it or wants to know
// docs/metrics.md and docs/operations.md describe them.
//
// It cannot slow the pipelines down, whatever its clients do: it has a thread
// of its own, of low priority, which takes a snapshot at most once a second,
// under locks that nobody holds for longer than it takes to copy some numbers;
// requests between two snapshots are answered from memory. Connections, the
// bytes of a request, and the time that a client takes to send one or to read
// its answer are bounded.
//
// Thread-safety: as an int.
class MonitoringServer {
 public:
  // What is shown. All of it outlives the server.
  struct Parts {
    // Called on the server's thread.
    std::function<admin::v1::ProcessStatus()> status;
    // Its own requests are counted there, too.
    MetricRegistry* metrics = nullptr;
    std::string data_dir;
    std::vector<ThreadWatch::Thread> threads;
    // How old an answer may be.
    absl::Duration max_age = absl::Seconds(1);
  };

  // Listens when this returns.
  //   errors of HttpServer::Start, with "monitoring.listen" before them
  static absl::StatusOr<std::unique_ptr<MonitoringServer>> Start(
      const MonitoringSpec& spec, Parts parts);

  // Closes every connection and joins its thread.
  virtual ~MonitoringServer() = default;

  // Where it listens: "127.0.0.1:9464", "[::1]:9464".
  virtual std::string address() const = 0;
};

}  // namespace sluice

#endif  // PIPELINE_MONITORING_MONITORING_SERVER_H_
