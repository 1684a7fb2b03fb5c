#include "tools/sluice/bench_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "boost/json.hpp"
#include "storage/base/status_macros.h"
#include "tools/bench/scenarios.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/output.h"
#include "tools/sluice/subprocess.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

struct BenchOptions {
  std::vector<std::string> scenarios;
  int runs = 3;
  uint64_t events = 0;
  std::string directory;
  OutputFormat format = OutputFormat::kText;
  // Runs the one scenario in this process, in `directory`, and prints its
  // figures; what each measured run is.
  bool in_process = false;
};

// Figures of all runs of one scenario, in the order the scenario gives them.
struct Measured {
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> values;
  bool complete = true;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

const bench::Scenario* FindScenario(const std::string& name) {
  for (const bench::Scenario& scenario : bench::AllScenarios()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

int RunInProcess(const BenchOptions& options) {
  bench::ScenarioOptions scenario_options;
  scenario_options.data_dir = options.directory;
  scenario_options.events = options.events;
  const absl::StatusOr<bench::ScenarioResult> result =
      FindScenario(options.scenarios.at(0))->run(scenario_options);
  if (!result.ok()) {
    std::cerr << "sluice bench: " << result.status().message() << "\n";
    return kExitFailure;
  }
  boost::json::object figures;
  for (const auto& [name, value] : result->figures) figures[name] = value;
  std::cout << boost::json::object{{"complete", result->complete},
                                   {"figures", figures}}
            << "\n";
  return kExitOk;
}

// Runs `scenario` once in a process and a directory of its own.
absl::StatusOr<boost::json::object> RunOnce(const BenchOptions& options,
                                            const std::string& scenario) {
  std::string directory =
      absl::StrCat(options.directory, "/sluice-bench-XXXXXX");
  if (::mkdtemp(directory.data()) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot make a folder in ", options.directory));
  }
  std::string line;
  Subprocess::Options child_options;
  child_options.arguments = {
      "bench",       "--in-process", "--scenario", scenario,
      "--directory", directory,      "--events",   absl::StrCat(options.events),
      "--log-level", "warning"};
  child_options.on_line = [&line](std::string_view text) {
    line = std::string(text);
  };
  auto child = Subprocess::Start(std::move(child_options));
  if (!child.ok()) return child.status();
  const int code = (*child)->Wait();
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  if (code != 0 || error || !value.is_object()) {
    return absl::InternalError(
        absl::StrCat("scenario ", scenario, " ended with exit code ", code));
  }
  return value.as_object();
}

absl::StatusOr<Measured> Measure(const BenchOptions& options,
                                 const std::string& scenario) {
  Measured measured;
  for (int run = 0; run < options.runs; ++run) {
    SLUICE_ASSIGN_OR_RETURN(const boost::json::object result,
                            RunOnce(options, scenario));
    measured.complete = measured.complete && result.at("complete").as_bool();
    for (const auto& figure : result.at("figures").as_object()) {
      const std::string name(figure.key());
      std::vector<double>& values = measured.values[name];
      if (values.empty()) measured.names.push_back(name);
      values.push_back(figure.value().to_number<double>());
    }
  }
  return measured;
}

void Print(const bench::Scenario& scenario, const Measured& measured) {
  std::cout << scenario.name << ": " << scenario.summary
            << (measured.complete ? "" : "  [EVENTS MISSING]") << "\n";
  std::vector<std::vector<std::string>> rows = {
      {"  figure", "median", "min", "max"}};
  for (const std::string& name : measured.names) {
    const std::vector<double>& values = measured.values.at(name);
    const auto [least, most] =
        std::minmax_element(values.begin(), values.end());
    rows.push_back(
        {absl::StrCat("  ", name), absl::StrFormat("%.6g", Median(values)),
         absl::StrFormat("%.6g", *least), absl::StrFormat("%.6g", *most)});
  }
  std::cout << FormatTable(rows) << "\n" << std::flush;
}

boost::json::object ToJson(const Measured& measured) {
  boost::json::object figures;
  for (const std::string& name : measured.names) {
    const std::vector<double>& values = measured.values.at(name);
    const auto [least, most] =
        std::minmax_element(values.begin(), values.end());
    figures[name] = boost::json::object{
        {"median", Median(values)}, {"min", *least}, {"max", *most}};
  }
  return {{"complete", measured.complete}, {"figures", figures}};
}

int RunBench(const BenchOptions& options) {
  if (options.in_process) return RunInProcess(options);
  std::vector<std::string> names = options.scenarios;
  if (names.empty()) {
    for (const auto& scenario : bench::AllScenarios()) {
      names.push_back(scenario.name);
    }
  }
  boost::json::object all;
  bool complete = true;
  for (const std::string& name : names) {
    std::cerr << "sluice bench: " << name << ", " << options.runs
              << (options.runs == 1 ? " run\n" : " runs\n");
    const absl::StatusOr<Measured> measured = Measure(options, name);
    if (!measured.ok()) {
      std::cerr << "sluice bench: " << measured.status().message() << "\n";
      return kExitFailure;
    }
    complete = complete && measured->complete;
    if (options.format == OutputFormat::kText) {
      Print(*FindScenario(name), *measured);
    } else {
      all[name] = ToJson(*measured);
    }
  }
  if (options.format == OutputFormat::kJson) {
    std::cout << boost::json::object{{"runs", options.runs}, {"scenarios", all}}
              << "\n";
  }
  return complete ? kExitOk : kExitFindings;
}

std::string ScenarioList() {
  std::string list = "Scenarios:\n";
  for (const auto& scenario : bench::AllScenarios()) {
    absl::StrAppend(&list, "  ", scenario.name, "  ", scenario.summary, "\n");
  }
  return list;
}

}  // namespace

void AddBenchCommand(CLI::App& app, CommandAction* action) {
  auto options = std::make_shared<BenchOptions>();
  options->directory = fs::temp_directory_path().string();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure how fast this build is on this machine");
  std::vector<std::string> names;
  for (const auto& scenario : bench::AllScenarios()) {
    names.push_back(scenario.name);
  }
  command
      ->add_option("--scenario", options->scenarios,
                   "What to measure; may be given several times. Default: all")
      ->check(CLI::IsMember(names));
  command->add_option("--runs", options->runs, "Runs of each, for the median")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--events", options->events,
                      "Events of a run; 0: what suits the scenario");
  command
      ->add_option("--directory", options->directory,
                   "Where to put the logs; choose the disk to be measured")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  command->add_flag("--in-process", options->in_process)->group("");
  AddOutputOption(*command, &options->format);
  command->footer(ScenarioList() +
                  "\nExamples:\n"
                  "  sluice bench\n"
                  "  sluice bench --scenario throughput_durable --runs 5\n"
                  "  sluice bench --output json --directory /var/tmp\n");
  command->callback([options, action] {
    *action = [options] { return RunBench(*options); };
  });
}

}  // namespace sluice
