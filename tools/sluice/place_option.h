// Options that name a place in a log, or choose events.
#ifndef TOOLS_SLUICE_PLACE_OPTION_H_
#define TOOLS_SLUICE_PLACE_OPTION_H_

#include <string>

#include "proto/admin/v1/events.pb.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sluice {

// "oldest", "end", the number of an event, a moment (2024-05-01T12:00:00Z), or
// how long ago it was (30m, 24h, 7d).
CLI::Option* AddPlaceOption(CLI::App& command, const std::string& name,
                            const std::string& help,
                            admin::v1::LogPlace* place);

// --id, --event-source, --type, --subject and --label KEY=VALUE.
void AddSelectionOptions(CLI::App& command,
                         admin::v1::EventSelection* selection);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLACE_OPTION_H_
