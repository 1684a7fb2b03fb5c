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
#include "tools/sluice/estimate.h"
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

// Makes a call with one answer, which `print` gets.
template <typename Request, typename Response, typename Print>
int Ask(const PipelinesOptions& options, const Request& request,
        grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&,
                                   Response*),
        std::ostream& err, Print print) {
  return WithStub<v1::PipelineService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        Response response;
        const auto context = client.NewContext(absl::Seconds(10) +
                                               kGracesPerCall * options.grace);
        const grpc::Status answer =
            (stub.*call)(context.get(), request, &response);
        if (!answer.ok()) return client.Fail(answer, err);
        print(response);
        return kExitOk;
      });
}

// The same for calls that answer with the status of the pipeline.
template <typename Request>
int AskForStatus(const PipelinesOptions& options, const Request& request,
                 grpc::Status (Stub::*call)(grpc::ClientContext*,
                                            const Request&,
                                            v1::PipelineStatus*),
                 std::ostream& out, std::ostream& err) {
  return Ask(options, request, call, err,
             [&](const v1::PipelineStatus& status) {
               PrintPipeline(status, options.output, out);
             });
}

// What is kept of a pipeline that is not configured any more.
constexpr char kRemoved[] = "removed";

void PrintList(const std::vector<v1::PipelineSummary>& pipelines,
               const std::vector<std::string>& removed, OutputFormat format,
               std::ostream& out) {
  if (format == OutputFormat::kJson) {
    boost::json::array list;
    for (const v1::PipelineSummary& pipeline : pipelines) {
      list.push_back({{"name", pipeline.name()},
                      {"state", PipelineStateName(pipeline.state())},
                      {"health", HealthName(pipeline.health())},
                      {"sources", ToJson(pipeline.sources())},
                      {"sinks", ToJson(pipeline.sinks())}});
    }
    for (const std::string& name : removed) {
      list.push_back({{"name", name}, {"state", kRemoved}});
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
  for (const std::string& name : removed) {
    rows.push_back({name, kRemoved, "", "", ""});
  }
  out << FormatTable(rows);
}

void PrintDrain(const v1::DrainPipelineResponse& drain, OutputFormat format,
                std::ostream& out) {
  if (format == OutputFormat::kJson) {
    boost::json::object sinks;
    boost::json::object done_in;
    for (const v1::SinkDrain& sink : drain.sinks()) {
      sinks[sink.name()] = sink.waiting();
      if (sink.has_done_in()) done_in[sink.name()] = sink.done_in().seconds();
    }
    out << boost::json::object{{"waiting", drain.waiting()},
                               {"sinks", std::move(sinks)},
                               {"done_in_seconds", std::move(done_in)},
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
      absl::StrAppend(&part, ", done in about ",
                      About(absl::Seconds(sink.done_in().seconds())));
    }
    parts.push_back(std::move(part));
  }
  out << (drain.done() ? "drained" : absl::StrJoin(parts, "; ")) << "\n"
      << std::flush;
}

void PrintDeleted(const PipelinesOptions& options,
                  const v1::DeletePipelineResponse& response,
                  std::ostream& out) {
  if (options.output == OutputFormat::kJson) {
    out << boost::json::object{{"pipeline", options.pipeline},
                               {"waiting", response.waiting()},
                               {"dead_letters", response.dead_letters()},
                               {"stored_bytes", response.stored_bytes()},
                               {"dry_run", options.dry_run}}
        << "\n";
    return;
  }
  out << options.pipeline
      << (options.dry_run ? " would lose " : " is deleted: ")
      << Count(response.waiting(), "waiting event") << ", "
      << Count(response.dead_letters(), "dead letter") << ", "
      << Count(response.stored_bytes(), "byte") << " of events\n";
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
  CLI::App* command = app.add_subcommand(
      "pipelines", "Pause, drain, resume and delete pipelines");
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
  CLI::App* remove = AddCommand(
      *command, "delete",
      "Delete what is kept of a pipeline that is not configured any more",
      DeletePipeline, options, action);
  remove->add_flag("--discard", options->discard,
                   "Also what is not delivered, and dead letters");
  remove->add_flag("--dry-run", options->dry_run,
                   "Only say what would be lost");
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
      "  sluice pipelines resume office --data-dir /var/lib/sluice\n"
      "  sluice pipelines delete office --dry-run --data-dir /var/lib/sluice");
}

int ListPipelines(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err) {
  return WithStub<v1::PipelineService>(
      options.admin, err, [&](const AdminClient& client, Stub& stub) -> int {
        std::vector<v1::PipelineSummary> pipelines;
        std::vector<std::string> removed;
        v1::ListPipelinesRequest request;
        do {
          v1::ListPipelinesResponse response;
          const grpc::Status answer =
              stub.ListPipelines(client.NewContext().get(), request, &response);
          if (!answer.ok()) return client.Fail(answer, err);
          pipelines.insert(pipelines.end(), response.pipelines().begin(),
                           response.pipelines().end());
          removed.assign(response.removed().begin(), response.removed().end());
          request.set_page_token(response.next_page_token());
        } while (!request.page_token().empty());
        PrintList(pipelines, removed, options.output, out);
        return kExitOk;
      });
}

int ShowPipeline(const PipelinesOptions& options, std::ostream& out,
                 std::ostream& err) {
  v1::GetPipelineRequest request;
  request.set_pipeline(options.pipeline);
  return AskForStatus(options, request, &Stub::GetPipeline, out, err);
}

int PausePipeline(const PipelinesOptions& options, std::ostream& out,
                  std::ostream& err) {
  v1::PausePipelineRequest request;
  request.set_pipeline(options.pipeline);
  *request.mutable_grace() = ToProto(options.grace);
  return AskForStatus(options, request, &Stub::PausePipeline, out, err);
}

int ResumePipeline(const PipelinesOptions& options, std::ostream& out,
                   std::ostream& err) {
  v1::ResumePipelineRequest request;
  request.set_pipeline(options.pipeline);
  return AskForStatus(options, request, &Stub::ResumePipeline, out, err);
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

int DeletePipeline(const PipelinesOptions& options, std::ostream& out,
                   std::ostream& err) {
  v1::DeletePipelineRequest request;
  request.set_pipeline(options.pipeline);
  request.set_discard(options.discard);
  request.set_dry_run(options.dry_run);
  return Ask(options, request, &Stub::DeletePipeline, err,
             [&](const v1::DeletePipelineResponse& response) {
               PrintDeleted(options, response, out);
             });
}

}  // namespace sluice
