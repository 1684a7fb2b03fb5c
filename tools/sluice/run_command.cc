#include "tools/sluice/run_command.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "glog/logging.h"
#include "google/protobuf/util/time_util.h"
#include "pipeline/abi/host/plugin_library.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/admin_server.h"
#include "pipeline/topology/config_loader.h"
#include "storage/base/version.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/service_notifier.h"
#include "tools/sluice/service_reporter.h"
#include "tools/sluice/status_output.h"
#include "tools/sluice/stop_signals.h"

namespace sluice {
namespace {

// Prints one JSON object, {key: value}, as a line.
void PrintLine(const char* key, boost::json::value value, std::ostream& out) {
  out << boost::json::object{{key, std::move(value)}} << "\n" << std::flush;
}

void PrintReady(const ProcessSpec& spec, const Process& process,
                const AdminServer* admin, OutputFormat format,
                std::ostream& out) {
  const std::string address = admin == nullptr ? "off" : admin->address();
  std::string monitoring = process.monitoring_address();
  if (!monitoring.empty()) monitoring.insert(0, "http://");
  if (format == OutputFormat::kText) {
    out << "ready: " << Count(spec.pipelines.size(), "pipeline") << ", data in "
        << spec.data_dir << ", admin API at " << address
        << (monitoring.empty() ? "" : ", monitoring on ") << monitoring << "\n"
        << std::flush;
    return;
  }
  boost::json::array names;
  for (const PipelineSpec& pipeline : spec.pipelines) {
    names.emplace_back(pipeline.name);
  }
  boost::json::object ready{{"pid", getpid()},
                            {"data_dir", spec.data_dir},
                            {"admin", address},
                            {"pipelines", std::move(names)}};
  if (!monitoring.empty()) ready["monitoring"] = monitoring;
  PrintLine("ready", std::move(ready), out);
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

admin::v1::ProcessInfo InfoOf(const ProcessSpec& spec) {
  admin::v1::ProcessInfo info;
  info.set_version(kVersion);
  info.set_pid(getpid());
  *info.mutable_start_time() =
      google::protobuf::util::TimeUtil::GetCurrentTime();
  info.set_data_dir(spec.data_dir);
  return info;
}

// Null: there is to be none. What nobody asked for must not stand in the way of
// the pipelines.
absl::StatusOr<std::unique_ptr<AdminServer>> StartAdmin(
    const LoadedConfig& config, const PluginRegistry& registry,
    Process& process) {
  const ProcessSpec& spec = config.spec;
  if (spec.admin.listen.empty()) return nullptr;
  ConfigOrigin origin;
  origin.registry = &registry;
  origin.plugins = config.plugins;
  origin.text = config.text;
  origin.file = config.file;
  origin.history = ConfigHistoryPath(spec.data_dir);
  absl::StatusOr<std::unique_ptr<AdminServer>> server =
      AdminServer::Start(spec.admin, &process, InfoOf(spec), origin);
  if (server.ok() || !spec.admin.is_default) return server;
  LOG(WARNING) << "no admin API, set admin.listen: "
               << std::string(server.status().message());
  return nullptr;
}

// Of the variables of this process. A service manager that waits for what it
// will not hear ends the process; the log says why.
ServiceNotifier MakeServiceNotifier() {
  absl::StatusOr<ServiceNotifier> notifier =
      ServiceNotifier::Create(ServiceNotifier::FromEnvironment());
  if (notifier.ok()) return *std::move(notifier);
  LOG(WARNING) << "the service manager is told nothing: "
               << std::string(notifier.status().message());
  return {};
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
  AddDurationOption(
      *command, "--grace",
      "Longest wait for deliveries under way when stopping; default "
      "10s",
      &options->grace);
  AddDurationOption(*command, "--status-every",
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
  abi::ForbidNewLibraries();
  absl::StatusOr<std::unique_ptr<Process>> process = Process::Start(spec);
  if (!process.ok()) {
    err << "sluice: " << std::string(process.status().message()) << "\n";
    return StartExitCode(process.status());
  }
  absl::StatusOr<std::unique_ptr<AdminServer>> admin =
      StartAdmin(*config.loaded, registry, **process);
  if (!admin.ok()) {
    err << "sluice: " << std::string(admin.status().message()) << "\n";
    return StartExitCode(admin.status());
  }
  ThreadExecutor service("service");
  ServiceReporter reporter(
      {.notifier = MakeServiceNotifier(),
       .threads = ThreadWatch((*process)->threads()),
       .status = [&process] { return (*process)->Status(); },
       .executor = &service});
  PrintReady(spec, **process, admin->get(), options.output, out);
  reporter.Ready();
  if (options.until_finished) {
    (*process)->WhenFinished([&signals] { signals.Wake(); });
  }
  while (signals.Wait(options.status_every) == StopSignals::Reason::kTimeout) {
    PrintProgress(**process, options.output, out);
  }
  reporter.Stopping();
  StopOrDie(**process, options.grace, signals);
  service.Stop();
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
