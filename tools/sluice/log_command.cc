#include "tools/sluice/log_command.h"

#include <unistd.h>

#include <functional>
#include <iostream>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/log_report.h"
#include "tools/sluice/status_output.h"

namespace sluice {
namespace {

admin::v1::ProcessStatus AsProcess(const admin::v1::PipelineStatus& status) {
  admin::v1::ProcessStatus process;
  *process.add_pipelines() = status;
  return process;
}

boost::json::array Strings(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

boost::json::object ToJson(const LogReport& report) {
  boost::json::object object =
      StatusToJson(AsProcess(report.status))["pipelines"]
          .as_array()[0]
          .as_object();
  boost::json::array dead_letters;
  for (const auto& [key, count] : report.dead_letters) {
    dead_letters.push_back(boost::json::object{
        {"component", key.first}, {"reason", key.second}, {"count", count}});
  }
  object["dead_letters"] = std::move(dead_letters);
  object["damage"] = Strings(report.damage);
  return object;
}

boost::json::object ToJson(const LogVerification& verification) {
  boost::json::object object = ToJson(verification.report);
  object["good"] = verification.good();
  object["events"] = verification.events;
  object["batches"] = verification.batches;
  object["bytes"] = verification.bytes;
  boost::json::array missing;
  for (const auto& [first, last] : verification.missing) {
    missing.push_back(boost::json::object{{"first", first}, {"last", last}});
  }
  object["missing"] = std::move(missing);
  object["unreadable"] = Strings(verification.unreadable);
  return object;
}

void PrintReport(const LogReport& report, std::ostream& out) {
  const admin::v1::LogStatus& log = report.status.log();
  out << FormatLedger(AsProcess(report.status));
  const uint64_t held = log.next_sequence() - log.first_sequence();
  out << "  log: " << Count(held, "event") << " held";
  if (held > 0) {
    out << " (" << log.first_sequence() << " to " << log.next_sequence() - 1
        << ")";
  }
  out << ", " << log.stored_bytes() << " bytes, "
      << Count(log.corrupt_events(), "corrupt event") << "\n";
  for (const auto& [key, count] : report.dead_letters) {
    out << "  dead letters: " << count << " of " << key.first << ", "
        << key.second << "\n";
  }
  for (const std::string& damage : report.damage) {
    out << "  repaired: " << damage << "\n";
  }
}

void PrintVerification(const LogVerification& verification, std::ostream& out) {
  const admin::v1::PipelineStatus& status = verification.report.status;
  out << "pipeline " << status.name() << ": "
      << (verification.good() ? "good" : "NOT GOOD") << ": read "
      << Count(verification.events, "event") << " in "
      << Count(verification.batches, "record") << ", " << verification.bytes
      << " bytes\n";
  for (const auto& [first, last] : verification.missing) {
    out << "  missing: events " << first << " to " << last << "\n";
  }
  for (const std::string& sentence : verification.unreadable) {
    out << "  unreadable: " << sentence << "\n";
  }
  for (const std::string& damage : verification.report.damage) {
    out << "  repaired: " << damage << "\n";
  }
  if (status.log().corrupt_events() > 0) {
    out << "  corrupt: " << Count(status.log().corrupt_events(), "event")
        << " lost to damage since the log was made\n";
  }
  for (const std::string& imbalance : status.imbalances()) {
    out << "  does not add up: " << imbalance << "\n";
  }
}

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

// Calls `handle` for each pipeline until one fails; it gives an exit code.
int ForEachLog(
    const LogCommandOptions& options, std::ostream& err,
    const std::function<absl::StatusOr<int>(const std::string&)>& handle) {
  absl::StatusOr<std::vector<std::string>> pipelines = options.pipelines;
  if (options.pipelines.empty()) pipelines = PipelinesOf(options.data_dir);
  absl::Status status = pipelines.status();
  int code = kExitOk;
  for (size_t i = 0; status.ok() && i < pipelines->size(); ++i) {
    const absl::StatusOr<int> handled = handle((*pipelines)[i]);
    status = handled.status();
    if (status.ok() && *handled != kExitOk) code = *handled;
  }
  if (status.ok()) return code;
  err << "sluice: " << std::string(status.message()) << "\n";
  return FailureExitCode(status);
}

// Prints what both subcommands print as JSON.
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
      "The process that uses the directory must be stopped.\n"
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
      "The process that uses the directory must be stopped.\n"
      "\n"
      "Exit codes: 0 good, 3 something is damaged, missing or unaccounted\n"
      "for, 4 the directory cannot be used.\n"
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

}  // namespace

void AddLogCommand(CLI::App& app, CommandAction* action) {
  CLI::App* log =
      app.add_subcommand("log", "Look at the logs of a data directory");
  log->require_subcommand(1);
  log->footer(
      "Examples:\n"
      "  sluice log inspect /var/lib/sluice\n"
      "  sluice log verify /var/lib/sluice");
  AddInspect(*log, action);
  AddVerify(*log, action);
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

}  // namespace sluice
