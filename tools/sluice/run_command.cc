#include "tools/sluice/run_command.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <thread>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "pipeline/runtime/process.h"
#include "pipeline/topology/config_loader.h"
#include "pipeline/topology/scalar_values.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/status_output.h"
#include "tools/sluice/stop_signals.h"

namespace sluice {
namespace {

// Prints one JSON object, {key: value}, as a line.
void PrintLine(const char* key, boost::json::value value, std::ostream& out) {
  out << boost::json::object{{key, std::move(value)}} << "\n" << std::flush;
}

void PrintReady(const ProcessSpec& spec, OutputFormat format,
                std::ostream& out) {
  if (format == OutputFormat::kText) {
    out << "ready: " << Count(spec.pipelines.size(), "pipeline") << ", data in "
        << spec.data_dir << "\n"
        << std::flush;
    return;
  }
  boost::json::array names;
  for (const PipelineSpec& pipeline : spec.pipelines) {
    names.emplace_back(pipeline.name);
  }
  PrintLine("ready",
            boost::json::object{{"pid", getpid()},
                                {"data_dir", spec.data_dir},
                                {"pipelines", std::move(names)}},
            out);
}

void PrintProgress(const Process& process, OutputFormat format,
                   std::ostream& out) {
  if (format == OutputFormat::kJson) {
    PrintLine("progress", StatusToJson(process.Status()), out);
  } else {
    out << FormatProgress(process.Status()) << std::flush;
  }
}

// Stops `process`; a signal that comes meanwhile ends the program.
void StopOrDie(Process& process, absl::Duration grace, StopSignals& signals) {
  std::thread impatience([&signals] {
    if (signals.Wait(absl::InfiniteDuration()) ==
        StopSignals::Reason::kSignal) {
      constexpr char kMessage[] = "sluice: second signal, ending at once\n";
      [[maybe_unused]] const ssize_t written =
          write(STDERR_FILENO, kMessage, std::strlen(kMessage));
      _exit(kExitFailure);
    }
  });
  process.Stop(grace);
  signals.Wake();
  impatience.join();
}

// Prints the ledger and turns it into an exit code.
int PrintLedger(const admin::v1::ProcessStatus& status, OutputFormat format,
                std::ostream& out) {
  if (format == OutputFormat::kJson) {
    PrintLine("ledger", StatusToJson(status), out);
  } else {
    out << FormatLedger(status) << std::flush;
  }
  return IsBalanced(status) ? kExitOk : kExitFindings;
}

// An option that takes "500ms", "10s", "1h".
void AddDuration(CLI::App& command, const std::string& name,
                 const std::string& help, absl::Duration* value) {
  command
      .add_option_function<std::string>(
          name,
          [name, value](const std::string& text) {
            const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
            if (!parsed.ok()) {
              throw CLI::ValidationError(
                  name, std::string(parsed.status().message()));
            }
            *value = *parsed;
          },
          help)
      ->type_name("DURATION");
}

}  // namespace

void AddRunCommand(CLI::App& app, const PluginRegistry& registry,
                   CommandAction* action) {
  CLI::App* command =
      app.add_subcommand("run", "Run the pipelines of a configuration");
  auto options = std::make_shared<RunOptions>();
  command
      ->add_option("config,-c,--config", options->config,
                   "Configuration file (YAML)")
      ->required()
      ->type_name("FILE");
  AddOutputOption(*command, &options->output);
  AddDuration(*command, "--grace",
              "Longest wait for deliveries under way when stopping; default "
              "10s",
              &options->grace);
  AddDuration(*command, "--status-every",
              "Print progress at this interval; default: never",
              &options->status_every);
  command->add_flag("--until-finished", options->until_finished,
                    "Stop when finite sources (files, counts) are at their "
                    "end and everything is delivered");
  command->footer(
      "Runs until SIGINT (Ctrl-C) or SIGTERM, then stops sources, stores what\n"
      "is queued, lets deliveries under way end, and prints the ledger: where\n"
      "every event is. What is not delivered yet stays in the log for the\n"
      "next start. A second signal ends at once; nothing acknowledged is "
      "lost.\n"
      "\n"
      "Exit codes: 0 stopped and every event accounted for, 1 failed,\n"
      "2 mistakes in the configuration, 3 the ledger does not add up, 4 the\n"
      "data directory cannot be used.\n"
      "\n"
      "Examples:\n"
      "  sluice run --config sluice.yaml\n"
      "  sluice run -c sluice.yaml --status-every 10s --log-level warning\n"
      "  sluice run -c import.yaml --until-finished --output json");
  command->callback([options, &registry, action] {
    *action = [options, &registry] {
      return RunPipelines(*options, registry, std::cout, std::cerr);
    };
  });
}

int RunPipelines(const RunOptions& options, const PluginRegistry& registry,
                 std::ostream& out, std::ostream& err) {
  LoadResult config = LoadConfig(options.config, registry);
  if (!config.ok()) {
    for (const ConfigProblem& problem : config.problems) {
      err << problem.ToString() << "\n";
    }
    return kExitUsage;
  }
  const ProcessSpec& spec = config.loaded->spec;
  signal(SIGPIPE, SIG_IGN);  // A broken connection is an error of a write.
  StopSignals signals;
  absl::StatusOr<std::unique_ptr<Process>> process = Process::Start(spec);
  if (!process.ok()) {
    err << "sluice: " << std::string(process.status().message()) << "\n";
    return StartExitCode(process.status());
  }
  PrintReady(spec, options.output, out);
  if (options.until_finished) {
    (*process)->WhenFinished([&signals] { signals.Wake(); });
  }
  while (signals.Wait(options.status_every) == StopSignals::Reason::kTimeout) {
    PrintProgress(**process, options.output, out);
  }
  StopOrDie(**process, options.grace, signals);
  return PrintLedger((*process)->Status(), options.output, out);
}

int StartExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
      return kExitDataDir;
    default:
      return kExitFailure;
  }
}

}  // namespace sluice
