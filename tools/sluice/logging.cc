#include "tools/sluice/logging.h"

#include <cstdio>
#include <map>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "glog/logging.h"

namespace sluice {
namespace {

void WritePrefix(std::ostream& out, const google::LogMessageInfo& info, void*) {
  const google::LogMessageTime& time = info.time;
  char text[96];  // Whatever the numbers are.
  std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                time.year() + 1900, time.month() + 1, time.day(), time.hour(),
                time.min(), time.sec(), time.usec() / 1000);
  out << text << ' ' << info.severity << ' ' << info.filename << ':'
      << info.line_number << ']';
}

}  // namespace

void AddLogLevelOption(CLI::App& app, LogLevel* level) {
  const std::map<std::string, LogLevel> levels = {
      {"error", LogLevel::kError},
      {"warning", LogLevel::kWarning},
      {"info", LogLevel::kInfo},
      {"debug", LogLevel::kDebug}};
  app.add_option_function<std::string>(
         "--log-level",
         [level, levels](const std::string& name) { *level = levels.at(name); },
         "error, warning, info (the default) or debug; the log goes to stderr")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->type_name("LEVEL");
}

void InitLogging(const char* program, LogLevel level) {
  FLAGS_logtostderr = true;
  FLAGS_log_utc_time = true;
  FLAGS_v = level == LogLevel::kDebug ? 1 : 0;
  switch (level) {
    case LogLevel::kError:
      FLAGS_minloglevel = google::GLOG_ERROR;
      break;
    case LogLevel::kWarning:
      FLAGS_minloglevel = google::GLOG_WARNING;
      break;
    case LogLevel::kInfo:
    case LogLevel::kDebug:
      FLAGS_minloglevel = google::GLOG_INFO;
  }
  google::InitGoogleLogging(program, WritePrefix, nullptr);
}

}  // namespace sluice
