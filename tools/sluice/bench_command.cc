#include "tools/sluice/bench_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "boost/json.hpp"
#include "pipeline/topology/scalar_values.h"
#include "storage/base/status_macros.h"
#include "storage/base/write_file.h"
#include "tools/bench/machine.h"
#include "tools/bench/report.h"
#include "tools/bench/report_chart.h"
#include "tools/bench/scenarios.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/output.h"
#include "tools/sluice/subprocess.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

struct BenchOptions {
  std::vector<std::string> scenarios;
  std::vector<std::string> groups;
  int runs = 3;
  // data_dir is a new folder in `directory` for each run.
  bench::ScenarioOptions scenario;
  std::string directory;
  OutputFormat format = OutputFormat::kText;
  std::string svg_file;
  // Runs the one scenario in this process, in `directory`, and prints its
  // figures; what each measured run is.
  bool in_process = false;
};

int Fail(const absl::Status& status) {
  std::cerr << "sluice bench: " << status.message() << "\n";
  return kExitFailure;
}

int RunInProcess(const BenchOptions& options) {
  bench::ScenarioOptions scenario_options = options.scenario;
  scenario_options.data_dir = options.directory;
  const absl::StatusOr<bench::ScenarioResult> result =
      bench::FindScenario(options.scenarios.at(0))->run(scenario_options);
  if (!result.ok()) return Fail(result.status());
  std::cout << bench::RunToJson(result->figures, result->complete) << "\n";
  return kExitOk;
}

std::vector<std::string> ChildArguments(const BenchOptions& options,
                                        const std::string& scenario,
                                        const std::string& directory) {
  return {"bench",       "--in-process",
          "--scenario",  scenario,
          "--directory", directory,
          "--events",    absl::StrCat(options.scenario.events),
          "--pipelines", absl::StrCat(options.scenario.pipelines),
          "--idle-time", DurationText(options.scenario.idle_time),
          "--log-level", "warning"};
}

// Runs `scenario` once in a process and a directory of its own.
absl::Status RunOnce(const BenchOptions& options, const std::string& scenario,
                     bench::Measured* measured) {
  std::string directory =
      absl::StrCat(options.directory, "/sluice-bench-XXXXXX");
  if (::mkdtemp(directory.data()) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot make a folder in ", options.directory));
  }
  std::string line;
  Subprocess::Options child_options;
  child_options.arguments = ChildArguments(options, scenario, directory);
  child_options.on_line = [&line](std::string_view text) {
    line = std::string(text);
  };
  auto child = Subprocess::Start(std::move(child_options));
  if (!child.ok()) return child.status();
  const int code = (*child)->Wait();
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  if (code != kExitOk) {
    return absl::InternalError(
        absl::StrCat("scenario ", scenario, " ended with exit code ", code));
  }
  return bench::AddRunOfJson(line, measured);
}

absl::StatusOr<bench::Measured> Measure(const BenchOptions& options,
                                        const std::string& scenario) {
  bench::Measured measured(scenario);
  for (int run = 0; run < options.runs; ++run) {
    SLUICE_RETURN_IF_ERROR(RunOnce(options, scenario, &measured));
  }
  return measured;
}

void Print(const bench::Measured& measured) {
  const bench::Scenario& scenario = *bench::FindScenario(measured.scenario());
  std::cout << scenario.name << ": " << scenario.summary
            << (measured.complete() ? "" : "  [EVENTS MISSING]") << "\n";
  std::vector<std::vector<std::string>> rows = {
      {"  figure", "median", "min", "max"}};
  for (const auto& [name, spread] : measured.rows()) {
    rows.push_back({absl::StrCat("  ", name),
                    absl::StrFormat("%.6g", spread.median),
                    absl::StrFormat("%.6g", spread.min),
                    absl::StrFormat("%.6g", spread.max)});
  }
  std::cout << FormatTable(rows) << "\n" << std::flush;
}

// What was asked for, in the order of the table; everything if nothing was.
std::vector<std::string> ChosenScenarios(const BenchOptions& options) {
  const auto contains = [](const std::vector<std::string>& list,
                           std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  const bool all = options.scenarios.empty() && options.groups.empty();
  std::vector<std::string> names;
  for (const bench::Scenario& scenario : bench::AllScenarios()) {
    if (all || contains(options.scenarios, scenario.name) ||
        contains(options.groups, bench::ScenarioGroupName(scenario.group))) {
      names.push_back(scenario.name);
    }
  }
  return names;
}

int RunBench(const BenchOptions& options) {
  if (options.in_process) return RunInProcess(options);
  bench::Report report;
  report.machine = bench::DescribeMachine(options.directory);
  report.runs = options.runs;
  const bool text = options.format == OutputFormat::kText;
  int exit_code = kExitOk;
  if (text) std::cout << bench::MachineLine(report.machine) << "\n\n";
  for (const std::string& name : ChosenScenarios(options)) {
    std::cerr << "sluice bench: " << name << ", "
              << Count(static_cast<uint64_t>(options.runs), "run") << "\n";
    absl::StatusOr<bench::Measured> measured = Measure(options, name);
    if (!measured.ok()) {
      // What the others come to is worth having all the same.
      exit_code = Fail(measured.status());
      continue;
    }
    if (text) Print(*measured);
    report.scenarios.push_back(*std::move(measured));
  }
  if (!text) std::cout << bench::ToJson(report) << "\n";
  if (!options.svg_file.empty()) {
    const absl::Status written =
        WriteFile(options.svg_file, bench::ReportChart(report));
    if (!written.ok()) return Fail(written);
  }
  if (exit_code != kExitOk) return exit_code;
  return report.complete() ? kExitOk : kExitFindings;
}

std::vector<std::string> ScenarioNames() {
  std::vector<std::string> names;
  for (const auto& scenario : bench::AllScenarios()) {
    names.push_back(scenario.name);
  }
  return names;
}

// In order, each once.
std::vector<std::string> GroupNames() {
  std::vector<std::string> names;
  for (const auto& scenario : bench::AllScenarios()) {
    const std::string name(bench::ScenarioGroupName(scenario.group));
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::string ScenarioList() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& scenario : bench::AllScenarios()) {
    rows.push_back({absl::StrCat("  ", scenario.name),
                    std::string(bench::ScenarioGroupName(scenario.group)),
                    scenario.summary});
  }
  return absl::StrCat("Scenarios, with their groups:\n", FormatTable(rows));
}

void AddOptions(CLI::App* command, BenchOptions* options) {
  command
      ->add_option("--scenario", options->scenarios,
                   "What to measure; may be given several times. Default: all")
      ->check(CLI::IsMember(ScenarioNames()));
  command
      ->add_option("--group", options->groups,
                   "A group of scenarios; may be given several times")
      ->check(CLI::IsMember(GroupNames()));
  command->add_option("--runs", options->runs, "Runs of each, for the median")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command
      ->add_option("--events", options->scenario.events,
                   "Events of a run; 0: what suits the scenario. The lone "
                   "events of a latency, the largest backlog of "
                   "growth_backlog (up to 100,000,000)")
      ->capture_default_str();
  command
      ->add_option("--pipelines", options->scenario.pipelines,
                   "Pipelines of growth_pipelines")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  AddDurationOption(*command, "--idle-time",
                    "How long growth_pipelines and idle watch a process that "
                    "has nothing to do. Default: 5s",
                    &options->scenario.idle_time);
  command
      ->add_option("--directory", options->directory,
                   "Where to put the logs; choose the disk to be measured")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  command
      ->add_option("--svg", options->svg_file,
                   "Also draw rates and latencies into this file")
      ->type_name("FILE");
  command->add_flag("--in-process", options->in_process)->group("");
  AddOutputOption(*command, &options->format);
}

}  // namespace

void AddBenchCommand(CLI::App& app, CommandAction* action) {
  auto options = std::make_shared<BenchOptions>();
  options->directory = fs::temp_directory_path().string();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure how fast this build is on this machine");
  AddOptions(command, options.get());
  command->footer(ScenarioList() +
                  "\nExamples:\n"
                  "  sluice bench --group paths --group latency\n"
                  "  sluice bench --scenario throughput_durable --runs 5\n"
                  "  sluice bench --scenario growth_backlog --events 100000000 "
                  "--runs 1\n"
                  "  sluice bench --output json --svg bench.svg "
                  "--directory /var/tmp\n");
  command->callback([options, action] {
    *action = [options] { return RunBench(*options); };
  });
}

}  // namespace sluice
