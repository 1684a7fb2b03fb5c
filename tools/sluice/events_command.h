// `sluice tap` and `sluice explain`: events in the logs of a running process.
#ifndef TOOLS_SLUICE_EVENTS_COMMAND_H_
#define TOOLS_SLUICE_EVENTS_COMMAND_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "proto/admin/v1/events.pb.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct TapOptions {
  AdminClientOptions admin;
  OutputFormat output = OutputFormat::kText;
  admin::v1::TapEventsRequest request;
};

struct ExplainOptions {
  AdminClientOptions admin;
  OutputFormat output = OutputFormat::kText;
  admin::v1::ExplainEventRequest request;
};

void AddTapCommand(CLI::App& app, CommandAction* action);
void AddExplainCommand(CLI::App& app, CommandAction* action);

// Each returns an exit code.

// Prints a line for each event until it is told to end.
int TapEvents(const TapOptions& options, std::ostream& out, std::ostream& err);
int ExplainEvent(const ExplainOptions& options, std::ostream& out,
                 std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_EVENTS_COMMAND_H_
