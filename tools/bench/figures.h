// Measured numbers with names, and how they are made of what was observed.
#ifndef TOOLS_BENCH_FIGURES_H_
#define TOOLS_BENCH_FIGURES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tools/bench/measurement.h"

namespace sluice::bench {

// One measured number. Names end in their unit.
using Figure = std::pair<std::string, double>;
using Figures = std::vector<Figure>;

// Ends of names that others look for: what is a rate, what is a latency.
inline constexpr char kRateUnit[] = "events_per_second";
inline constexpr char kLatencyUnit[] = "_milliseconds";

// numerator / denominator; 0 where there is nothing to divide by.
double Ratio(double numerator, double denominator);

double ToMib(double bytes);

// Work that was done: so many events in so much time and CPU time.
struct Work {
  uint64_t events = 0;
  absl::Duration elapsed;
  absl::Duration cpu;

  double events_per_second() const;
  double cpu_seconds_per_million_events() const;
};

// PREFIXevents_per_second and PREFIXcpu_seconds_per_million_events.
void AddWork(const std::string& prefix, const Work& work, Figures* figures);

// events, elapsed_seconds, and AddWork() without a prefix.
void AddMainWork(const Work& work, Figures* figures);

// NAME_p50_milliseconds, NAME_p99_milliseconds, NAME_p999_milliseconds.
void AddQuantiles(const std::string& name, const Distribution& values,
                  Figures* figures);

// The value of the figure `name`; 0: there is none.
double FindFigure(const Figures& figures, const std::string& name);

// Observes a stretch of work of the whole process, from its making on.
class Stopwatch {
 public:
  Stopwatch();
  Work Observe(uint64_t events) const;
  // Bytes that the process has handed to the block layer since.
  uint64_t written_bytes() const;

 private:
  const absl::Time begin_;
  const ResourceUse before_;
};

// The same for the calling thread alone.
class ThreadStopwatch {
 public:
  ThreadStopwatch();
  Work Observe(uint64_t events) const;

 private:
  const absl::Time begin_;
  const absl::Duration cpu_before_;
};

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_FIGURES_H_
