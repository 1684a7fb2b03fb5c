#include "tools/sluice/log_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/runtime/data_directory.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/log_output.h"
#include "tools/sluice/log_report.h"

namespace sluice {
namespace {

int FailureExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return kExitFindings;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kInvalidArgument:
      return kExitDataDir;
    default:
      return kExitFailure;
  }
}

int Fail(const absl::Status& status, std::ostream& err) {
  err << "sluice: " << std::string(status.message()) << "\n";
  return FailureExitCode(status);
}

// Calls `handle` for each pipeline until one fails; it gives an exit code.
int ForEachLog(
    const LogCommandOptions& options, std::ostream& err,
    const std::function<absl::StatusOr<int>(const std::string&)>& handle) {
  absl::StatusOr<std::vector<std::string>> pipelines = options.pipelines;
  if (options.pipelines.empty()) pipelines = PipelinesWithLog(options.data_dir);
  absl::Status status = pipelines.status();
  int code = kExitOk;
  for (size_t i = 0; status.ok() && i < pipelines->size(); ++i) {
    const absl::StatusOr<int> handled = handle((*pipelines)[i]);
    status = handled.status();
    if (status.ok() && *handled != kExitOk) code = *handled;
  }
  if (status.ok()) return code;
  return Fail(status, err);
}

// Prints what subcommands print as JSON.
void PrintDocument(const LogCommandOptions& options, boost::json::array logs,
                   std::ostream& out) {
  if (options.output != OutputFormat::kJson) return;
  out << boost::json::object{{"data_dir", options.data_dir},
                             {"pipelines", std::move(logs)}}
      << "\n";
}

void AddDataDir(CLI::App& command, LogCommandOptions* options) {
  command
      .add_option("data_dir,-d,--data-dir", options->data_dir,
                  "Data directory, as in the configuration")
      ->required()
      ->type_name("DIR");
  command
      .add_option("-p,--pipeline", options->pipelines,
                  "Only the log of this pipeline; may be repeated")
      ->type_name("NAME");
  AddOutputOption(command, &options->output);
}

void AddInspect(CLI::App& log, CommandAction* action) {
  CLI::App* command = log.add_subcommand(
      "inspect", "Show what the logs hold and how far each sink is");
  auto options = std::make_shared<LogCommandOptions>();
  AddDataDir(*command, options.get());
  command->footer(
      "Changes nothing; the process that uses the directory may be running.\n"
      "\n"
      "Examples:\n"
      "  sluice log inspect /var/lib/sluice\n"
      "  sluice log inspect /var/lib/sluice --output json |\n"
      "      jq '.pipelines[].sinks[] | {name, waiting}'");
  command->callback([options, action] {
    *action = [options] {
      return RunLogInspect(*options, std::cout, std::cerr);
    };
  });
}

void AddVerify(CLI::App& log, CommandAction* action) {
  CLI::App* command = log.add_subcommand(
      "verify", "Read all of the logs and check every checksum");
  auto options = std::make_shared<LogCommandOptions>();
  AddDataDir(*command, options.get());
  command->footer(
      "Changes nothing; the process that uses the directory may be running.\n"
      "A log whose files are damaged is looked at in a copy, below $TMPDIR.\n"
      "\n"
      "Exit codes: 0 good, 3 something is damaged, newly lost or unaccounted\n"
      "for, 4 the directory cannot be used. Losses that the log has accounted\n"
      "for are listed, and are no finding.\n"
      "\n"
      "Examples:\n"
      "  sluice log verify /var/lib/sluice\n"
      "  sluice log verify /var/lib/sluice --pipeline office --output json");
  command->callback([options, action] {
    *action = [options] {
      options->show_progress = isatty(STDERR_FILENO) != 0;
      return RunLogVerify(*options, std::cout, std::cerr);
    };
  });
}

void AddRepair(CLI::App& log, CommandAction* action) {
  CLI::App* command = log.add_subcommand(
      "repair", "Put right what is damaged, and say what is lost");
  auto options = std::make_shared<LogCommandOptions>();
  AddDataDir(*command, options.get());
  command->footer(
      "The process that uses the directory must be stopped. `run` repairs "
      "what\n"
      "keeps it from finding events when it opens a log; this also reads all "
      "of\n"
      "them, and takes damage among them out. A damaged log is copied, which\n"
      "takes as much free space as it has bytes. What is left of damaged "
      "bytes\n"
      "is kept in the folder `quarantine` of the log.\n"
      "\n"
      "Exit codes: 0 good, or repaired without a loss, 3 something is lost,\n"
      "4 the directory cannot be used.\n"
      "\n"
      "Examples:\n"
      "  sluice log repair /var/lib/sluice\n"
      "  sluice log repair /var/lib/sluice --output json |\n"
      "      jq '.pipelines[] | {name, lost_events, losses}'");
  command->callback([options, action] {
    *action = [options] {
      return RunLogRepair(*options, std::cout, std::cerr);
    };
  });
}

void AddExport(CLI::App& log, CommandAction* action) {
  CLI::App* command = log.add_subcommand(
      "export", "Write the events of a log as JSON lines (CloudEvents)");
  auto options = std::make_shared<LogExportOptions>();
  command
      ->add_option("data_dir,-d,--data-dir", options->wanted.data_dir,
                   "Data directory, as in the configuration")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("-p,--pipeline", options->wanted.pipeline,
                   "The pipeline whose log it is")
      ->required()
      ->type_name("NAME");
  command->add_option("--from", options->wanted.from, "First event, by number")
      ->type_name("SEQ");
  command->add_option("--to", options->wanted.to, "Last event, by number")
      ->type_name("SEQ");
  command
      ->add_option("--out", options->out,
                   "A new file, for its owner only; else to the output")
      ->type_name("FILE");
  command->footer(
      "Changes nothing; the process that uses the directory may be running.\n"
      "Each line is as the sink `file` writes it. Damaged events are left "
      "out.\n"
      "\n"
      "Exit codes: 0 all is written, 3 some events are lost to damage (which,\n"
      "is said on stderr), 4 the directory cannot be used.\n"
      "\n"
      "Examples:\n"
      "  sluice log export /var/lib/sluice -p office --out office.jsonl\n"
      "  sluice log export /var/lib/sluice -p office --from 1000 --to 1999");
  command->callback([options, action] {
    *action = [options] {
      return RunLogExport(*options, std::cout, std::cerr);
    };
  });
}

// Makes a file that was not there, readable by its owner only: events may be
// private.
absl::Status MakeNewFile(const std::string& path) {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
    return absl::OkStatus();
  }
  return absl::UnknownError(
      absl::StrCat("cannot make ", path, ": ", std::strerror(errno)));
}

}  // namespace

void AddLogCommand(CLI::App& app, CommandAction* action) {
  CLI::App* log = app.add_subcommand(
      "log", "Look at the logs of a data directory, repair and export them");
  log->require_subcommand(1);
  log->footer(
      "Examples:\n"
      "  sluice log inspect /var/lib/sluice\n"
      "  sluice log verify /var/lib/sluice\n"
      "  sluice log repair /var/lib/sluice\n"
      "  sluice log export /var/lib/sluice -p office --out office.jsonl");
  AddInspect(*log, action);
  AddVerify(*log, action);
  AddRepair(*log, action);
  AddExport(*log, action);
}

int RunLogInspect(const LogCommandOptions& options, std::ostream& out,
                  std::ostream& err) {
  boost::json::array logs;
  const int code = ForEachLog(
      options, err, [&](const std::string& pipeline) -> absl::StatusOr<int> {
        const absl::StatusOr<LogReport> report =
            InspectLog(options.data_dir, pipeline);
        if (!report.ok()) return report.status();
        if (options.output == OutputFormat::kJson) {
          logs.push_back(ToJson(*report));
        } else {
          PrintReport(*report, out);
        }
        return kExitOk;
      });
  if (code == kExitOk) PrintDocument(options, std::move(logs), out);
  return code;
}

int RunLogVerify(const LogCommandOptions& options, std::ostream& out,
                 std::ostream& err) {
  boost::json::array logs;
  const int code = ForEachLog(
      options, err, [&](const std::string& pipeline) -> absl::StatusOr<int> {
        const auto progress = [&](double part) {
          if (!options.show_progress) return;
          err << "\rverifying " << pipeline << ": "
              << static_cast<int>(part * 100) << " % " << std::flush;
        };
        const absl::StatusOr<LogVerification> verification =
            VerifyLog(options.data_dir, pipeline, progress);
        if (options.show_progress) err << "\r\x1b[K" << std::flush;
        if (!verification.ok()) return verification.status();
        if (options.output == OutputFormat::kJson) {
          logs.push_back(ToJson(*verification));
        } else {
          PrintVerification(*verification, out);
        }
        return verification->good() ? kExitOk : kExitFindings;
      });
  if (code == kExitOk || code == kExitFindings) {
    PrintDocument(options, std::move(logs), out);
  }
  return code;
}

int RunLogRepair(const LogCommandOptions& options, std::ostream& out,
                 std::ostream& err) {
  boost::json::array logs;
  const int code = ForEachLog(
      options, err, [&](const std::string& pipeline) -> absl::StatusOr<int> {
        const absl::StatusOr<LogRepair> repair =
            RepairLog(options.data_dir, pipeline);
        if (!repair.ok()) return repair.status();
        if (options.output == OutputFormat::kJson) {
          logs.push_back(ToJson(pipeline, *repair));
        } else {
          PrintRepair(pipeline, *repair, out);
        }
        return repair->nothing_lost() ? kExitOk : kExitFindings;
      });
  // What was done counts even if the next log could not be opened.
  if (code == kExitOk || code == kExitFindings || !logs.empty()) {
    PrintDocument(options, std::move(logs), out);
  }
  return code;
}

int RunLogExport(const LogExportOptions& options, std::ostream& out,
                 std::ostream& err) {
  std::ofstream file;
  if (!options.out.empty()) {
    const absl::Status made = MakeNewFile(options.out);
    if (!made.ok()) return Fail(made, err);
    file.open(options.out, std::ios::binary | std::ios::app);
  }
  std::ostream& target = options.out.empty() ? out : file;
  const auto write = [&](std::string_view lines) {
    target.write(lines.data(), static_cast<std::streamsize>(lines.size()));
    target.flush();
    return target.good() ? absl::OkStatus()
                         : absl::UnknownError("the events cannot be written");
  };
  const absl::StatusOr<LogExportResult> result =
      ExportLog(options.wanted, write, [&err](const EventRange& range) {
        err << "sluice: lost to damage: " << RangeText(range) << "\n";
      });
  if (!result.ok()) return Fail(result.status(), err);
  return result->lost == 0 ? kExitOk : kExitFindings;
}

}  // namespace sluice
