#include "tools/sluice/process_command.h"

#include <iostream>
#include <memory>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "boost/json.hpp"
#include "google/protobuf/util/time_util.h"
#include "proto/admin/v1/process.grpc.pb.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;
using Stub = v1::ProcessService::Stub;

constexpr char kLevelPrefix[] = "LOG_LEVEL_";

// Calls `work` with a stub, if the options allow one.
template <typename Work>
int WithStub(const ProcessOptions& options, std::ostream& err, Work work) {
  const absl::StatusOr<AdminClient> client = AdminClient::Create(options.admin);
  if (!client.ok()) {
    err << "sluice: " << std::string(client.status().message()) << "\n";
    return kExitUsage;
  }
  const std::unique_ptr<Stub> stub =
      v1::ProcessService::NewStub(client->channel());
  return work(*client, *stub);
}

boost::json::array ToJson(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  boost::json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

std::string StartTimeOf(const v1::ProcessInfo& info) {
  return google::protobuf::util::TimeUtil::ToString(info.start_time());
}

void PrintInfo(const v1::ProcessInfo& info, OutputFormat format,
               std::ostream& out) {
  if (format == OutputFormat::kJson) {
    out << boost::json::object{{"version", info.version()},
                               {"pid", info.pid()},
                               {"start_time", StartTimeOf(info)},
                               {"data_dir", info.data_dir()},
                               {"pipelines", ToJson(info.pipelines())},
                               {"source_plugins",
                                ToJson(info.source_plugins())},
                               {"transform_plugins",
                                ToJson(info.transform_plugins())},
                               {"sink_plugins", ToJson(info.sink_plugins())},
                               {"caller", info.caller()},
                               {"role", info.role()}}
        << "\n";
    return;
  }
  const auto cell = [](const auto& names) {
    return Cell(absl::StrJoin(names, " "));
  };
  out << FormatTable(
      {{"version", Cell(info.version())},
       {"process", absl::StrCat(info.pid())},
       {"started", StartTimeOf(info)},
       {"data in", Cell(info.data_dir())},
       {"pipelines", cell(info.pipelines())},
       {"sources", cell(info.source_plugins())},
       {"transforms", cell(info.transform_plugins())},
       {"sinks", cell(info.sink_plugins())},
       {"you are",
        Cell(absl::StrCat(info.caller(), ", with the role ", info.role()))}});
}

std::string LevelName(v1::LogLevel level) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::LogLevel_Name(level), kLevelPrefix));
}

CLI::App* AddCommand(
    CLI::App& app, const std::string& name, const std::string& what,
    int (*run)(const ProcessOptions&, std::ostream&, std::ostream&),
    const std::shared_ptr<ProcessOptions>& options, CommandAction* action) {
  CLI::App* command = app.add_subcommand(name, what);
  AddAdminOptions(*command, &options->admin);
  AddOutputOption(*command, &options->output);
  command->callback([options, run, action] {
    *action = [options, run] { return run(*options, std::cout, std::cerr); };
  });
  return command;
}

}  // namespace

void AddInfoCommand(CLI::App& app, CommandAction* action) {
  AddCommand(app, "info", "Show what a running process is", ShowInfo,
             std::make_shared<ProcessOptions>(), action)
      ->footer(
          "Exit codes: 0 shown, 1 the process cannot be reached or refuses,\n"
          "2 the command line is wrong.\n"
          "\n"
          "Examples:\n"
          "  sluice info --data-dir /var/lib/sluice\n"
          "  sluice info --data-dir /var/lib/sluice --output json");
}

void AddLogLevelCommand(CLI::App& app, CommandAction* action) {
  const auto options = std::make_shared<ProcessOptions>();
  CLI::App* command =
      AddCommand(app, "log-level", "Show or change what a running process logs",
                 ShowLogLevel, options, action);
  command
      ->add_option("level", options->log_level,
                   "error, warning, info or debug; without it nothing changes")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->type_name("LEVEL");
  command->footer(
      "The level holds until the process ends.\n"
      "\n"
      "Exit codes: 0 done, 1 the process cannot be reached or refuses,\n"
      "2 the command line is wrong.\n"
      "\n"
      "Examples:\n"
      "  sluice log-level --data-dir /var/lib/sluice\n"
      "  sluice log-level debug --data-dir /var/lib/sluice");
}

int ShowInfo(const ProcessOptions& options, std::ostream& out,
             std::ostream& err) {
  return WithStub(options, err,
                  [&](const AdminClient& client, Stub& stub) -> int {
                    v1::ProcessInfo info;
                    const grpc::Status answer =
                        stub.GetInfo(client.NewContext().get(), {}, &info);
                    if (!answer.ok()) return client.Fail(answer, err);
                    PrintInfo(info, options.output, out);
                    return kExitOk;
                  });
}

int ShowLogLevel(const ProcessOptions& options, std::ostream& out,
                 std::ostream& err) {
  return WithStub(
      options, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::LogLevelResponse response;
        grpc::Status answer;
        if (options.log_level.empty()) {
          answer = stub.GetLogLevel(client.NewContext().get(), {}, &response);
        } else {
          v1::LogLevel level = v1::LOG_LEVEL_UNSPECIFIED;
          v1::LogLevel_Parse(absl::StrCat(kLevelPrefix, absl::AsciiStrToUpper(
                                                            options.log_level)),
                             &level);
          v1::SetLogLevelRequest request;
          request.set_level(level);
          answer =
              stub.SetLogLevel(client.NewContext().get(), request, &response);
        }
        if (!answer.ok()) return client.Fail(answer, err);
        const std::string level = LevelName(response.level());
        if (options.output == OutputFormat::kJson) {
          out << boost::json::object{{"level", level}} << "\n";
        } else {
          out << level << "\n";
        }
        return kExitOk;
      });
}

}  // namespace sluice
