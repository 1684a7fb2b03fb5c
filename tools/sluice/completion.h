// Scripts that let a shell complete command lines.
#ifndef TOOLS_SLUICE_COMPLETION_H_
#define TOOLS_SLUICE_COMPLETION_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// What may stand where a value is expected.
struct CompletedValue {
  enum class Kind {
    kAnything,  // Nothing is offered.
    kFile,
    kFolder,
    kWords,     // One of `words`.
    kCommands,  // The words of a command: `help log inspect`.
  };
  Kind kind = Kind::kAnything;
  std::vector<std::string> words;
};

struct CompletedOption {
  std::vector<std::string> names;  // "-c", "--config".
  std::string description;
  bool takes_value = false;
  CompletedValue value;
};

// One command and what may stand behind it.
struct CompletedCommand {
  std::string path;  // "log inspect"; empty: the program itself.
  struct Child {
    std::string name;
    std::string description;
  };
  std::vector<Child> children;
  // Its own, and those of the commands above it that may stand here too.
  std::vector<CompletedOption> options;
  // In their order; the last one repeats if `last_repeats`.
  std::vector<CompletedValue> arguments;
  bool last_repeats = false;
};

// Every command of the tree below `app`, parents first. What is hidden from
// help is not among them.
std::vector<CompletedCommand> ReadCommands(const CLI::App& app);

enum class Shell { kBash, kZsh };

// The script for `program`, as a file of bash-completion or of zsh's $fpath
// (`_PROGRAM`). It calls no program.
//   kInvalidArgument: `program` is no name of a program: letters, digits and
//   "._+-", the first no "-".
absl::StatusOr<std::string> CompletionScript(
    const std::vector<CompletedCommand>& commands, Shell shell,
    std::string_view program);

}  // namespace sluice

#endif  // TOOLS_SLUICE_COMPLETION_H_
