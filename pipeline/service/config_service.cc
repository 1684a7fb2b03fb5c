#include "pipeline/service/config_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "glog/logging.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/topology/config_difference.h"
#include "pipeline/topology/config_loader.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// Of what an answer tells one by one; more is of no use to a person.
constexpr size_t kMaxProblems = 50;
constexpr size_t kMaxDifferences = 1000;

// Who applied what a process began with.
constexpr char kStart[] = "start";

absl::Status ProblemsAsStatus(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> lines;
  for (const ConfigProblem& problem : problems) {
    if (lines.size() == kMaxProblems) {
      lines.push_back(
          absl::StrCat("and ", problems.size() - kMaxProblems, " more"));
      break;
    }
    lines.push_back(problem.ToString());
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

storage::v1::ConfigRecord MakeRecord(const std::string& text,
                                     const std::string& file,
                                     const std::string& by) {
  storage::v1::ConfigRecord record;
  record.set_time_unix_nanos(absl::ToUnixNanos(Clock::Real()->Now()));
  record.set_by(by);
  record.set_file(file);
  record.set_text(text);
  return record;
}

void AddDifferences(const std::string& before, const std::string& after,
                    admin::v1::ApplyConfigResponse& response) {
  for (ConfigDifference& found : FindDifferences(before, after)) {
    if (response.differences().size() == static_cast<int>(kMaxDifferences)) {
      return;
    }
    admin::v1::ConfigDifference* difference = response.add_differences();
    difference->set_path(std::move(found.path));
    if (found.before.has_value()) {
      difference->set_before(*std::move(found.before));
    }
    if (found.after.has_value()) difference->set_after(*std::move(found.after));
  }
}

// Of what is kept beside the text of a configuration.
absl::Status CheckLength(const char* field, const std::string& value) {
  constexpr size_t kMaxBytes = 4096;
  if (value.size() <= kMaxBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": must have at most ", kMaxBytes, " bytes"));
}

}  // namespace

absl::Status RecordStart(const std::string& text, const std::string& file,
                         ConfigHistory& history) {
  const absl::StatusOr<storage::v1::ConfigRecord> latest =
      history.Get(history.latest());
  if (latest.ok() && latest->text() == text) return absl::OkStatus();
  LOG_IF(WARNING, latest.ok() && latest->by() != kStart)
      << file << " is not what was applied last (generation "
      << latest->generation() << ", by " << latest->by()
      << "); it runs now, and that one can be rolled back to";
  SLUICE_RETURN_IF_ERROR(history.Add(MakeRecord(text, file, kStart)).status());
  history.ForgetOldest();
  return absl::OkStatus();
}

ConfigService::ConfigService(Process* process, const PluginRegistry* registry,
                             CurrentPlugins* plugins, ConfigHistory* history,
                             LongCalls* calls)
    : process_(process),
      registry_(registry),
      plugins_(plugins),
      history_(history),
      calls_(calls) {}

admin::v1::Configuration ConfigService::Describe(
    const storage::v1::ConfigRecord& record) const {
  admin::v1::Configuration config;
  config.set_generation(record.generation());
  *config.mutable_time() =
      ToTimestamp(absl::FromUnixNanos(record.time_unix_nanos()));
  config.set_by(record.by());
  config.set_comment(record.comment());
  config.set_file(record.file());
  config.set_text(record.text());
  config.set_current(record.generation() == history_->latest());
  return config;
}

grpc::ServerUnaryReactor* ConfigService::GetConfig(
    grpc::CallbackServerContext* context,
    const admin::v1::GetConfigRequest* request,
    admin::v1::Configuration* config) {
  return calls_->Look(context, config::v1::VIEWER,
                      [this, request, config](const Caller&) -> absl::Status {
                        const uint64_t generation = request->generation() == 0
                                                        ? history_->latest()
                                                        : request->generation();
                        SLUICE_ASSIGN_OR_RETURN(
                            const storage::v1::ConfigRecord record,
                            history_->Get(generation));
                        *config = Describe(record);
                        return absl::OkStatus();
                      });
}

grpc::ServerUnaryReactor* ConfigService::ListConfigs(
    grpc::CallbackServerContext* context,
    const admin::v1::ListConfigsRequest* request,
    admin::v1::ListConfigsResponse* response) {
  return calls_->Look(
      context, config::v1::VIEWER,
      [this, request, response](const Caller&) -> absl::Status {
        // The token is the generation that the page begins with.
        uint64_t first = history_->latest();
        if (!request->page_token().empty() &&
            !absl::SimpleAtoi(request->page_token(), &first)) {
          return absl::InvalidArgumentError(
              "page_token: must be the next_page_token of an answer");
        }
        if (request->page_size() < 0) {
          return absl::InvalidArgumentError("page_size: must be 0 or more");
        }
        for (const storage::v1::ConfigRecord& record : history_->List()) {
          if (record.generation() > first) continue;
          if (request->page_size() != 0 &&
              response->configs_size() == request->page_size()) {
            response->set_next_page_token(absl::StrCat(record.generation()));
            break;
          }
          *response->add_configs() = Describe(record);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ConfigService::ApplyConfig(
    grpc::CallbackServerContext* context,
    const admin::v1::ApplyConfigRequest* request,
    admin::v1::ApplyConfigResponse* response) {
  return calls_->Change(context, config::v1::ADMIN, "ApplyConfig", *request,
                        [this, request, response](const Caller& caller) {
                          return Apply(*request, caller.name, *response);
                        });
}

grpc::ServerUnaryReactor* ConfigService::RollbackConfig(
    grpc::CallbackServerContext* context,
    const admin::v1::RollbackConfigRequest* request,
    admin::v1::ApplyConfigResponse* response) {
  return calls_->Change(context, config::v1::ADMIN, "RollbackConfig", *request,
                        [this, request, response](const Caller& caller) {
                          return Rollback(*request, caller.name, *response);
                        });
}

absl::Status ConfigService::CheckGeneration(uint64_t expected) const {
  if (expected == 0 || expected == history_->latest()) return absl::OkStatus();
  return absl::AbortedError(
      absl::StrCat("generation ", history_->latest(), " runs, not ", expected));
}

absl::Status ConfigService::Apply(const admin::v1::ApplyConfigRequest& request,
                                  const std::string& by,
                                  admin::v1::ApplyConfigResponse& response) {
  SLUICE_RETURN_IF_ERROR(CheckGeneration(request.expected_generation()));
  SLUICE_RETURN_IF_ERROR(CheckLength("comment", request.comment()));
  SLUICE_RETURN_IF_ERROR(CheckLength("file", request.file()));
  SLUICE_ASSIGN_OR_RETURN(const absl::Duration grace,
                          GraceOf(request.has_grace(), request.grace()));
  const LoadResult config = LoadConfigText(
      request.text(), request.file().empty() ? "config" : request.file(),
      *registry_, ProcessEnvironment());
  if (!config.ok()) return ProblemsAsStatus(config.problems);
  SLUICE_ASSIGN_OR_RETURN(const storage::v1::ConfigRecord before,
                          history_->Get(history_->latest()));
  SLUICE_ASSIGN_OR_RETURN(
      ComponentChanges changes,
      request.validate_only()
          ? process_->Preview(config.loaded->spec)
          : Change(request, by, config.loaded->spec, grace));
  if (!request.validate_only()) plugins_->Set(config.loaded->plugins);
  response.set_generation(history_->latest());
  response.mutable_changes()->Assign(changes.begin(), changes.end());
  AddDifferences(before.text(), request.text(), response);
  return absl::OkStatus();
}

absl::StatusOr<ComponentChanges> ConfigService::Change(
    const admin::v1::ApplyConfigRequest& request, const std::string& by,
    const ProcessSpec& spec, absl::Duration grace) {
  // Before anything changes: what runs must be known.
  storage::v1::ConfigRecord record =
      MakeRecord(request.text(), request.file(), by);
  record.set_comment(request.comment());
  SLUICE_RETURN_IF_ERROR(history_->Add(std::move(record)).status());
  absl::StatusOr<ComponentChanges> changes = process_->Apply(spec, grace);
  if (changes.ok()) {
    history_->ForgetOldest();
  } else {
    history_->RemoveLatest();
  }
  return changes;
}

absl::Status ConfigService::Rollback(
    const admin::v1::RollbackConfigRequest& request, const std::string& by,
    admin::v1::ApplyConfigResponse& response) {
  const uint64_t generation =
      request.generation() == 0 ? history_->latest() - 1 : request.generation();
  SLUICE_ASSIGN_OR_RETURN(storage::v1::ConfigRecord record,
                          history_->Get(generation));
  admin::v1::ApplyConfigRequest apply;
  apply.set_text(std::move(*record.mutable_text()));
  apply.set_file(record.file());
  apply.set_validate_only(request.validate_only());
  apply.set_expected_generation(request.expected_generation());
  apply.set_comment(request.comment().empty()
                        ? absl::StrCat("back to generation ", generation)
                        : request.comment());
  if (request.has_grace()) *apply.mutable_grace() = request.grace();
  return Apply(apply, by, response);
}

}  // namespace sluice
