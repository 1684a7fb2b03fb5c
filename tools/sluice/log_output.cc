#include "tools/sluice/log_output.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/sluice/output.h"
#include "tools/sluice/status_output.h"

namespace sluice {
namespace {

constexpr char kInUse[] =
    "  in use: a process writes the log; this is how it was for a moment\n";

admin::v1::ProcessStatus AsProcess(const admin::v1::PipelineStatus& status) {
  admin::v1::ProcessStatus process;
  *process.add_pipelines() = status;
  return process;
}

boost::json::array Strings(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

boost::json::array Ranges(const std::vector<EventRange>& ranges) {
  boost::json::array array;
  for (const auto& [first, last] : ranges) {
    array.push_back(boost::json::object{{"first", first}, {"last", last}});
  }
  return array;
}

uint64_t Events(const std::vector<EventRange>& ranges) {
  uint64_t events = 0;
  for (const auto& [first, last] : ranges) events += last - first + 1;
  return events;
}

void PrintLines(const char* label, const std::vector<std::string>& sentences,
                std::ostream& out) {
  for (const std::string& sentence : sentences) {
    out << "  " << label << ": " << sentence << "\n";
  }
}

void PrintRanges(const char* label, const std::vector<EventRange>& ranges,
                 std::ostream& out) {
  for (const EventRange& range : ranges) {
    out << "  " << label << ": " << RangeText(range) << "\n";
  }
}

}  // namespace

std::string RangeText(const EventRange& range) {
  if (range.first == range.second) return absl::StrCat("event ", range.first);
  return absl::StrCat("events ", range.first, " to ", range.second);
}

boost::json::object ToJson(const LogReport& report) {
  boost::json::object object =
      StatusToJson(AsProcess(report.status))["pipelines"]
          .as_array()[0]
          .as_object();
  boost::json::array dead_letters;
  for (const auto& [key, count] : report.dead_letters) {
    dead_letters.push_back(boost::json::object{
        {"component", key.first}, {"reason", key.second}, {"count", count}});
  }
  object["dead_letters"] = std::move(dead_letters);
  object["damage"] = Strings(report.damage);
  object["in_use"] = report.in_use;
  return object;
}

boost::json::object ToJson(const LogVerification& verification) {
  boost::json::object object = ToJson(verification.report);
  object["good"] = verification.good();
  object["events"] = verification.events;
  object["records"] = verification.records;
  object["bytes"] = verification.bytes;
  object["losses"] = Ranges(verification.losses);
  object["known_losses"] = Ranges(verification.known_losses);
  object["problems"] = Strings(verification.problems);
  return object;
}

boost::json::object ToJson(const std::string& pipeline,
                           const LogRepair& repair) {
  return boost::json::object{
      {"name", pipeline},
      {"nothing_lost", repair.nothing_lost()},
      {"repaired", Strings(repair.repaired)},
      {"lost_events", Events(repair.losses)},
      {"losses", Ranges(repair.losses)},
      {"other_losses", Strings(repair.other_losses)},
      {"problems", Strings(repair.problems)},
  };
}

void PrintReport(const LogReport& report, std::ostream& out) {
  const admin::v1::LogStatus& log = report.status.log();
  out << FormatLedger(AsProcess(report.status));
  const uint64_t held = log.next_sequence() - log.first_sequence();
  out << "  log: " << Count(held, "event") << " held";
  if (held > 0) {
    out << " (" << log.first_sequence() << " to " << log.next_sequence() - 1
        << ")";
  }
  out << ", " << log.stored_bytes() << " bytes, "
      << Count(log.corrupt_events(), "corrupt event") << "\n";
  for (const auto& [key, count] : report.dead_letters) {
    out << "  dead letters: " << count << " of " << key.first << ", "
        << key.second << "\n";
  }
  PrintLines("damaged", report.damage, out);
  if (report.in_use) out << kInUse;
}

void PrintVerification(const LogVerification& verification, std::ostream& out) {
  const admin::v1::PipelineStatus& status = verification.report.status;
  out << "pipeline " << status.name() << ": "
      << (verification.good() ? "good" : "NOT GOOD") << ": read "
      << Count(verification.events, "event") << " in "
      << Count(verification.records, "record") << ", " << verification.bytes
      << " bytes\n";
  PrintLines("damaged", verification.report.damage, out);
  PrintRanges("lost", verification.losses, out);
  PrintLines("found", verification.problems, out);
  PrintRanges("lost before, accounted for", verification.known_losses, out);
  if (status.log().corrupt_events() > 0) {
    out << "  corrupt: " << Count(status.log().corrupt_events(), "event")
        << " lost to damage since the log was made\n";
  }
  for (const std::string& imbalance : status.imbalances()) {
    out << "  does not add up: " << imbalance << "\n";
  }
  if (verification.report.in_use) out << kInUse;
}

void PrintRepair(const std::string& pipeline, const LogRepair& repair,
                 std::ostream& out) {
  out << "pipeline " << pipeline << ": ";
  if (!repair.problems.empty()) {
    out << "NOT GOOD, even after the repair";
  } else if (!repair.nothing_lost()) {
    out << "good again, with losses: " << Count(Events(repair.losses), "event");
  } else {
    out << (repair.repaired.empty() ? "good: nothing to repair"
                                    : "good again: nothing is lost");
  }
  out << "\n";
  PrintLines("repaired", repair.repaired, out);
  PrintRanges("lost", repair.losses, out);
  PrintLines("lost", repair.other_losses, out);
  PrintLines("found", repair.problems, out);
}

}  // namespace sluice
