#include "tests/monitoring/monitored_process.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"
#include "tests/testing/loopback_client.h"

namespace sluice {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

}  // namespace

MonitoredProcess::MonitoredProcess(const std::string& data_dir,
                                   const std::string& pipelines) {
  CHECK(RegisterBuiltinPlugins(registry_).ok());
  const std::string config =
      absl::StrCat("data_dir: ", data_dir,
                   "\nmonitoring: {listen: \"127.0.0.1:0\"}\npipelines:\n",
                   absl::Substitute(pipelines, data_dir));
  const LoadResult loaded =
      LoadConfigText(config, "test.yaml", registry_, ProcessEnvironment());
  for (const ConfigProblem& problem : loaded.problems) {
    LOG(ERROR) << problem.ToString();
  }
  CHECK(loaded.ok());
  auto process = Process::Start(loaded.loaded->spec);
  CHECK(process.ok()) << process.status();
  process_ = *std::move(process);
  const std::string address = process_->monitoring_address();
  int port = 0;
  CHECK(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  port_ = static_cast<uint16_t>(port);
}

std::string MonitoredProcess::Get(const std::string& path,
                                  const std::string& headers) const {
  LoopbackClient client(port_);
  client.Send(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: h\r\n", headers,
                           "Connection: close\r\n\r\n"));
  return client.ReadToEnd();
}

std::string MonitoredProcess::Body(const std::string& path,
                                   const std::string& headers) const {
  const std::string answer = Get(path, headers);
  const size_t end = answer.find("\r\n\r\n");
  return end == answer.npos ? "" : answer.substr(end + 4);
}

std::string MonitoredProcess::Await(
    const std::string& path,
    absl::FunctionRef<bool(const std::string&)> wanted) const {
  const absl::Time give_up = absl::Now() + kPatience;
  std::string answer = Get(path);
  while (!wanted(answer) && absl::Now() < give_up) answer = Get(path);
  return answer;
}

}  // namespace sluice
