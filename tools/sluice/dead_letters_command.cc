#include "tools/sluice/dead_letters_command.h"

#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "boost/json.hpp"
#include "pipeline/runtime/data_directory.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/dead_letter_access.h"
#include "tools/sluice/dead_letter_output.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using storage::v1::DeadLetter;

int Fail(const absl::Status& status, int code, std::ostream& err) {
  err << "sluice: " << std::string(status.message()) << "\n";
  return code;
}

// Exit code for an error of opening.
int OpenExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return kExitFindings;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kInternal:
      return kExitFailure;
    default:
      return kExitDataDir;
  }
}

// Where the dead letters are: with a running process, or on a disk.
class Place {
 public:
  // A directory that a process uses means that process.
  //   kInvalidArgument: an option is missing or wrong.
  static absl::StatusOr<Place> Find(const DeadLettersOptions& options) {
    Place place;
    place.data_dir_ = options.data_dir;
    if (options.admin.address.empty() && !IsUsed(options.data_dir)) {
      return place;
    }
    AdminClientOptions admin = options.admin;
    admin.data_dir = options.data_dir;
    SLUICE_ASSIGN_OR_RETURN(AdminClient client, AdminClient::Create(admin));
    place.client_ = std::make_unique<AdminClient>(std::move(client));
    return place;
  }

  absl::StatusOr<std::vector<std::string>> Pipelines() const {
    if (client_ == nullptr) return PipelinesWithLog(data_dir_);
    return RunningPipelines(*client_);
  }

  absl::StatusOr<std::unique_ptr<DeadLetterAccess>> Open(
      const std::string& pipeline, std::ostream* terminal) const {
    if (client_ == nullptr) return OpenDeadLetters(data_dir_, pipeline);
    return ReachDeadLetters(client_.get(), pipeline, terminal);
  }

 private:
  static bool IsUsed(const std::string& data_dir) {
    std::error_code ignored;
    return std::filesystem::is_directory(data_dir, ignored) &&
           absl::IsFailedPrecondition(DataDirectory::Open(data_dir).status());
  }

  std::string data_dir_;
  std::unique_ptr<AdminClient> client_;  // Null: no process.
};

// Calls `handle` for each pipeline until one fails; it gives an exit code.
// `one`: ids are about a single pipeline, so there must be no doubt which.
int ForEachPipeline(const DeadLettersOptions& options, bool one,
                    std::ostream& err,
                    const std::function<absl::StatusOr<int>(
                        const std::string&, DeadLetterAccess&)>& handle) {
  const absl::StatusOr<Place> place = Place::Find(options);
  if (!place.ok()) return Fail(place.status(), kExitUsage, err);
  absl::StatusOr<std::vector<std::string>> pipelines = options.pipelines;
  if (options.pipelines.empty()) pipelines = place->Pipelines();
  if (!pipelines.ok()) return Fail(pipelines.status(), kExitDataDir, err);
  if (one && pipelines->size() > 1) {
    return Fail(absl::InvalidArgumentError(absl::StrCat(
                    "ids count for each pipeline on its own; choose one with "
                    "--pipeline: ",
                    absl::StrJoin(*pipelines, ", "))),
                kExitUsage, err);
  }
  int code = kExitOk;
  for (const std::string& pipeline : *pipelines) {
    const absl::StatusOr<std::unique_ptr<DeadLetterAccess>> letters =
        place->Open(pipeline, options.show_progress ? &err : nullptr);
    if (!letters.ok()) {
      return Fail(letters.status(), OpenExitCode(letters.status()), err);
    }
    const absl::StatusOr<int> handled = handle(pipeline, **letters);
    if (!handled.ok()) {
      return Fail(
          handled.status(),
          absl::IsInvalidArgument(handled.status()) ? kExitUsage : kExitFailure,
          err);
    }
    if (*handled != kExitOk) code = *handled;
  }
  return code;
}

bool NeedsOnePipeline(const DeadLettersOptions& options) {
  return options.id != 0 || options.after != 0 || !options.filter.ids.empty();
}

// What changes many letters wants to be told which.
absl::Status CheckMeant(const DeadLettersOptions& options) {
  if (options.filter.empty() == options.all) return absl::OkStatus();
  return absl::InvalidArgumentError(
      options.all ? "--all and a filter contradict each other"
                  : "say which: by --id, --sink, --source, --reason, --event, "
                    "--since, --until, or --all");
}

// A disk that is full must not look like a success.
int Written(std::ostream& out, std::ostream& err, int code) {
  out.flush();
  if (out.good()) return code;
  return Fail(absl::UnavailableError("the output could not be written"),
              kExitFailure, err);
}

void PrintPage(const DeadLettersOptions& options, const std::string& pipeline,
               const DeadLetterListing& listing, std::ostream& out) {
  out << "pipeline " << pipeline << ": " << Count(listing.total, "dead letter")
      << ", " << listing.total_bytes << " bytes\n"
      << FormatDeadLetters(listing.page.letters);
  if (listing.page.next_id.has_value()) {
    out << "  more: sluice dead-letters list " << options.data_dir
        << " --pipeline " << pipeline << " --after "
        << listing.page.letters.back().id() << "\n";
  }
}

boost::json::object PageToJson(const std::string& pipeline,
                               const DeadLetterListing& listing) {
  boost::json::array letters;
  for (const DeadLetter& letter : listing.page.letters) {
    letters.push_back(DeadLetterToJson(letter, pipeline, Payload::kSize));
  }
  boost::json::object object{{"name", pipeline},
                             {"total", listing.total},
                             {"total_bytes", listing.total_bytes},
                             {"dead_letters", std::move(letters)}};
  if (listing.page.next_id.has_value() && !listing.page.letters.empty()) {
    object["next_after"] = listing.page.letters.back().id();
  }
  return object;
}

void PrintRedriven(const DeadLettersOptions& options,
                   const std::string& pipeline, const RedriveReport& report,
                   std::ostream& out) {
  out << "pipeline " << pipeline << ": "
      << (options.dry_run ? "would redrive " : "redrove ")
      << Count(report.redriven, "dead letter");
  const char* separator = ": ";
  for (const auto& [sink, count] : report.by_sink) {
    out << separator << count << " to " << sink;
    separator = ", ";
  }
  out << "\n";
  for (const auto& [id, why] : report.refusals) {
    out << "  " << id << " stays: " << why << "\n";
  }
  if (report.refused > report.refusals.size()) {
    out << "  and " << report.refused - report.refusals.size()
        << " more stay\n";
  }
}

boost::json::object RedrivenToJson(const DeadLettersOptions& options,
                                   const std::string& pipeline,
                                   const RedriveReport& report) {
  boost::json::object by_sink;
  for (const auto& [sink, count] : report.by_sink) by_sink[sink] = count;
  boost::json::array refusals;
  for (const auto& [id, why] : report.refusals) {
    refusals.push_back(boost::json::object{{"id", id}, {"message", why}});
  }
  return {{"name", pipeline},
          {"dry_run", options.dry_run},
          {"redriven", report.redriven},
          {"by_sink", std::move(by_sink)},
          {"refused", report.refused},
          {"refusals", std::move(refusals)}};
}

// Prints the JSON document of a command over pipelines.
void PrintDocument(const DeadLettersOptions& options,
                   boost::json::array pipelines, std::ostream& out) {
  if (options.output != OutputFormat::kJson) return;
  out << boost::json::object{{"data_dir", options.data_dir},
                             {"pipelines", std::move(pipelines)}}
      << "\n";
}

}  // namespace

int RunDeadLettersList(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err) {
  boost::json::array pipelines;
  const int code = ForEachPipeline(
      options, NeedsOnePipeline(options), err,
      [&](const std::string& pipeline,
          DeadLetterAccess& letters) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(
            const DeadLetterListing listing,
            letters.List(options.filter, options.after + 1, options.limit));
        if (options.output == OutputFormat::kJson) {
          pipelines.push_back(PageToJson(pipeline, listing));
        } else {
          PrintPage(options, pipeline, listing, out);
        }
        return kExitOk;
      });
  if (code == kExitOk) PrintDocument(options, std::move(pipelines), out);
  return Written(out, err, code);
}

int RunDeadLettersShow(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err) {
  const int code = ForEachPipeline(
      options, /*one=*/true, err,
      [&](const std::string& pipeline,
          DeadLetterAccess& letters) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(const DeadLetter letter,
                                letters.Get(options.id));
        if (options.raw) {
          out << PayloadOf(letter);
        } else if (options.output == OutputFormat::kJson) {
          out << DeadLetterToJson(letter, pipeline, Payload::kWhole) << "\n";
        } else {
          out << FormatDeadLetter(letter, pipeline);
        }
        return kExitOk;
      });
  return Written(out, err, code);
}

int RunDeadLettersExport(const DeadLettersOptions& options, std::ostream& out,
                         std::ostream& err) {
  const int code = ForEachPipeline(
      options, NeedsOnePipeline(options), err,
      [&](const std::string& pipeline,
          DeadLetterAccess& letters) -> absl::StatusOr<int> {
        SLUICE_RETURN_IF_ERROR(
            letters.ForEach(options.filter, [&](const DeadLetter& letter) {
              out << DeadLetterToJson(letter, pipeline, Payload::kWhole)
                  << "\n";
              return out.good() ? absl::OkStatus()
                                : absl::UnavailableError(
                                      "the output could not be written");
            }));
        return kExitOk;
      });
  return code == kExitOk ? Written(out, err, code) : code;
}

int RunDeadLettersRedrive(const DeadLettersOptions& options, std::ostream& out,
                          std::ostream& err) {
  const absl::Status meant = CheckMeant(options);
  if (!meant.ok()) return Fail(meant, kExitUsage, err);
  boost::json::array pipelines;
  const int code = ForEachPipeline(
      options, NeedsOnePipeline(options), err,
      [&](const std::string& pipeline,
          DeadLetterAccess& letters) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(
            const RedriveReport report,
            letters.Redrive(options.filter, options.to, options.dry_run));
        if (options.output == OutputFormat::kJson) {
          pipelines.push_back(RedrivenToJson(options, pipeline, report));
        } else {
          PrintRedriven(options, pipeline, report, out);
        }
        return report.refused == 0 ? kExitOk : kExitFindings;
      });
  if (code == kExitOk || code == kExitFindings) {
    PrintDocument(options, std::move(pipelines), out);
  }
  return Written(out, err, code);
}

int RunDeadLettersEdit(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err) {
  const int code = ForEachPipeline(
      options, /*one=*/true, err,
      [&](const std::string& pipeline,
          DeadLetterAccess& letters) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(const DeadLetter letter,
                                letters.Edit(options.id, options.edit));
        if (options.output == OutputFormat::kJson) {
          out << DeadLetterToJson(letter, pipeline, Payload::kWhole) << "\n";
        } else {
          out << FormatDeadLetter(letter, pipeline);
        }
        return kExitOk;
      });
  return Written(out, err, code);
}

int RunDeadLettersPurge(const DeadLettersOptions& options, std::ostream& out,
                        std::ostream& err) {
  const absl::Status meant = CheckMeant(options);
  if (!meant.ok()) return Fail(meant, kExitUsage, err);
  boost::json::array pipelines;
  const int code = ForEachPipeline(
      options, NeedsOnePipeline(options), err,
      [&](const std::string& pipeline,
          DeadLetterAccess& letters) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(const uint64_t purged,
                                letters.Purge(options.filter, options.dry_run));
        if (options.output == OutputFormat::kJson) {
          pipelines.push_back(boost::json::object{{"name", pipeline},
                                                  {"dry_run", options.dry_run},
                                                  {"purged", purged}});
        } else {
          out << "pipeline " << pipeline << ": "
              << (options.dry_run ? "would purge " : "purged ")
              << Count(purged, "dead letter") << "\n";
        }
        return kExitOk;
      });
  if (code == kExitOk) PrintDocument(options, std::move(pipelines), out);
  return Written(out, err, code);
}

}  // namespace sluice
