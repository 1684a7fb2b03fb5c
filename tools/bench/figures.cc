#include "tools/bench/figures.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sluice::bench {

double Ratio(double numerator, double denominator) {
  return denominator == 0 ? 0 : numerator / denominator;
}

double ToMib(double bytes) { return bytes / (1 << 20); }

double Work::events_per_second() const {
  return Ratio(static_cast<double>(events), absl::ToDoubleSeconds(elapsed));
}

double Work::cpu_seconds_per_million_events() const {
  return Ratio(absl::ToDoubleSeconds(cpu), static_cast<double>(events) / 1e6);
}

void AddWork(const std::string& prefix, const Work& work, Figures* figures) {
  figures->emplace_back(absl::StrCat(prefix, kRateUnit),
                        work.events_per_second());
  figures->emplace_back(absl::StrCat(prefix, "cpu_seconds_per_million_events"),
                        work.cpu_seconds_per_million_events());
}

void AddMainWork(const Work& work, Figures* figures) {
  figures->emplace_back("events", static_cast<double>(work.events));
  figures->emplace_back("elapsed_seconds", absl::ToDoubleSeconds(work.elapsed));
  AddWork("", work, figures);
}

void AddQuantiles(const std::string& name, const Distribution& values,
                  Figures* figures) {
  for (const auto& [suffix, quantile] :
       {std::pair<const char*, double>{"_p50", 0.5},
        {"_p99", 0.99},
        {"_p999", 0.999}}) {
    figures->emplace_back(
        absl::StrCat(name, suffix, kLatencyUnit),
        absl::ToDoubleMilliseconds(values.Quantile(quantile)));
  }
}

double FindFigure(const Figures& figures, const std::string& name) {
  for (const Figure& figure : figures) {
    if (figure.first == name) return figure.second;
  }
  return 0;
}

Stopwatch::Stopwatch() : begin_(absl::Now()), before_(CurrentResourceUse()) {}

Work Stopwatch::Observe(uint64_t events) const {
  return {events, absl::Now() - begin_, CurrentResourceUse().cpu - before_.cpu};
}

uint64_t Stopwatch::written_bytes() const {
  return CurrentResourceUse().written_bytes - before_.written_bytes;
}

ThreadStopwatch::ThreadStopwatch()
    : begin_(absl::Now()), cpu_before_(ThreadCpuTime()) {}

Work ThreadStopwatch::Observe(uint64_t events) const {
  return {events, absl::Now() - begin_, ThreadCpuTime() - cpu_before_};
}

}  // namespace sluice::bench
