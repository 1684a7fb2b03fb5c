// Calls of the admin API by subcommands.
#ifndef TOOLS_SLUICE_ADMIN_CALL_H_
#define TOOLS_SLUICE_ADMIN_CALL_H_

#include <iostream>
#include <memory>
#include <ostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/output.h"

namespace sluice {

// Calls `work(client, stub)` with a stub of `Service`, and gives its exit code,
// if the options allow one.
template <typename Service, typename Work>
int WithStub(const AdminClientOptions& options, std::ostream& err, Work work) {
  const absl::StatusOr<AdminClient> client = AdminClient::Create(options);
  if (!client.ok()) {
    err << "sluice: " << std::string(client.status().message()) << "\n";
    return kExitUsage;
  }
  const std::unique_ptr<typename Service::Stub> stub =
      Service::NewStub(client->channel());
  return work(*client, *stub);
}

// Adds `NAME` below `parent`, which is run by `run`. `Options` has the fields
// admin and output.
template <typename Options>
CLI::App* AddAdminCommand(
    CLI::App& parent, const std::string& name, const std::string& what,
    int (*run)(const Options&, std::ostream& out, std::ostream& err),
    const std::shared_ptr<Options>& options, CommandAction* action) {
  CLI::App* command = parent.add_subcommand(name, what);
  AddAdminOptions(*command, &options->admin);
  AddOutputOption(*command, &options->output);
  command->callback([options, run, action] {
    *action = [options, run] { return run(*options, std::cout, std::cerr); };
  });
  return command;
}

}  // namespace sluice

#endif  // TOOLS_SLUICE_ADMIN_CALL_H_
