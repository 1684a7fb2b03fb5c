// A real process that serves its metrics and health, asked over HTTP.
#ifndef TESTS_MONITORING_MONITORED_PROCESS_H_
#define TESTS_MONITORING_MONITORED_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/runtime/process.h"

namespace sluice {

// Runs a configuration with the built-in plugins until it is destroyed. Checks
// that it starts.
class MonitoredProcess {
 public:
  // `pipelines` is that part of the configuration; "$0" in it stands for
  // `data_dir`.
  MonitoredProcess(const std::string& data_dir, const std::string& pipelines);

  // The whole answer to a GET; `headers` are lines with their ends.
  std::string Get(const std::string& path,
                  const std::string& headers = "") const;
  // The body alone.
  std::string Body(const std::string& path,
                   const std::string& headers = "") const;
  // Asks until the answer is as wanted, which may take a second for every
  // change. Gives the last answer after half a minute.
  std::string Await(const std::string& path,
                    absl::FunctionRef<bool(const std::string&)> wanted) const;

  Process& process() { return *process_; }

 private:
  PluginRegistry registry_;
  std::unique_ptr<Process> process_;
  uint16_t port_ = 0;
};

}  // namespace sluice

#endif  // TESTS_MONITORING_MONITORED_PROCESS_H_
