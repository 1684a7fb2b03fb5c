// The command line of `sluice dead-letters`.
#include <unistd.h>

#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "tools/sluice/dead_letters_command.h"
#include "tools/sluice/input.h"
#include "tools/sluice/moment.h"

namespace sluice {
namespace {

using Run = int (*)(const DeadLettersOptions&, std::ostream&, std::ostream&);

// A payload given as @FILE has at most so many bytes: what max_event_bytes
// can be at most.
constexpr size_t kMaxPayloadBytes = size_t{64} << 20;

// The bytes of a --data.
std::string ReadPayload(const std::string& text) {
  absl::StatusOr<std::string> data =
      ReadInput(text, kMaxPayloadBytes, std::cin);
  if (data.ok()) return *std::move(data);
  throw CLI::ValidationError("--data", std::string(data.status().message()));
}

std::pair<std::string, std::string> ParseAssignment(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw CLI::ValidationError(
        "--set", absl::StrCat("\"", text, "\" must be NAME=VALUE"));
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// Adds `dead-letters NAME` with what all of them take.
CLI::App* AddCommand(CLI::App& parent, const std::string& name,
                     const std::string& what, DeadLettersOptions* options) {
  CLI::App* command = parent.add_subcommand(name, what);
  command
      ->add_option("data_dir,-d,--data-dir", options->data_dir,
                   "Data directory, as in the configuration")
      ->type_name("DIR");
  AddAdminAddressOptions(*command, &options->admin);
  command
      ->add_option("-p,--pipeline", options->pipelines,
                   "Only this pipeline; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME");
  return command;
}

void AddFilter(CLI::App* command, DeadLettersOptions* options) {
  DeadLetterFilter* filter = &options->filter;
  command
      ->add_option("--id", filter->ids,
                   "The dead letter with this id; may be repeated")
      ->allow_extra_args(false)
      ->type_name("ID");
  command
      ->add_option("--sink,--source", filter->components,
                   "Of this sink or source; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command
      ->add_option("--reason", filter->reasons,
                   "With this reason; may be repeated")
      ->allow_extra_args(false)
      ->type_name("REASON");
  command->add_option("--event", filter->event_id, "Of the event with this id")
      ->type_name("ID");
  command
      ->add_option_function<std::string>(
          "--since",
          [filter](const std::string& text) {
            filter->from = ParseMoment("--since", text);
          },
          "Died at or after this moment, or this long ago at most")
      ->type_name("TIME");
  command
      ->add_option_function<std::string>(
          "--until",
          [filter](const std::string& text) {
            filter->to = ParseMoment("--until", text);
          },
          "Died before this moment, or longer ago than this")
      ->type_name("TIME");
}

void AddId(CLI::App* command, DeadLettersOptions* options) {
  command->add_option("id", options->id, "Id of the dead letter")
      ->required()
      ->type_name("ID");
}

void AddMany(CLI::App* command, DeadLettersOptions* options) {
  command->add_flag("--all", options->all, "All dead letters are meant");
  command->add_flag("--dry-run", options->dry_run,
                    "Only say what would be done");
}

void RunWhenNamed(CLI::App* command, const std::string& footer, Run run,
                  const std::shared_ptr<DeadLettersOptions>& options,
                  CommandAction* action) {
  command->footer(absl::StrCat(
      footer,
      "\n\nA process that uses the directory is asked over its admin API.\n"
      "\n"
      "Exit codes: 0 done, 1 failed, or there is no such dead letter or sink,\n"
      "2 mistakes in the command line, 4 the directory cannot be used."));
  command->callback([run, options, action] {
    *action = [run, options] {
      options->show_progress = isatty(STDERR_FILENO) != 0;
      return run(*options, std::cout, std::cerr);
    };
  });
}

void AddList(CLI::App& parent, CommandAction* action) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* command =
      AddCommand(parent, "list", "Show dead letters, oldest first, a line each",
                 options.get());
  AddFilter(command, options.get());
  command
      ->add_option("--limit", options->limit,
                   "At most so many of each pipeline; default 50")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  command
      ->add_option("--after", options->after,
                   "Go on behind this id: the next page")
      ->type_name("ID");
  AddOutputOption(*command, &options->output);
  RunWhenNamed(command,
               "Examples:\n"
               "  sluice dead-letters list /var/lib/sluice\n"
               "  sluice dead-letters list /var/lib/sluice --sink room-feed "
               "--since 24h\n"
               "  sluice dead-letters list /var/lib/sluice -p office --after "
               "120\n"
               "  sluice dead-letters list /var/lib/sluice --output json |\n"
               "      jq '.pipelines[].dead_letters[] | {id, reason, message}'",
               &RunDeadLettersList, options, action);
}

void AddShow(CLI::App& parent, CommandAction* action) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* command = AddCommand(
      parent, "show", "Show everything about one dead letter", options.get());
  AddId(command, options.get());
  command->add_flag("--raw", options->raw,
                    "Only its payload, byte for byte, to edit it for instance");
  AddOutputOption(*command, &options->output);
  RunWhenNamed(command,
               "Examples:\n"
               "  sluice dead-letters show /var/lib/sluice 17\n"
               "  sluice dead-letters show /var/lib/sluice 17 --raw > 17.json",
               &RunDeadLettersShow, options, action);
}

void AddExport(CLI::App& parent, CommandAction* action) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* command = AddCommand(
      parent, "export", "Print dead letters whole, one JSON object per line",
      options.get());
  AddFilter(command, options.get());
  RunWhenNamed(
      command,
      "Payloads that are not text stand in fields that end in "
      "_base64.\n\n"
      "Examples:\n"
      "  sluice dead-letters export /var/lib/sluice > letters.jsonl\n"
      "  sluice dead-letters export /var/lib/sluice --reason malformed "
      "|\n"
      "      jq -r .input",
      &RunDeadLettersExport, options, action);
}

void AddRedrive(CLI::App& parent, CommandAction* action) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* command = AddCommand(
      parent, "redrive", "Put the events of dead letters back, to be delivered",
      options.get());
  AddFilter(command, options.get());
  AddMany(command, options.get());
  command
      ->add_option("--to", options->to,
                   "Only to this sink; may be repeated. Default: the sink that "
                   "could not deliver it; all sinks for dead letters of a "
                   "source")
      ->allow_extra_args(false)
      ->type_name("SINK");
  AddOutputOption(*command, &options->output);
  RunWhenNamed(
      command,
      "A redriven event keeps its id and goes behind what waits already. It\n"
      "is delivered when the pipeline runs next; if that fails for good "
      "again,\n"
      "it is a new dead letter with its history. Exit code 3: some could not\n"
      "be redriven and stay.\n"
      "\n"
      "Examples:\n"
      "  sluice dead-letters redrive /var/lib/sluice --id 17\n"
      "  sluice dead-letters redrive /var/lib/sluice --sink room-feed --since "
      "7d\n"
      "  sluice dead-letters redrive /var/lib/sluice --reason expired --to "
      "archive\n"
      "  sluice dead-letters redrive /var/lib/sluice --all --dry-run",
      &RunDeadLettersRedrive, options, action);
}

void AddEdit(CLI::App& parent, CommandAction* action) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* command = AddCommand(
      parent, "edit", "Change the event of a dead letter before redriving it",
      options.get());
  AddId(command, options.get());
  DeadLetterEdit* edit = &options->edit;
  command
      ->add_option_function<std::vector<std::string>>(
          "--set",
          [edit](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              edit->set.push_back(ParseAssignment(text));
            }
          },
          "An attribute: id, source, type, subject, time, datacontenttype or "
          "labels.KEY; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  command
      ->add_option("--unset", edit->unset, "A label to remove; may be repeated")
      ->allow_extra_args(false)
      ->type_name("labels.KEY");
  command
      ->add_option_function<std::string>(
          "--data",
          [edit](const std::string& text) { edit->data = ReadPayload(text); },
          "The payload: as given, of a file (@FILE), or of the standard input "
          "(@-)")
      ->type_name("TEXT");
  AddOutputOption(*command, &options->output);
  RunWhenNamed(
      command,
      "Input that was not understood becomes the payload of an event; give it\n"
      "an id. What was changed is noted in the letter's history, and the "
      "first\n"
      "content is kept until it is redriven.\n"
      "\n"
      "Examples:\n"
      "  sluice dead-letters edit /var/lib/sluice 17 --data @17.json\n"
      "  sluice dead-letters edit /var/lib/sluice 17 --set subject=dev-1 "
      "--set labels.room=99",
      &RunDeadLettersEdit, options, action);
}

void AddPurge(CLI::App& parent, CommandAction* action) {
  auto options = std::make_shared<DeadLettersOptions>();
  CLI::App* command = AddCommand(parent, "purge",
                                 "Delete dead letters for good", options.get());
  AddFilter(command, options.get());
  AddMany(command, options.get());
  AddOutputOption(*command, &options->output);
  RunWhenNamed(command,
               "Examples:\n"
               "  sluice dead-letters purge /var/lib/sluice --reason malformed "
               "--until 30d\n"
               "  sluice dead-letters purge /var/lib/sluice --id 17 --id 18\n"
               "  sluice dead-letters purge /var/lib/sluice --all --dry-run",
               &RunDeadLettersPurge, options, action);
}

}  // namespace

void AddDeadLettersCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "dead-letters", "Look after events that could not be delivered");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  sluice dead-letters list /var/lib/sluice\n"
      "  sluice dead-letters show /var/lib/sluice 17\n"
      "  sluice dead-letters edit /var/lib/sluice 17 --set subject=dev-1\n"
      "  sluice dead-letters redrive /var/lib/sluice --sink room-feed\n"
      "  sluice dead-letters export /var/lib/sluice > letters.jsonl\n"
      "  sluice dead-letters purge /var/lib/sluice --until 90d");
  AddList(*command, action);
  AddShow(*command, action);
  AddExport(*command, action);
  AddRedrive(*command, action);
  AddEdit(*command, action);
  AddPurge(*command, action);
}

}  // namespace sluice
