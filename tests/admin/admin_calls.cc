#include "tests/admin/admin_calls.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor_database.h"

namespace sluice {
namespace {

using config::v1::ADMIN;
using config::v1::OPERATOR;
using config::v1::VIEWER;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

constexpr char kOffice[] = "pipeline: 'office'";
constexpr char kArchive[] = "pipeline: 'office' sink: 'archive'";

}  // namespace

const std::vector<AdminCall>& AdminCalls() {
  static const auto& calls = *new std::vector<AdminCall>{
      {"ConfigService/ApplyConfig",
       ADMIN,
       "text: '$CONFIG'",
       {"config", "apply", "$CONFIG"}},
      {"ConfigService/GetConfig", VIEWER, "", {"config", "show"}},
      {"ConfigService/ListConfigs", VIEWER, "", {"config", "history"}},
      {"ConfigService/RollbackConfig",
       ADMIN,
       "generation: 1",
       {"config", "rollback"}},
      {"DeadLetterService/EditDeadLetter",
       OPERATOR,
       absl::StrCat(kOffice, " id: 1 set {key: 'subject' value: 'moved'}"),
       {"dead-letters", "edit", "$DATA_DIR", "1", "-p", "office", "--set",
        "subject=moved"}},
      {"DeadLetterService/ExportDeadLetters",
       VIEWER,
       kOffice,
       {"dead-letters", "export", "$DATA_DIR", "-p", "office"}},
      {"DeadLetterService/GetDeadLetter",
       VIEWER,
       absl::StrCat(kOffice, " id: 1"),
       {"dead-letters", "show", "$DATA_DIR", "1", "-p", "office"}},
      {"DeadLetterService/ListDeadLetters",
       VIEWER,
       kOffice,
       {"dead-letters", "list", "$DATA_DIR", "-p", "office"}},
      {"DeadLetterService/PurgeDeadLetters",
       ADMIN,
       absl::StrCat(kOffice, " all: true"),
       {"dead-letters", "purge", "$DATA_DIR", "--all", "-p", "office"}},
      {"DeadLetterService/RedriveDeadLetters",
       OPERATOR,
       absl::StrCat(kOffice, " all: true"),
       {"dead-letters", "redrive", "$DATA_DIR", "--all", "-p", "office"}},
      {"EventService/ExplainEvent",
       VIEWER,
       absl::StrCat(kOffice, " id: 'nobody'"),
       {"explain", "office", "nobody"}},
      {"EventService/TapEvents",
       VIEWER,
       absl::StrCat(kOffice, " from {oldest: true} limit: 1"),
       {"tap", "office", "--from", "oldest", "--limit", "1"}},
      {"PipelineService/DeletePipeline",
       ADMIN,
       "pipeline: 'former'",
       {"pipelines", "delete", "former"}},
      {"PipelineService/DrainPipeline",
       OPERATOR,
       kOffice,
       {"pipelines", "drain", "office"}},
      {"PipelineService/GetPipeline",
       VIEWER,
       kOffice,
       {"pipelines", "show", "office"}},
      {"PipelineService/ListPipelines", VIEWER, "", {"pipelines", "list"}},
      {"PipelineService/PausePipeline",
       OPERATOR,
       kOffice,
       {"pipelines", "pause", "office"}},
      {"PipelineService/ResumePipeline",
       OPERATOR,
       kOffice,
       {"pipelines", "resume", "office"}},
      {"PluginService/GetConfigSchema",
       VIEWER,
       "",
       {"config", "schema", "--running"}},
      {"PluginService/ListPlugins", VIEWER, "", {"plugins", "--running"}},
      {"ProcessService/GetInfo", VIEWER, "", {"info"}},
      {"ProcessService/GetLogLevel", VIEWER, "", {"log-level"}},
      {"ProcessService/GetStatus", VIEWER, "", {"status"}},
      {"ProcessService/SetLogLevel",
       OPERATOR,
       "level: LOG_LEVEL_INFO",
       {"log-level", "info"}},
      {"ProcessService/WatchStatus", VIEWER, "", {"top", "--frames", "1"}},
      {"SinkService/ForgetSink",
       ADMIN,
       kArchive,
       {"sinks", "forget", "office", "archive"}},
      {"SinkService/GetSinkCursor",
       VIEWER,
       kArchive,
       {"sinks", "cursor", "office", "archive"}},
      {"SinkService/PauseSink",
       OPERATOR,
       kArchive,
       {"sinks", "pause", "office", "archive"}},
      {"SinkService/ReplayToSink",
       OPERATOR,
       absl::StrCat(kArchive, " from {oldest: true} to {end: true}"),
       {"sinks", "replay", "office", "archive", "--from", "oldest"}},
      {"SinkService/ResumeSink",
       OPERATOR,
       kArchive,
       {"sinks", "resume", "office", "archive"}},
      {"SinkService/RewindSink",
       OPERATOR,
       absl::StrCat(kArchive, " to {oldest: true}"),
       {"sinks", "rewind", "office", "archive", "--to", "oldest"}},
      {"SinkService/SkipSink",
       ADMIN,
       absl::StrCat(kArchive, " to {end: true}"),
       {"sinks", "skip", "office", "archive", "--to", "end"}},
  };
  return calls;
}

const AdminCall* FindAdminCall(const std::string& name) {
  const std::vector<AdminCall>& calls = AdminCalls();
  const auto found = std::find_if(
      calls.begin(), calls.end(),
      [&name](const AdminCall& call) { return call.name == name; });
  return found == calls.end() ? nullptr : &*found;
}

std::vector<const MethodDescriptor*> AdminMethods() {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  std::sort(files.begin(), files.end());
  std::vector<const MethodDescriptor*> methods;
  for (const std::string& name : files) {
    if (!absl::StartsWith(name, "proto/admin/v1/")) continue;
    const FileDescriptor* file =
        DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

std::string NameOf(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->name(), "/", method.name());
}

std::string PathOf(const std::string& name) {
  return absl::StrCat("/sluice.admin.v1.", name);
}

}  // namespace sluice
