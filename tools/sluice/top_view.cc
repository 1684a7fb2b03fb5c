#include "tools/sluice/top_view.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "tools/sluice/output.h"
#include "tools/sluice/status_output.h"

namespace sluice {
namespace {

using admin::v1::PipelineStatus;
using admin::v1::ProcessStatus;
using admin::v1::SinkStatus;
using admin::v1::SourceStatus;
using google::protobuf::util::TimeUtil;

constexpr size_t kMaxMessageBytes = 80;

// "12.3k", "4.5M": three digits are enough to see what goes on.
std::string Short(double value) {
  constexpr std::string_view kUnits[] = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  const bool whole = value >= 100 || (unit == 0 && value == std::floor(value));
  return absl::StrFormat("%.*f%s", whole ? 0 : 1, value,
                         std::string(kUnits[unit]));
}

std::string MiB(uint64_t bytes) {
  return absl::StrFormat("%.0f MiB", static_cast<double>(bytes) / (1 << 20));
}

// "950 ms", "12 s", "3 min", "5 h", "2 d".
std::string Span(int64_t nanos) {
  const int64_t seconds = nanos / 1'000'000'000;
  if (seconds < 1) return absl::StrCat(nanos / 1'000'000, " ms");
  if (seconds < 120) return absl::StrCat(seconds, " s");
  if (seconds < 7200) return absl::StrCat(seconds / 60, " min");
  if (seconds < 172'800) return absl::StrCat(seconds / 3600, " h");
  return absl::StrCat(seconds / 86'400, " d");
}

std::string HealthText(const admin::v1::Health& health) {
  std::string text =
      absl::AsciiStrToLower(admin::v1::HealthState_Name(health.state()));
  if (!health.message().empty()) {
    absl::StrAppend(&text, ": ", Cell(health.message(), kMaxMessageBytes));
  }
  return text;
}

std::string GapText(const SourceStatus& source) {
  if (!source.has_gaps()) return "-";
  return absl::StrCat(source.gaps().open(), "/", source.gaps().unclosed());
}

std::string DoneIn(const SinkStatus& sink) {
  if (sink.waiting() == 0) return "-";
  switch (sink.backlog().state()) {
    case admin::v1::BACKLOG_SHRINKS:
      return Span(TimeUtil::DurationToNanoseconds(sink.backlog().done_in()));
    case admin::v1::BACKLOG_GROWS:
      return "grows";
    case admin::v1::BACKLOG_STALLED:
      return "stalled";
    default:
      return "?";
  }
}

}  // namespace

std::string TopView::Rate(const std::string& counter, uint64_t value) {
  now_[counter] = value;
  const auto before = before_.find(counter);
  if (before == before_.end() || seconds_ <= 0) return "-";
  // A pipeline that was opened anew may count from another beginning.
  if (value < before->second) return "-";
  return absl::StrCat(
      Short(static_cast<double>(value - before->second) / seconds_), "/s");
}

std::string TopView::Header(const ProcessStatus& status) const {
  const int64_t up = TimeUtil::TimestampToNanoseconds(status.time()) -
                     TimeUtil::TimestampToNanoseconds(status.start_time());
  return absl::StrCat(
      "sluice  ", TimeUtil::ToString(status.time()).substr(0, 19), "  up ",
      Span(up), "  ", Count(status.pipelines_size(), "pipeline"), "  memory ",
      MiB(status.memory().used_bytes()), " of ",
      MiB(status.memory().limit_bytes()), "\n");
}

std::string TopView::Sources(const PipelineStatus& pipeline) {
  std::vector<std::vector<std::string>> rows = {
      {"  SOURCE", "IN", "STORED", "REPEATS", "DEAD", "GAPS", "HEALTH"}};
  for (const SourceStatus& source : pipeline.sources()) {
    const std::string id = absl::StrCat(pipeline.name(), ".", source.name());
    rows.push_back({absl::StrCat("  ", source.name()),
                    Rate(id + " received", source.received()),
                    Rate(id + " stored", source.stored()),
                    Rate(id + " duplicate", source.duplicate()),
                    Short(static_cast<double>(source.dead_lettered())),
                    GapText(source), HealthText(source.health())});
  }
  return FormatTable(rows);
}

std::string TopView::Sinks(const PipelineStatus& pipeline,
                           const ProcessStatus& status) {
  std::vector<std::vector<std::string>> rows = {
      {"  SINK", "OUT", "WAITING", "OLDEST", "DONE IN", "UNDER WAY", "RETRIES",
       "DEAD", "HEALTH"}};
  const int64_t now = TimeUtil::TimestampToNanoseconds(status.time());
  for (const SinkStatus& sink : pipeline.sinks()) {
    if (sink.parked()) continue;
    const std::string id = absl::StrCat(pipeline.name(), ".", sink.name());
    std::string oldest = "-";
    if (sink.has_oldest_waiting()) {
      oldest = Span(std::max<int64_t>(
          0, now - TimeUtil::TimestampToNanoseconds(sink.oldest_waiting())));
    }
    rows.push_back({absl::StrCat("  ", sink.name()),
                    Rate(id + " delivered", sink.delivered()),
                    Short(static_cast<double>(sink.waiting())),
                    std::move(oldest), DoneIn(sink),
                    Short(static_cast<double>(sink.in_flight())),
                    Rate(id + " retried", sink.retried()),
                    Short(static_cast<double>(sink.dead_lettered())),
                    HealthText(sink.health())});
  }
  return FormatTable(rows);
}

std::string TopView::Frame(const ProcessStatus& status) {
  const int64_t time = TimeUtil::TimestampToNanoseconds(status.time());
  seconds_ = before_unix_nanos_ == 0
                 ? 0
                 : static_cast<double>(time - before_unix_nanos_) * 1e-9;
  std::string frame = Header(status);
  for (const PipelineStatus& pipeline : status.pipelines()) {
    const admin::v1::LogStatus& log = pipeline.log();
    absl::StrAppend(&frame, "\n", pipeline.name(), "  ",
                    PipelineStateName(pipeline.state()), "  log ",
                    MiB(log.stored_bytes()), " of ", MiB(log.max_bytes()), ", ",
                    Count(log.dead_letters(), "dead letter"), ", ",
                    HealthText(log.health()), "\n", Sources(pipeline),
                    Sinks(pipeline, status));
  }
  before_ = std::exchange(now_, {});
  before_unix_nanos_ = time;
  return frame;
}

std::string Fit(std::string_view frame, int columns, int rows) {
  std::vector<std::string> lines = absl::StrSplit(std::string(frame), '\n');
  lines.pop_back();  // Behind the last line break.
  const auto most = static_cast<size_t>(std::max(rows - 1, 1));
  if (lines.size() > most) {
    const size_t left_out = lines.size() - most + 1;
    lines.resize(most - 1);
    lines.push_back(absl::StrCat("... ", Count(left_out, "line"), " more"));
  }
  std::string fitted;
  for (const std::string& line : lines) {
    absl::StrAppend(
        &fitted, Cell(line, static_cast<size_t>(std::max(columns, 4))), "\n");
  }
  return fitted;
}

}  // namespace sluice
