#include "tools/sluice/completion.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace sluice {
namespace {

using Kind = CompletedValue::Kind;

// Both scripts go through the words before the cursor: a word that names a
// command below the one so far leads there, an option that takes a value is
// passed over with it, and everything else is an argument. @PROGRAM@ is the
// name of the program, @COMMANDS@ the tree.
//
// In the tree `values` has NAME=KIND for each option with a value, `arguments`
// a KIND for each argument: F is a file, D a folder, C the words of a command,
// - anything, else words with commas between them.
constexpr char kBash[] =
    R"sh(# bash completion of @PROGRAM@, as `@PROGRAM@ completion bash` prints it.

# Sets what may stand behind the command $1.
_@PROGRAM@_command() {
  commands='' options='' values='' arguments='' repeats=''
  case "$1" in
@COMMANDS@  esac
}

# Sets `kind` to what the option $1 takes; false: it takes nothing.
_@PROGRAM@_kind() {
  local entry
  for entry in ${values}; do
    if [[ "${entry%%=*}" == "$1" ]]; then
      kind="${entry#*=}"
      return 0
    fi
  done
  return 1
}

# Offers what compgen gives for its arguments, a line each.
_@PROGRAM@_offer() {
  local found
  found="$(compgen "$@" -- "${cur}")"
  if [[ -n "${found}" ]]; then mapfile -t COMPREPLY <<< "${found}"; fi
}

# Offers values of the kind $1.
_@PROGRAM@_value() {
  case "$1" in
    F | D)
      local action=file
      if [[ "$1" == D ]]; then action=directory; fi
      compopt -o filenames 2> /dev/null
      _@PROGRAM@_offer -A "${action}"
      ;;
    -) ;;
    *) _@PROGRAM@_offer -W "${1//,/ }" ;;
  esac
}

_@PROGRAM@() {
  COMPREPLY=()
  local commands options values arguments repeats kind
  local cur="${COMP_WORDS[COMP_CWORD]}" command='' pending='' helping=''
  local at word taken=0
  _@PROGRAM@_command ''
  for ((at = 1; at < COMP_CWORD; ++at)); do
    word="${COMP_WORDS[at]}"
    if [[ -n "${pending}" ]]; then
      # Readline takes "--name=value" apart.
      if [[ "${word}" != '=' ]]; then pending=''; fi
    elif [[ "${word}" == -* ]]; then
      if _@PROGRAM@_kind "${word}"; then pending="${kind}"; fi
    elif [[ " ${commands} " == *" ${word} "* ]]; then
      command="${command:+${command} }${word}"
      _@PROGRAM@_command "${command}"
      if [[ "${arguments}" == C* ]]; then
        helping=yes command=''
        _@PROGRAM@_command ''
      fi
    else
      taken=$((taken + 1))
    fi
    # Only the names of commands follow `help`.
    if [[ -n "${helping}" ]]; then options='' values='' arguments=''; fi
  done
  if [[ -n "${pending}" ]]; then
    if [[ "${cur}" == '=' ]]; then cur=''; fi
    _@PROGRAM@_value "${pending}"
  elif [[ "${cur}" == -* ]]; then
    _@PROGRAM@_offer -W "${options}"
  elif [[ -n "${commands}" ]]; then
    _@PROGRAM@_offer -W "${commands}"
  else
    local -a kinds
    read -r -a kinds <<< "${arguments}"
    if [[ -n "${repeats}" ]] && ((taken >= ${#kinds[@]})); then
      taken=$((${#kinds[@]} - 1))
    fi
    if ((taken < ${#kinds[@]})); then _@PROGRAM@_value "${kinds[taken]}"; fi
  fi
}

complete -F _@PROGRAM@ @PROGRAM@
)sh";

constexpr char kZsh[] = R"sh(#compdef @PROGRAM@
# zsh completion of @PROGRAM@, as `@PROGRAM@ completion zsh` prints it.

# Sets what may stand behind the command $1.
_@PROGRAM@_command() {
  commands=() options=() values=() arguments=() repeats=''
  case "$1" in
@COMMANDS@  esac
}

# Offers values of the kind $1.
_@PROGRAM@_value() {
  case "$1" in
    F) _files ;;
    D) _files -/ ;;
    -) return 1 ;;
    *) compadd -- ${(s:,:)1} ;;
  esac
}

_@PROGRAM@() {
  local -a commands options values arguments names
  local repeats='' command='' pending='' helping='' word entry
  local cur="${words[CURRENT]}"
  integer at taken=0
  _@PROGRAM@_command ''
  for ((at = 2; at < CURRENT; ++at)); do
    word="${words[at]}"
    names=("${(@)commands%%:*}")
    if [[ -n "${pending}" ]]; then
      pending=''
    elif [[ "${word}" == -* ]]; then
      entry="${values[(r)${(b)word}=*]}"
      pending="${entry#*=}"
    elif (( ${names[(Ie)$word]} )); then
      command="${command:+${command} }${word}"
      _@PROGRAM@_command "${command}"
      if [[ "${arguments[1]}" == C ]]; then
        helping=yes command=''
        _@PROGRAM@_command ''
      fi
    else
      taken+=1
    fi
    # Only the names of commands follow `help`.
    if [[ -n "${helping}" ]]; then options=() values=() arguments=(); fi
  done
  if [[ -z "${pending}" && "${cur}" == --*=* ]]; then
    entry="${values[(r)${(b)cur%%\=*}=*]}"
    pending="${entry#*=}"
    if [[ -z "${pending}" ]]; then return 1; fi
    compset -P '*='
  fi
  if [[ -n "${pending}" ]]; then
    _@PROGRAM@_value "${pending}"
  elif [[ "${cur}" == -* ]]; then
    _describe -o option options
  elif (( ${#commands} )); then
    _describe command commands
  else
    taken+=1
    if [[ -n "${repeats}" ]] && (( taken > ${#arguments} )); then
      taken=${#arguments}
    fi
    if (( taken > ${#arguments} )); then return 1; fi
    _@PROGRAM@_value "${arguments[taken]}"
  fi
}

# Read from $fpath it is the function; from a startup file it defines it.
if [[ "${funcstack[1]}" == _@PROGRAM@ ]]; then
  _@PROGRAM@ "$@"
else
  compdef _@PROGRAM@ @PROGRAM@
fi
)sh";

// The words of "TEXT:{a,b}", what CLI::IsMember says of itself.
std::vector<std::string> WordsOf(const std::string& type) {
  const size_t begin = type.find(":{");
  const size_t end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return absl::StrSplit(type.substr(begin + 2, end - begin - 2), ',');
}

CompletedValue ValueOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::string name = type.substr(0, type.find(':'));
  CompletedValue value;
  value.words = WordsOf(type);
  if (!value.words.empty()) {
    value.kind = Kind::kWords;
  } else if (name == "FILE") {
    value.kind = Kind::kFile;
  } else if (name == "DIR") {
    value.kind = Kind::kFolder;
  } else if (name == "COMMAND" && option.get_items_expected_max() > 1) {
    value.kind = Kind::kCommands;
  }
  return value;
}

CompletedOption OptionOf(const CLI::Option& option) {
  CompletedOption completed;
  for (const std::string& name : option.get_snames()) {
    completed.names.push_back(absl::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    completed.names.push_back(absl::StrCat("--", name));
  }
  completed.description = option.get_description();
  completed.takes_value = option.get_items_expected_max() > 0;
  completed.value = ValueOf(option);
  return completed;
}

bool IsShown(const CLI::Option& option) { return !option.get_group().empty(); }

// The options of `app` that have a name, not only a place.
void AddOptionsOf(const CLI::App& app, bool with_help,
                  std::vector<CompletedOption>& options) {
  for (const CLI::Option* option : app.get_options()) {
    if (!IsShown(*option) || !option->nonpositional()) continue;
    if (!with_help && option == app.get_help_ptr()) continue;
    options.push_back(OptionOf(*option));
  }
}

CompletedCommand DescribeCommand(const CLI::App& app, const std::string& path) {
  CompletedCommand command;
  command.path = path;
  AddOptionsOf(app, /*with_help=*/true, command.options);
  const CLI::App* below = &app;
  for (const CLI::App* above = app.get_parent(); above != nullptr;
       below = above, above = above->get_parent()) {
    // What a command does not know goes to the one above it.
    if (!below->get_fallthrough()) break;
    AddOptionsOf(*above, /*with_help=*/false, command.options);
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!IsShown(*option) || !option->get_positional()) continue;
    command.arguments.push_back(ValueOf(*option));
    command.last_repeats = option->get_items_expected_max() > 1;
  }
  return command;
}

void AddCommands(const CLI::App& app, const std::string& path,
                 std::vector<CompletedCommand>& commands) {
  const size_t at = commands.size();
  commands.push_back(DescribeCommand(app, path));
  for (const CLI::App* child : app.get_subcommands({})) {
    if (child->get_group().empty()) continue;
    commands[at].children.push_back(
        {child->get_name(), child->get_description()});
    AddCommands(*child,
                absl::StrCat(path, path.empty() ? "" : " ", child->get_name()),
                commands);
  }
}

std::string KindText(const CompletedValue& value) {
  switch (value.kind) {
    case Kind::kFile:
      return "F";
    case Kind::kFolder:
      return "D";
    case Kind::kCommands:
      return "C";
    case Kind::kWords:
      return absl::StrJoin(value.words, ",");
    case Kind::kAnything:
      break;
  }
  return "-";
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// NAME=KIND of each option that takes a value.
std::vector<std::string> ValueEntries(const CompletedCommand& command) {
  std::vector<std::string> entries;
  for (const CompletedOption& option : command.options) {
    if (!option.takes_value) continue;
    for (const std::string& name : option.names) {
      entries.push_back(absl::StrCat(name, "=", KindText(option.value)));
    }
  }
  return entries;
}

std::vector<std::string> ArgumentKinds(const CompletedCommand& command) {
  std::vector<std::string> kinds;
  for (const CompletedValue& value : command.arguments) {
    kinds.push_back(KindText(value));
  }
  return kinds;
}

std::string BashCommand(const CompletedCommand& command) {
  std::vector<std::string> children;
  for (const auto& child : command.children) children.push_back(child.name);
  std::vector<std::string> options;
  for (const CompletedOption& option : command.options) {
    options.insert(options.end(), option.names.begin(), option.names.end());
  }
  const auto line = [](const char* name,
                       const std::vector<std::string>& words) {
    if (words.empty()) return std::string();
    return absl::StrCat("      ", name, "=", Quoted(absl::StrJoin(words, " ")),
                        "\n");
  };
  return absl::StrCat(
      "    ", Quoted(command.path), ")\n", line("commands", children),
      line("options", options), line("values", ValueEntries(command)),
      line("arguments", ArgumentKinds(command)),
      command.last_repeats ? "      repeats=yes\n" : "", "      ;;\n");
}

// "NAME:DESCRIPTION", as _describe wants it.
std::string Described(const std::string& name, const std::string& description) {
  return absl::StrCat(
      name, ":", absl::StrReplaceAll(description, {{"\n", " "}, {":", "\\:"}}));
}

std::string ZshCommand(const CompletedCommand& command) {
  std::vector<std::string> children;
  for (const auto& child : command.children) {
    children.push_back(Described(child.name, child.description));
  }
  std::vector<std::string> options;
  for (const CompletedOption& option : command.options) {
    for (const std::string& name : option.names) {
      options.push_back(Described(name, option.description));
    }
  }
  const auto line = [](const char* name,
                       const std::vector<std::string>& words) {
    if (words.empty()) return std::string();
    std::string text = absl::StrCat("      ", name, "=(\n");
    for (const std::string& word : words) {
      absl::StrAppend(&text, "        ", Quoted(word), "\n");
    }
    return absl::StrCat(text, "      )\n");
  };
  return absl::StrCat(
      "    ", Quoted(command.path), ")\n", line("commands", children),
      line("options", options), line("values", ValueEntries(command)),
      line("arguments", ArgumentKinds(command)),
      command.last_repeats ? "      repeats=yes\n" : "", "      ;;\n");
}

bool IsProgramName(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("._+-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

std::vector<CompletedCommand> ReadCommands(const CLI::App& app) {
  std::vector<CompletedCommand> commands;
  AddCommands(app, "", commands);
  return commands;
}

absl::StatusOr<std::string> CompletionScript(
    const std::vector<CompletedCommand>& commands, Shell shell,
    std::string_view program) {
  const std::string name(program);
  if (!IsProgramName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name,
                     "\" is no name of a program; it has letters, digits and "
                     "._+- only and begins with no -"));
  }
  std::string tree;
  for (const CompletedCommand& command : commands) {
    tree += shell == Shell::kBash ? BashCommand(command) : ZshCommand(command);
  }
  return absl::StrReplaceAll(shell == Shell::kBash ? kBash : kZsh,
                             {{"@PROGRAM@", name}, {"@COMMANDS@", tree}});
}

}  // namespace sluice
