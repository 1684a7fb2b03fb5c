#include "tools/sluice/demo_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "tools/demo/demo.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/output.h"
#include "tools/sluice/stop_signals.h"

namespace sluice {
namespace {

struct DemoCommandOptions {
  demo::DemoOptions demo;
  bool keep = false;
  OutputFormat format = OutputFormat::kText;
};

// Leaves everything up until Ctrl-C.
void WaitForEnd(StopSignals& signals, const std::string& pages) {
  std::cerr << "Still running, to be looked at:\n"
            << pages << "Ctrl-C ends it.\n";
  signals.Wait(absl::InfiniteDuration());
}

int RunDemoCommand(DemoCommandOptions options) {
  signal(SIGPIPE, SIG_IGN);
  const bool own_directory = options.demo.directory.empty();
  if (own_directory) {
    std::string directory =
        (std::filesystem::temp_directory_path() / "sluice-demo-XXXXXX")
            .string();
    if (::mkdtemp(directory.data()) == nullptr) {
      std::cerr << "sluice demo: cannot make a temporary folder\n";
      return kExitFailure;
    }
    options.demo.directory = directory;
  }
  // The live view is not the result: it goes to stderr where a script reads
  // stdout.
  options.demo.view =
      options.format == OutputFormat::kJson ? &std::cerr : &std::cout;
  options.demo.view_is_terminal = ::isatty(
      options.format == OutputFormat::kJson ? STDERR_FILENO : STDOUT_FILENO);
  StopSignals signals;
  options.demo.interrupted = [&signals] {
    return signals.Wait(absl::ZeroDuration()) == StopSignals::Reason::kSignal;
  };
  options.demo.at_end = [&](const std::string& pages) {
    *options.demo.view << "Pages:\n" << pages;
    if (options.keep) WaitForEnd(signals, pages);
  };
  const absl::StatusOr<demo::DemoReport> report = demo::RunDemo(options.demo);
  if (!report.ok()) {
    std::cerr << "sluice demo: " << report.status().message() << "\n";
    return kExitFailure;
  }
  if (options.format == OutputFormat::kJson) {
    std::cout << ToJson(*report) << "\n";
  } else {
    std::cout << "\n" << Describe(*report);
  }
  if (!report->Passed()) {
    std::cerr << "sluice demo: logs and data are in " << options.demo.directory
              << "\n";
    return kExitFindings;
  }
  if (own_directory) {
    std::error_code ignored;
    std::filesystem::remove_all(options.demo.directory, ignored);
  }
  return kExitOk;
}

}  // namespace

void AddDemoCommand(CLI::App& app, CommandAction* action) {
  auto options = std::make_shared<DemoCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "demo", "Watch events survive cuts, outages and kill -9, on the sandbox");
  command->add_option("--events", options->demo.events, "Readings to publish")
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  command->add_option("--devices", options->demo.devices, "Simulated devices")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--rate", options->demo.rate,
                   "Readings per second of all devices together")
      ->check(CLI::Range(10.0, 20'000.0))
      ->capture_default_str();
  command->add_option("--seed", options->demo.seed, "Seed of the readings")
      ->capture_default_str();
  command->add_option("--directory", options->demo.directory,
                      "Where configuration, data and log go and stay; default: "
                      "a temporary folder, removed on success");
  command->add_flag("--keep", options->keep,
                    "At the end leave everything up until Ctrl-C");
  AddOutputOption(*command, &options->format);
  command->footer(
      "Starts the sandbox, publishes real hourly weather readings from\n"
      "simulated devices and lets `sluice run` carry them into an activity\n"
      "feed and an inthing stream. On the way the event stream is cut twice,\n"
      "the feed answers 503 for some seconds and 429 once, and the process is\n"
      "killed with -9 and started again. In the end both sides are compared.\n"
      "\n"
      "Exit codes: 0 nothing lost and nothing doubled in the feed, 3 "
      "something\n"
      "was, 1 it could not run.\n"
      "\n"
      "Examples:\n"
      "  sluice demo\n"
      "  sluice demo --keep\n"
      "  sluice demo --output json | jq .lost\n"
      "  sluice demo --events 100000 --rate 5000 --directory /tmp/demo\n");
  command->callback([options, action] {
    *action = [options] { return RunDemoCommand(*options); };
  });
}

}  // namespace sluice
