#include "tools/sluice/validate_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

template <typename Spec>
boost::json::array NamesAndPlugins(const std::vector<Spec>& components) {
  boost::json::array list;
  for (const Spec& component : components) {
    list.push_back(boost::json::object{{"name", component.name},
                                       {"plugin", component.plugin}});
  }
  return list;
}

boost::json::array Describe(const ProcessSpec& spec) {
  boost::json::array pipelines;
  for (const PipelineSpec& pipeline : spec.pipelines) {
    boost::json::array transforms;
    for (const TransformSpec& transform : pipeline.transforms) {
      transforms.push_back(boost::json::object{{"plugin", transform.plugin}});
    }
    pipelines.push_back(boost::json::object{
        {"name", pipeline.name},
        {"sources", NamesAndPlugins(pipeline.sources)},
        {"transforms", std::move(transforms)},
        {"sinks", NamesAndPlugins(pipeline.sinks)},
    });
  }
  return pipelines;
}

boost::json::object ToJson(const std::string& file, const LoadResult& result) {
  boost::json::array problems;
  for (const ConfigProblem& problem : result.problems) {
    problems.push_back(boost::json::object{{"file", problem.file},
                                           {"line", problem.line},
                                           {"path", problem.path},
                                           {"message", problem.message}});
  }
  boost::json::object object{{"file", file},
                             {"valid", result.ok()},
                             {"problems", std::move(problems)}};
  if (result.ok()) object["pipelines"] = Describe(result.loaded->spec);
  return object;
}

std::string Summary(const std::string& file, const ProcessSpec& spec) {
  size_t sources = 0;
  size_t transforms = 0;
  size_t sinks = 0;
  for (const PipelineSpec& pipeline : spec.pipelines) {
    sources += pipeline.sources.size();
    transforms += pipeline.transforms.size();
    sinks += pipeline.sinks.size();
  }
  return absl::StrCat(
      file, ": good: ", Count(spec.pipelines.size(), "pipeline"), ", ",
      Count(sources, "source"), ", ", Count(transforms, "transform"), ", ",
      Count(sinks, "sink"));
}

}  // namespace

void AddValidateCommand(CLI::App& app, const PluginRegistry& registry,
                        CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "validate", "Check configuration files without starting anything");
  auto options = std::make_shared<ValidateOptions>();
  command
      ->add_option("config,-c,--config", options->configs,
                   "Configuration files (YAML)")
      ->required()
      ->type_name("FILE");
  AddOutputOption(*command, &options->output);
  command->footer(
      "Lists every mistake as file:line: path: what is wrong and what is\n"
      "allowed. Checks syntax, names, values, plugins' own rules, and that\n"
      "environment variables and secrets are there; connects to nothing.\n"
      "\n"
      "Exit codes: 0 all good, 2 mistakes found.\n"
      "\n"
      "Examples:\n"
      "  sluice validate sluice.yaml\n"
      "  sluice validate --output json sluice.yaml | jq '.problems[].line'");
  command->callback([options, &registry, action] {
    *action = [options, &registry] {
      return RunValidate(*options, registry, std::cout, std::cerr);
    };
  });
}

int RunValidate(const ValidateOptions& options, const PluginRegistry& registry,
                std::ostream& out, std::ostream& err) {
  bool all_good = true;
  boost::json::array objects;
  for (const std::string& file : options.configs) {
    const LoadResult result = LoadConfig(file, registry);
    all_good = all_good && result.ok();
    if (options.output == OutputFormat::kJson) {
      objects.push_back(ToJson(file, result));
    } else if (result.ok()) {
      out << Summary(file, result.loaded->spec) << "\n";
    } else {
      PrintProblems(result.problems, err);
    }
  }
  if (objects.size() == 1) {
    out << objects[0] << "\n";
  } else if (!objects.empty()) {
    out << objects << "\n";
  }
  return all_good ? kExitOk : kExitUsage;
}

void PrintProblems(const std::vector<ConfigProblem>& problems,
                   std::ostream& err) {
  for (const ConfigProblem& problem : problems) {
    err << problem.ToString() << "\n";
  }
}

}  // namespace sluice
