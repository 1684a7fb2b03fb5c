#include "tools/sluice/pipelines_command.h"

#include <memory>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "boost/json.hpp"
#include "proto/admin/v1/pipelines.grpc.pb.h"
#include "tools/sluice/admin_call.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/status_output.h"
#include "tools/sluice/to_proto_duration.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;
using Stub = v1::PipelineService::Stub;

// Sources, sinks in order, and a sync, each may take the grace.
constexpr int kGracesPerCall = 4;

std::string HealthName(v1::HealthState health) {
  return absl::AsciiStrToLower(v1::HealthState_Name(health));
}

boost::json::array ToJson(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  boost::json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

// A call that answers with the status of the pipeline.
template <typename Request>
int Ask(const PipelinesOptions& options, const Request& request,
        grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&,
                                   v1::PipelineStatus*),
        std::ostream& out, std::ostream& err) {
  return WithStub<v1::PipelineService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::PipelineStatus status;
        const auto context = client.NewContext(absl::Seconds(10) +
                                               kGracesPerCall * options.grace);
        const grpc::Status answer =
            (stub.*call)(context.get(), request, &status);
        if (!answer.ok()) return client.Fail(answer, err);
        PrintPipeline(status, options.output, out);
        return kExitOk;
      });
}

void PrintList(const std::vector<v1::PipelineSummary>& pipelines,
               OutputFormat format, std::ostream& out) {
  if (format == OutputFormat::kJson) {
    boost::json::array list;
    for (const v1::PipelineSummary& pipeline : pipelines) {
      list.push_back({{"name", pipeline.name()},
                      {"state", PipelineStateName(pipeline.state())},
                      {"health", HealthName(pipeline.health())},
                      {"sources", ToJson(pipeline.sources())},
                      {"sinks", ToJson(pipeline.sinks())}});
    }
    out << list << "\n";
    return;
  }
  std::vector<std::vector<std::string>> rows = {
      {"PIPELINE", "STATE", "HEALTH", "SOURCES", "SINKS"}};
  for (const v1::PipelineSummary& pipeline : pipelines) {
    rows.push_back({pipeline.name(), PipelineStateName(pipeline.state()),
                    HealthName(pipeline.health()),
                    absl::StrJoin(pipeline.sources(), " "),
                    absl::StrJoin(pipeline.sinks(), " ")});
  }
  out << FormatTable(rows);
}

void PrintDrain(const v1::DrainPipelineResponse& drain, OutputFormat format,
                std::ostream& out) {
  if (format == OutputFormat::kJson) {
    boost::json::object sinks;
    for (const v1::SinkDrain& sink : drain.sinks()) {
      sinks[sink.name()] = sink.waiting();
    }
    out << boost::json::object{{"waiting", drain.waiting()},
                               {"sinks", std::move(sinks)},
                               {"done", drain.done()}}
        << "\n"
        << std::flush;
    return;
  }
  std::vector<std::string> parts;
  for (const v1::SinkDrain& sink : drain.sinks()) {
    if (sink.waiting() == 0) continue;
    std::string part =
        absl::StrCat(sink.name(), " ", Count(sink.waiting(), "event"));
    if (sink.has_done_in()) {
      absl::StrAppend(
          &part, ", done in about ",
          absl::FormatDuration(absl::Seconds(sink.done_in().seconds())));
    }
    parts.push_back(std::move(part));
  }
  out << (drain.done() ? "drained" : absl::StrJoin(parts, "; ")) << "\n"
      << std::flush;
}

using Run = int (*)(const PipelinesOptions&, std::ostream&, std::ostream&);

// A command for one pipeline.
CLI::App* AddCommand(CLI::App& parent, const std::string& name,
                     const std::string& what, Run run,
                     const std::shared_ptr<PipelinesOptions>& options,
                     CommandAction* action) {
  CLI::App* command = AddAdminCommand(parent, name, what, run, options, action);
  command->add_option("pipeline", options->pipeline, "The pipeline")
      ->required()
      ->type_name("PIPELINE");
  return command;
}

void AddGrace(CLI::App* command, PipelinesOptions* options) {
  AddDurationOption(*command, "--grace",
                    "Longest wait for what is under way; default 10s",
                    &options->grace);
}

}  // namespace

void AddPipelinesCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command =
      app.add_subcommand("pipelines", "Pause, drain and resume pipelines");
  command->require_subcommand(1);
  const auto options = std::make_shared<PipelinesOptions>();
  AddAdminCommand(*command, "list",
                  "All pipelines, their states and their health", ListPipelines,
                  options, action);
  AddCommand(*command, "show", "How one stands", ShowPipeline, options, action);
  AddGrace(AddCommand(*command, "pause",
                      "Stop its sources and sinks until it is resumed",
                      PausePipeline, options, action),
           options.get());
  AddCommand(*command, "resume",
             "Let it run; what was stopped reads its secrets anew",
             ResumePipeline, options, action);
  CLI::App* drain = AddCommand(
      *command, "drain",
      "Stop its sources and wait until the sinks have done with everything",
      DrainPipeline, options, action);
  AddGrace(drain, options.get());
  AddDurationOption(*drain, "--interval",
                    "Print how far it is so often (200ms to 1h); default 1s",
                    &options->interval);
  command->footer(
      "What is paused stays so across restarts. Ctrl-C ends the telling of a\n"
      "drain, not the drain: the sources stay stopped until `resume`.\n"
      "\n"
      "Exit codes: 0 done, 1 the process cannot be reached or refuses,\n"
      "2 the command line is wrong, or there is no such pipeline.\n"
      "\n"
      "Examples:\n"
      "  sluice pipelines list --data-dir /var/lib/sluice\n"
      "  sluice pipelines drain office --data-dir /var/lib/sluice\n"
      "  sluice pipelines resume office --data-dir /var/lib/sluice");
}

int ListPipelines(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err) {
  return WithStub<v1::PipelineService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        std::vector<v1::PipelineSummary> pipelines;
        v1::ListPipelinesRequest request;
        do {
          v1::ListPipelinesResponse response;
          const grpc::Status answer =
              stub.ListPipelines(client.NewContext().get(), request, &response);
          if (!answer.ok()) return client.Fail(answer, err);
          pipelines.insert(pipelines.end(), response.pipelines().begin(),
                           response.pipelines().end());
          request.set_page_token(response.next_page_token());
        } while (!request.page_token().empty());
        PrintList(pipelines, options.output, out);
        return kExitOk;
      });
}

int ShowPipeline(const PipelinesOptions& options, std::ostream& out,
                 std::ostream& err) {
  v1::GetPipelineRequest request;
  request.set_pipeline(options.pipeline);
  return Ask(options, request, &Stub::GetPipeline, out, err);
}

int PausePipeline(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err) {
  v1::PausePipelineRequest request;
  request.set_pipeline(options.pipeline);
  *request.mutable_grace() = ToProto(options.grace);
  return Ask(options, request, &Stub::PausePipeline, out, err);
}

int ResumePipeline(const PipelinesOptions& options, std::ostream& out,
                   std::ostream& err) {
  v1::ResumePipelineRequest request;
  request.set_pipeline(options.pipeline);
  return Ask(options, request, &Stub::ResumePipeline, out, err);
}

int DrainPipeline(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err) {
  return WithStub<v1::PipelineService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        v1::DrainPipelineRequest request;
        request.set_pipeline(options.pipeline);
        *request.mutable_grace() = ToProto(options.grace);
        *request.mutable_interval() = ToProto(options.interval);
        const auto context = client.NewContext(absl::InfiniteDuration());
        const auto reader = stub.DrainPipeline(context.get(), request);
        v1::DrainPipelineResponse drain;
        while (reader->Read(&drain)) PrintDrain(drain, options.output, out);
        const grpc::Status ended = reader->Finish();
        if (!ended.ok()) return client.Fail(ended, err);
        if (drain.done()) return kExitOk;
        err << "sluice: the drain was ended by another call\n";
        return kExitFailure;
      });
}

}  // namespace sluice
