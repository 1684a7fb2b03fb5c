// Exit codes of `sluice`, for scripts. `sluice help` and docs/configuration.md
// show this table.
#ifndef TOOLS_SLUICE_EXIT_CODES_H_
#define TOOLS_SLUICE_EXIT_CODES_H_

namespace sluice {

enum ExitCode : int {
  // Done; for `run`: stopped as asked, all that was taken in is in the log.
  kExitOk = 0,
  // Failed; the last line on stderr says why.
  kExitFailure = 1,
  // The command line or the configuration is wrong; nothing was started.
  kExitUsage = 2,
  // A check ran and found something: damage in a log, a lost or doubled event.
  kExitFindings = 3,
  // The data directory cannot be used: another process has it, a newer version
  // wrote it, or it is not writable.
  kExitDataDir = 4,
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_EXIT_CODES_H_
