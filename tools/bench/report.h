// What several runs of scenarios came to, as text and as JSON.
#ifndef TOOLS_BENCH_REPORT_H_
#define TOOLS_BENCH_REPORT_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/json/fwd.hpp"
#include "tools/bench/figures.h"
#include "tools/bench/machine.h"

namespace sluice::bench {

// The middle of several runs, and how far apart they were.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// Of an even number of values the median is between the middle two. REQUIRES:
// `values` is not empty.
Spread SpreadOf(std::vector<double> values);

// The runs of one scenario.
class Measured {
 public:
  explicit Measured(std::string scenario) : scenario_(std::move(scenario)) {}

  // Takes the figures of one run; a run in which events went missing makes the
  // whole incomplete.
  void AddRun(const Figures& figures, bool complete);

  const std::string& scenario() const { return scenario_; }
  bool complete() const { return complete_; }

  struct Row {
    std::string name;
    Spread spread;
  };
  // In the order in which the first run gave the figures.
  std::vector<Row> rows() const;

 private:
  std::string scenario_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<double>> values_;
  bool complete_ = true;
};

struct Report {
  Machine machine;
  int runs = 0;
  std::vector<Measured> scenarios;

  bool complete() const;
};

// {"machine":{...},"runs":3,"complete":true,"scenarios":{"NAME":{"complete":
// true,"figures":{"NAME":{"median":1,"min":1,"max":1}}}}}
boost::json::object ToJson(const Report& report);

// The figures of one run on their way from the process that made them:
// {"complete":true,"figures":{"NAME":1}}
boost::json::object RunToJson(const Figures& figures, bool complete);
//   kInvalidArgument: `text` is not what RunToJson() makes.
absl::Status AddRunOfJson(std::string_view text, Measured* measured);

// "2 cores, Some CPU, Linux 6.1 x86_64, 8 GiB, ext4, sluice 0.1.0", with a
// warning behind it if the build is not optimized.
std::string MachineLine(const Machine& machine);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_REPORT_H_
