#include "tools/sluice/status_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "proto/admin/v1/process.grpc.pb.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/status_output.h"
#include "tools/sluice/to_proto_duration.h"

namespace sluice {
namespace {

admin::v1::GetStatusRequest RequestOf(const StatusOptions& options) {
  admin::v1::GetStatusRequest request;
  request.mutable_pipelines()->Assign(options.pipelines.begin(),
                                      options.pipelines.end());
  return request;
}

int ShowOnce(const StatusOptions& options, const AdminClient& client,
             std::ostream& out, std::ostream& err) {
  const auto stub = admin::v1::ProcessService::NewStub(client.channel());
  admin::v1::ProcessStatus status;
  const grpc::Status answer =
      stub->GetStatus(client.NewContext().get(), RequestOf(options), &status);
  if (!answer.ok()) return client.Fail(answer, err);
  if (options.output == OutputFormat::kJson) {
    out << StatusToJson(status) << "\n";
  } else {
    out << FormatLedger(status);
  }
  return kExitOk;
}

int Watch(const StatusOptions& options, const AdminClient& client,
          std::ostream& out, std::ostream& err) {
  const auto stub = admin::v1::ProcessService::NewStub(client.channel());
  admin::v1::WatchStatusRequest request;
  *request.mutable_what() = RequestOf(options);
  *request.mutable_interval() = ToProto(options.watch);
  const auto context = client.NewContext(absl::InfiniteDuration());
  const auto reader = stub->WatchStatus(context.get(), request);
  admin::v1::ProcessStatus status;
  bool any = false;
  while (reader->Read(&status)) {
    any = true;
    if (options.output == OutputFormat::kJson) {
      out << StatusToJson(status) << "\n" << std::flush;
    } else {
      out << FormatProgress(status) << std::flush;
    }
  }
  const grpc::Status ended = reader->Finish();
  // A process that was there and went is no failure of watching it.
  if (any && (ended.error_code() == grpc::StatusCode::UNAVAILABLE ||
              ended.error_code() == grpc::StatusCode::CANCELLED)) {
    return kExitOk;
  }
  return ended.ok() ? kExitOk : client.Fail(ended, err);
}

}  // namespace

void AddStatusCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command =
      app.add_subcommand("status", "Show how a running process stands");
  auto options = std::make_shared<StatusOptions>();
  AddAdminOptions(*command, &options->admin);
  command
      ->add_option("-p,--pipeline", options->pipelines,
                   "Only these pipelines; default: all")
      ->type_name("NAME");
  AddDurationOption(*command, "--watch",
                    "Go on, with a line per pipeline at this interval (200ms "
                    "to 1h)",
                    &options->watch);
  AddOutputOption(*command, &options->output);
  command->footer(
      "Exit codes: 0 shown, 1 the process cannot be reached or refuses,\n"
      "2 the command line is wrong.\n"
      "\n"
      "Examples:\n"
      "  sluice status --data-dir /var/lib/sluice\n"
      "  sluice status --data-dir data --watch 1s\n"
      "  sluice status --admin 10.0.0.7:7070 --token-file token --output json");
  command->callback([options, action] {
    *action = [options] { return RunStatus(*options, std::cout, std::cerr); };
  });
}

int RunStatus(const StatusOptions& options, std::ostream& out,
              std::ostream& err) {
  const absl::StatusOr<AdminClient> client = AdminClient::Create(options.admin);
  if (!client.ok()) {
    err << "sluice: " << std::string(client.status().message()) << "\n";
    return kExitUsage;
  }
  return options.watch > absl::ZeroDuration()
             ? Watch(options, *client, out, err)
             : ShowOnce(options, *client, out, err);
}

}  // namespace sluice
