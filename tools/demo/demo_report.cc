#include "tools/demo/demo_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "boost/json.hpp"

namespace sluice::demo {

bool DemoReport::Passed() const {
  return complete && balanced && lost == 0 && duplicated == 0 &&
         dead_letters == 0 && unclosed_gaps == 0;
}

boost::json::object ToJson(const DemoReport& report) {
  boost::json::object delivered;
  for (const auto& [sink, count] : report.delivered) delivered[sink] = count;
  return {{"passed", report.Passed()},
          {"published", report.published},
          {"delivered", std::move(delivered)},
          {"lost", report.lost},
          {"duplicated", report.duplicated},
          {"repeated", report.repeated},
          {"out_of_order", report.out_of_order},
          {"backfilled", report.backfilled},
          {"dead_letters", report.dead_letters},
          {"retried", report.retried},
          {"unclosed_gaps", report.unclosed_gaps},
          {"inthing_posts", report.inthing_posts},
          {"balanced", report.balanced},
          {"complete", report.complete},
          {"faults",
           {{"stream_cuts", report.faults.stream_cuts},
            {"feed_503", report.faults.feed_503},
            {"feed_429", report.faults.feed_429},
            {"kills", report.faults.kills}}},
          {"seconds", report.seconds}};
}

std::string Describe(const DemoReport& report) {
  std::string text = absl::StrFormat(
      "%s in %.1f s: %d readings were published.\n",
      report.Passed() ? "Nothing lost, nothing doubled" : "FAILED",
      report.seconds, report.published);
  for (const auto& [sink, count] : report.delivered) {
    absl::StrAppendFormat(&text, "  %-10s delivered %d\n", sink, count);
  }
  absl::StrAppendFormat(&text,
                        "  in the feed: %d lost, %d doubled, %d out of order; "
                        "%d repeats were sent and recognised\n",
                        report.lost, report.duplicated, report.out_of_order,
                        report.repeated);
  absl::StrAppendFormat(&text,
                        "  %d posts carried them to the inthing stream\n",
                        report.inthing_posts);
  absl::StrAppendFormat(&text,
                        "  what went wrong meanwhile: %d cuts of the stream, "
                        "%d answers 503, %d answers 429, %d kill -9\n",
                        report.faults.stream_cuts, report.faults.feed_503,
                        report.faults.feed_429, report.faults.kills);
  absl::StrAppendFormat(&text,
                        "  recovered from event history: %d; tried again: %d; "
                        "dead letters: %d; gaps left open: %d\n",
                        report.backfilled, report.retried, report.dead_letters,
                        report.unclosed_gaps);
  if (!report.complete) {
    absl::StrAppend(&text,
                    "  not everything was delivered before the time limit\n");
  }
  if (!report.balanced) {
    absl::StrAppend(&text, "  the pipeline's books do not add up\n");
  }
  return text;
}

}  // namespace sluice::demo
