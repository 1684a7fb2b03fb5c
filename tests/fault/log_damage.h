// Damages to the folder of a log between two lives of a process, of the kinds
// after which the pipeline still delivers everything. Those that cost events
// are in tests/damage, where the oracle knows what every file holds.
#ifndef TESTS_FAULT_LOG_DAMAGE_H_
#define TESTS_FAULT_LOG_DAMAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/fault/fault_fixture.h"

namespace sluice::fault {

// Removes, cuts or changes one of the files in `log` that only say where the
// events are: CURRENT, the MANIFEST, or the end of a table file. It costs no
// event. Returns what was done; kNotFound: there is no such file.
absl::StatusOr<std::string> DamageDirectoryOfLog(const std::string& log,
                                                 Dice& dice);

// Cuts the newest write-ahead log in `log` at a place of chance, as a disk does
// that did not keep what it had acknowledged. Events go, and with them the
// checkpoint and the cursors of the same writes: the source reads the events
// again, the sinks get some of them again. Returns what was done; kNotFound:
// there is no write-ahead log with something in it.
absl::StatusOr<std::string> TearWriteLog(const std::string& log, Dice& dice);

}  // namespace sluice::fault

#endif  // TESTS_FAULT_LOG_DAMAGE_H_
