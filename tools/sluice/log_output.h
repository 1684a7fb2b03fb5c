// What the subcommands of `sluice log` print.
#ifndef TOOLS_SLUICE_LOG_OUTPUT_H_
#define TOOLS_SLUICE_LOG_OUTPUT_H_

#include <ostream>
#include <string>

#include "boost/json.hpp"
#include "tools/sluice/log_report.h"

namespace sluice {

boost::json::object ToJson(const LogReport& report);
boost::json::object ToJson(const LogVerification& verification);
boost::json::object ToJson(const std::string& pipeline,
                           const LogRepair& repair);

void PrintReport(const LogReport& report, std::ostream& out);
void PrintVerification(const LogVerification& verification, std::ostream& out);
void PrintRepair(const std::string& pipeline, const LogRepair& repair,
                 std::ostream& out);

// "event 7", "events 7 to 9".
std::string RangeText(const EventRange& range);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOG_OUTPUT_H_
