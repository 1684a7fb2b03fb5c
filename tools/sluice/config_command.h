// `sluice config`: what a running process is to run.
#ifndef TOOLS_SLUICE_CONFIG_COMMAND_H_
#define TOOLS_SLUICE_CONFIG_COMMAND_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct ConfigOptions {
  AdminClientOptions admin;
  OutputFormat output = OutputFormat::kText;
  std::string file;
  // 0: the present one (show), the one before (rollback).
  uint64_t generation = 0;
  uint64_t expected_generation = 0;
  bool dry_run = false;
  std::string comment;
  absl::Duration grace = absl::Seconds(10);
};

struct SchemaOptions {
  // Of the process that these reach, instead of this binary.
  bool running = false;
  AdminClientOptions admin;
  // Shared objects whose plugins are in it, too.
  std::vector<std::string> libraries;
};

// `registry` outlives the run.
void AddConfigCommand(CLI::App& app, const PluginRegistry& registry,
                      CommandAction* action);

// Each returns an exit code.
int ApplyConfig(const ConfigOptions& options, std::ostream& out,
                std::ostream& err);
int RollbackConfig(const ConfigOptions& options, std::ostream& out,
                   std::ostream& err);
int ShowConfig(const ConfigOptions& options, std::ostream& out,
               std::ostream& err);
int ListConfigs(const ConfigOptions& options, std::ostream& out,
                std::ostream& err);
// Prints the JSON Schema of files.
int PrintSchema(const SchemaOptions& options, const PluginRegistry& registry,
                std::ostream& out, std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_CONFIG_COMMAND_H_
