// The log of the process: lines on stderr.
#ifndef TOOLS_SLUICE_LOGGING_H_
#define TOOLS_SLUICE_LOGGING_H_

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

// Adds `--log-level error|warning|info|debug`.
void AddLogLevelOption(CLI::App& app, LogLevel* level);

// Sends everything logged with glog to stderr, in lines like
//   2024-05-01T12:00:00.123Z WARNING http_client.cc:42] connection refused
// `debug` adds VLOG(1). Once per process.
void InitLogging(const char* program, LogLevel level);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOGGING_H_
