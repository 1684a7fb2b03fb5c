// How many requests HttpLoop and HttpServer exchange per second, and what each
// end costs.
//
//   bazel run -c opt //pipeline/http:http_benchmark -- [body bytes] [in flight]
//       [requests]
#include <pthread.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"

namespace sluice {
namespace {

// CPU time of the calling thread.
double ThreadSeconds() {
  timespec spent = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) +
         static_cast<double>(spent.tv_nsec) / 1e9;
}

double SecondsOn(Executor* executor) {
  double seconds = 0;
  absl::Notification done;
  executor->Post([&] {
    seconds = ThreadSeconds();
    done.Notify();
  });
  done.WaitForNotification();
  return seconds;
}

void Run(size_t body_bytes, int in_flight, int requests) {
  auto server = *HttpServer::Start(
      {}, [](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
        responder->Send({201, {{"Content-Type", "application/json"}}, "{}"});
      });
  auto loop = HttpLoop::Create({});
  const std::string url = absl::StrCat("http://127.0.0.1:", server->port(),
                                       "/api/v1.0/feed/user/1/");
  const std::string body(body_bytes, 'x');

  int started = 0;
  int ended = 0;
  int failed = 0;
  absl::Notification done;
  std::vector<std::unique_ptr<HttpCall>> calls(in_flight);
  std::function<void(int)> next = [&](int slot) {
    if (started == requests) return;
    ++started;
    calls[slot] = loop->Fetch({.method = "POST",
                               .url = url,
                               .headers = {{"Content-Type", "application/json"},
                                           {"Authorization", "token"}},
                               .body = body},
                              [&, slot](HttpResponse, HttpFailure failure) {
                                if (!failure.status.ok()) ++failed;
                                next(slot);
                                if (++ended == requests) done.Notify();
                              });
  };

  const double client_before = SecondsOn(loop.get());
  const double server_before = SecondsOn(&server->executor());
  const absl::Duration start = loop->MonotonicNow();
  loop->Post([&] {
    for (int slot = 0; slot < in_flight; ++slot) next(slot);
  });
  done.WaitForNotification();
  const double wall = absl::ToDoubleSeconds(loop->MonotonicNow() - start);
  const double client = SecondsOn(loop.get()) - client_before;
  const double server_cpu = SecondsOn(&server->executor()) - server_before;
  loop->Stop();
  std::printf(
      "%d requests of %zu bytes, %d in flight, %d failed: %.0f/s\n"
      "client: %.1f us CPU per request (%.0f/s per core)\n"
      "server: %.1f us CPU per request (%.0f/s per core)\n",
      requests, body_bytes, in_flight, failed, requests / wall,
      client / requests * 1e6, requests / client, server_cpu / requests * 1e6,
      requests / server_cpu);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  const size_t body_bytes =
      argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 35'000;
  const int in_flight = argc > 2 ? std::atoi(argv[2]) : 4;
  const int requests = argc > 3 ? std::atoi(argv[3]) : 30'000;
  sluice::Run(body_bytes, in_flight, requests);
}
