// POSTs from an HttpLoop to an HttpServer of the same process, as fast as they
// go.
#ifndef TOOLS_BENCH_POST_LOAD_H_
#define TOOLS_BENCH_POST_LOAD_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::bench {

struct PostLoad {
  uint64_t requests = 0;
  size_t body_bytes = 0;
  // At least 1.
  size_t in_flight = 1;
};

struct PostResult {
  // Requests that were answered 2xx.
  uint64_t answered = 0;
  absl::Duration elapsed;
  // Of the client's thread alone.
  absl::Duration client_cpu;
};

// Blocks until all are answered or failed.
//   errors of HttpServer::Start()
absl::StatusOr<PostResult> RunPostLoad(const PostLoad& load);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_POST_LOAD_H_
