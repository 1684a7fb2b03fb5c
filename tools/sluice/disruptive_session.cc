#include "tools/sluice/disruptive_session.h"

#include <iostream>

#include "CLI/CLI.hpp"
#include "plugins/disruptive/api_error.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using disruptive::v1::DisruptiveConfig;

int RunBody(const DisruptiveOptions& options, const PluginRegistry& registry,
            const std::function<absl::Status(DisruptiveSession&)>& body,
            std::ostream& out, std::ostream& err) {
  const absl::StatusOr<DisruptiveConfig> config =
      MakeDisruptiveConfig(options.access, registry);
  if (!config.ok()) return FinishDisruptive(config.status(), out, err);
  absl::StatusOr<disruptive::Settings> settings =
      disruptive::MakeClientSettings(*config);
  if (!settings.ok()) {
    return FinishDisruptive(
        disruptive::ArgumentError(ConfigErrorField(settings.status()),
                                  std::string(settings.status().message())),
        out, err);
  }
  DisruptiveSession session(*std::move(settings), config->project(),
                            options.output, &out, &err);
  return FinishDisruptive(body(session), out, err);
}

}  // namespace

DisruptiveSession::DisruptiveSession(disruptive::Settings settings,
                                     std::string project, OutputFormat output,
                                     std::ostream* out, std::ostream* err)
    : settings_(std::move(settings)),
      project_(std::move(project)),
      output_(output),
      out_(out),
      err_(err) {
  random_ref_.emplace(random_);
  http_.Run([this] {
    client_ = std::make_unique<disruptive::DisruptiveClient>(
        &settings_, http_.executor(), http_.http(), &*random_ref_);
  });
}

DisruptiveSession::~DisruptiveSession() {
  http_.Run([this] { client_.reset(); });
}

void DisruptiveSession::Say(std::string_view text) {
  if (output_ == OutputFormat::kText) *out_ << text << "\n";
}

CLI::App* DisruptiveCommands::Add(CLI::App& parent, const std::string& name,
                                  const std::string& what,
                                  DisruptiveOptions* options) const {
  CLI::App* command = parent.add_subcommand(name, what);
  AddOutputOption(*command, &options->output);
  AddAccessOptions(*command, &options->access);
  return command;
}

void DisruptiveCommands::OnRun(
    CLI::App* command, std::shared_ptr<DisruptiveOptions> options,
    std::function<absl::Status(DisruptiveSession&)> body) const {
  command->callback([registry = registry, action = action,
                     options = std::move(options), body = std::move(body)] {
    *action = [registry, options, body] {
      return RunBody(*options, *registry, body, std::cout, std::cerr);
    };
  });
}

int FinishDisruptive(const absl::Status& status, std::ostream& out,
                     std::ostream& err) {
  out.flush();
  if (!status.ok()) {
    err << "sluice: " << std::string(status.message()) << "\n";
    const bool argument = absl::IsInvalidArgument(status) &&
                          !disruptive::ApiErrorOf(status).has_value();
    return argument ? kExitUsage : kExitFailure;
  }
  if (out.good()) return kExitOk;
  err << "sluice: the output could not be written\n";
  return kExitFailure;
}

}  // namespace sluice
