// `sluice sinks`: whether a sink of a running process runs, and where in the
// log it stands.
#ifndef TOOLS_SLUICE_SINKS_COMMAND_H_
#define TOOLS_SLUICE_SINKS_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "proto/admin/v1/events.pb.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct SinksOptions {
  AdminClientOptions admin;
  OutputFormat output = OutputFormat::kText;
  std::string pipeline;
  std::string sink;
  absl::Duration grace = absl::Seconds(10);
  admin::v1::LogPlace from;
  admin::v1::LogPlace to;
  admin::v1::EventSelection select;
  double events_per_second = 0;
  bool dry_run = false;
};

void AddSinksCommand(CLI::App& app, CommandAction* action);

// Each returns an exit code.
int PauseSink(const SinksOptions& options, std::ostream& out,
              std::ostream& err);
int ResumeSink(const SinksOptions& options, std::ostream& out,
               std::ostream& err);
int ShowSinkCursor(const SinksOptions& options, std::ostream& out,
                   std::ostream& err);
int RewindSink(const SinksOptions& options, std::ostream& out,
               std::ostream& err);
int SkipSink(const SinksOptions& options, std::ostream& out, std::ostream& err);
// Prints how far it is until it is done.
int ReplayToSink(const SinksOptions& options, std::ostream& out,
                 std::ostream& err);
int ForgetSink(const SinksOptions& options, std::ostream& out,
               std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_SINKS_COMMAND_H_
