// `sluice pipelines`: what of a running process runs.
#ifndef TOOLS_SLUICE_PIPELINES_COMMAND_H_
#define TOOLS_SLUICE_PIPELINES_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct PipelinesOptions {
  AdminClientOptions admin;
  OutputFormat output = OutputFormat::kText;
  std::string pipeline;
  absl::Duration grace = absl::Seconds(10);
  absl::Duration interval = absl::Seconds(1);
  // Of a removal.
  bool discard = false;
  bool dry_run = false;
};

void AddPipelinesCommand(CLI::App& app, CommandAction* action);

// Each returns an exit code.
int ListPipelines(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err);
int ShowPipeline(const PipelinesOptions& options, std::ostream& out,
                 std::ostream& err);
int PausePipeline(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err);
int ResumePipeline(const PipelinesOptions& options, std::ostream& out,
                   std::ostream& err);
// Prints how much waits until nothing does.
int DrainPipeline(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err);
int DeletePipeline(const PipelinesOptions& options, std::ostream& out,
                   std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PIPELINES_COMMAND_H_
