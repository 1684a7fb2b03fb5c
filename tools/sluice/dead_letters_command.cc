#include "tools/sluice/dead_letters_command.h"

#include <functional>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "boost/json.hpp"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/dead_letter_output.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/log_report.h"
#include "tools/sluice/offline_log.h"

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

// Calls `handle` for each pipeline until one fails; it gives an exit code.
// `one`: ids are about a single pipeline, so there must be no doubt which.
int ForEachBox(
    const DeadLettersOptions& options, bool one, std::ostream& err,
    const std::function<absl::StatusOr<int>(const OfflineLog&, DeadLetterBox&)>&
        handle) {
  absl::StatusOr<std::vector<std::string>> pipelines = options.pipelines;
  if (options.pipelines.empty()) pipelines = PipelinesOf(options.data_dir);
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
    const absl::StatusOr<OfflineLog> opened =
        OpenOfflineLog(options.data_dir, pipeline);
    if (!opened.ok()) {
      return Fail(opened.status(), OpenExitCode(opened.status()), err);
    }
    DeadLetterBox box(opened->log.get(), Clock::Real());
    const absl::StatusOr<int> handled = handle(*opened, box);
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

void PrintPage(const DeadLettersOptions& options, const OfflineLog& log,
               const DeadLetterPage& page, std::ostream& out) {
  const LogStats stats = log.log->stats();
  out << "pipeline " << log.pipeline << ": "
      << Count(stats.dead_letters, "dead letter") << ", "
      << stats.dead_letter_bytes << " bytes\n"
      << FormatDeadLetters(page.letters);
  if (page.next_id.has_value()) {
    out << "  more: sluice dead-letters list " << options.data_dir
        << " --pipeline " << log.pipeline << " --after "
        << page.letters.back().id() << "\n";
  }
}

boost::json::object PageToJson(const OfflineLog& log,
                               const DeadLetterPage& page) {
  const LogStats stats = log.log->stats();
  boost::json::array letters;
  for (const DeadLetter& letter : page.letters) {
    letters.push_back(DeadLetterToJson(letter, log.pipeline, Payload::kSize));
  }
  boost::json::object object{{"name", log.pipeline},
                             {"total", stats.dead_letters},
                             {"total_bytes", stats.dead_letter_bytes},
                             {"dead_letters", std::move(letters)}};
  if (page.next_id.has_value() && !page.letters.empty()) {
    object["next_after"] = page.letters.back().id();
  }
  return object;
}

void PrintRedriven(const DeadLettersOptions& options, const OfflineLog& log,
                   const RedriveReport& report, std::ostream& out) {
  out << "pipeline " << log.pipeline << ": "
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
                                   const OfflineLog& log,
                                   const RedriveReport& report) {
  boost::json::object by_sink;
  for (const auto& [sink, count] : report.by_sink) by_sink[sink] = count;
  boost::json::array refusals;
  for (const auto& [id, why] : report.refusals) {
    refusals.push_back(boost::json::object{{"id", id}, {"message", why}});
  }
  return {{"name", log.pipeline},        {"dry_run", options.dry_run},
          {"redriven", report.redriven}, {"by_sink", std::move(by_sink)},
          {"refused", report.refused},   {"refusals", std::move(refusals)}};
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
  const int code = ForEachBox(
      options, NeedsOnePipeline(options), err,
      [&](const OfflineLog& log, DeadLetterBox& box) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(
            const DeadLetterPage page,
            box.List(options.filter, options.after + 1, options.limit));
        if (options.output == OutputFormat::kJson) {
          pipelines.push_back(PageToJson(log, page));
        } else {
          PrintPage(options, log, page, out);
        }
        return kExitOk;
      });
  if (code == kExitOk) PrintDocument(options, std::move(pipelines), out);
  return Written(out, err, code);
}

int RunDeadLettersShow(const DeadLettersOptions& options, std::ostream& out,
                       std::ostream& err) {
  const int code = ForEachBox(
      options, /*one=*/true, err,
      [&](const OfflineLog& log, DeadLetterBox& box) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(const DeadLetter letter, box.Get(options.id));
        if (options.raw) {
          out << PayloadOf(letter);
        } else if (options.output == OutputFormat::kJson) {
          out << DeadLetterToJson(letter, log.pipeline, Payload::kWhole)
              << "\n";
        } else {
          out << FormatDeadLetter(letter, log.pipeline);
        }
        return kExitOk;
      });
  return Written(out, err, code);
}

int RunDeadLettersExport(const DeadLettersOptions& options, std::ostream& out,
                         std::ostream& err) {
  const int code = ForEachBox(
      options, NeedsOnePipeline(options), err,
      [&](const OfflineLog& log, DeadLetterBox& box) -> absl::StatusOr<int> {
        SLUICE_RETURN_IF_ERROR(
            box.ForEach(options.filter, [&](const DeadLetter& letter) {
              out << DeadLetterToJson(letter, log.pipeline, Payload::kWhole)
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
  const int code = ForEachBox(
      options, NeedsOnePipeline(options), err,
      [&](const OfflineLog& log, DeadLetterBox& box) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(
            const RedriveReport report,
            box.Redrive(options.filter, options.to, options.dry_run));
        if (options.output == OutputFormat::kJson) {
          pipelines.push_back(RedrivenToJson(options, log, report));
        } else {
          PrintRedriven(options, log, report, out);
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
  const int code = ForEachBox(
      options, /*one=*/true, err,
      [&](const OfflineLog& log, DeadLetterBox& box) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(const DeadLetter letter,
                                box.Edit(options.id, options.edit));
        if (options.output == OutputFormat::kJson) {
          out << DeadLetterToJson(letter, log.pipeline, Payload::kWhole)
              << "\n";
        } else {
          out << FormatDeadLetter(letter, log.pipeline);
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
  const int code = ForEachBox(
      options, NeedsOnePipeline(options), err,
      [&](const OfflineLog& log, DeadLetterBox& box) -> absl::StatusOr<int> {
        SLUICE_ASSIGN_OR_RETURN(const uint64_t purged,
                                box.Purge(options.filter, options.dry_run));
        if (options.output == OutputFormat::kJson) {
          pipelines.push_back(boost::json::object{{"name", log.pipeline},
                                                  {"dry_run", options.dry_run},
                                                  {"purged", purged}});
        } else {
          out << "pipeline " << log.pipeline << ": "
              << (options.dry_run ? "would purge " : "purged ")
              << Count(purged, "dead letter") << "\n";
        }
        return kExitOk;
      });
  if (code == kExitOk) PrintDocument(options, std::move(pipelines), out);
  return Written(out, err, code);
}

}  // namespace sluice
