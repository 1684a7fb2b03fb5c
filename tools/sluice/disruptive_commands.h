// The groups of `sluice disruptive`, a file each.
#ifndef TOOLS_SLUICE_DISRUPTIVE_COMMANDS_H_
#define TOOLS_SLUICE_DISRUPTIVE_COMMANDS_H_

#include <string>
#include <utility>
#include <vector>

#include "tools/sluice/disruptive_session.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sluice {

// stream
void AddDisruptiveStream(CLI::App& parent, const DisruptiveCommands& commands);
// devices, device, labels, transfer, history
void AddDisruptiveDevices(CLI::App& parent, const DisruptiveCommands& commands);
// publish, emulator
void AddDisruptiveEmulator(CLI::App& parent,
                           const DisruptiveCommands& commands);
// connectors
void AddDisruptiveConnectors(CLI::App& parent,
                             const DisruptiveCommands& commands);
// projects, organizations, members, permissions, roles, accounts, keys, claim
void AddDisruptiveAccounts(CLI::App& parent,
                           const DisruptiveCommands& commands);

// An option that may be repeated, one value each time.
CLI::Option* AddRepeated(CLI::App* command, const std::string& name,
                         std::vector<std::string>* values,
                         const std::string& what, const std::string& type);
CLI::Option* AddPositional(CLI::App* command, const std::string& name,
                           std::string* value, const std::string& what);

// "key=value", split at the first "="; the value is empty without one.
std::pair<std::string, std::string> SplitAssignment(const std::string& text);
std::vector<std::pair<std::string, std::string>> SplitAssignments(
    const std::vector<std::string>& texts);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DISRUPTIVE_COMMANDS_H_
