#include "tools/bench/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "boost/json.hpp"

namespace sluice::bench {
namespace {

namespace json = boost::json;

json::object ToJson(const Machine& machine) {
  return {{"cores", machine.cores},
          {"cpu_model", machine.cpu_model},
          {"memory_bytes", machine.memory_bytes},
          {"kernel", machine.kernel},
          {"file_system", machine.file_system},
          {"sluice_version", machine.sluice_version},
          {"optimized", machine.optimized}};
}

json::object ToJson(const Measured& measured) {
  json::object figures;
  for (const Measured::Row& row : measured.rows()) {
    figures[row.name] = json::object{{"median", row.spread.median},
                                     {"min", row.spread.min},
                                     {"max", row.spread.max}};
  }
  return {{"complete", measured.complete()}, {"figures", std::move(figures)}};
}

}  // namespace

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  Spread spread;
  spread.median = values.size() % 2 == 1
                      ? values[middle]
                      : (values[middle - 1] + values[middle]) / 2;
  spread.min = values.front();
  spread.max = values.back();
  return spread;
}

void Measured::AddRun(const Figures& figures, bool complete) {
  complete_ = complete_ && complete;
  for (const auto& [name, value] : figures) {
    std::vector<double>& values = values_[name];
    if (values.empty()) names_.push_back(name);
    values.push_back(value);
  }
}

std::vector<Measured::Row> Measured::rows() const {
  std::vector<Row> rows;
  rows.reserve(names_.size());
  for (const std::string& name : names_) {
    rows.push_back({name, SpreadOf(values_.at(name))});
  }
  return rows;
}

bool Report::complete() const {
  return std::all_of(
      scenarios.begin(), scenarios.end(),
      [](const Measured& measured) { return measured.complete(); });
}

json::object ToJson(const Report& report) {
  json::object scenarios;
  for (const Measured& measured : report.scenarios) {
    scenarios[measured.scenario()] = ToJson(measured);
  }
  return {{"machine", ToJson(report.machine)},
          {"runs", report.runs},
          {"complete", report.complete()},
          {"scenarios", std::move(scenarios)}};
}

json::object RunToJson(const Figures& figures, bool complete) {
  json::object members;
  for (const auto& [name, value] : figures) members[name] = value;
  return {{"complete", complete}, {"figures", std::move(members)}};
}

absl::Status AddRunOfJson(std::string_view text, Measured* measured) {
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat("no result of scenario ", measured->scenario(),
                   "; expected {\"complete\":...,\"figures\":{...}}"));
  json::error_code error;
  const json::value value =
      json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return wrong;
  const json::value* complete = value.as_object().if_contains("complete");
  const json::value* members = value.as_object().if_contains("figures");
  if (complete == nullptr || !complete->is_bool() || members == nullptr ||
      !members->is_object()) {
    return wrong;
  }
  Figures figures;
  for (const auto& member : members->as_object()) {
    if (!member.value().is_number()) return wrong;
    figures.emplace_back(std::string(member.key()),
                         member.value().to_number<double>());
  }
  measured->AddRun(figures, complete->as_bool());
  return absl::OkStatus();
}

std::string MachineLine(const Machine& machine) {
  std::string line = absl::StrFormat(
      "%d cores, %s, %s, %.1f GiB, %s, sluice %s", machine.cores,
      machine.cpu_model.empty() ? "unknown CPU" : machine.cpu_model,
      machine.kernel,
      static_cast<double>(machine.memory_bytes) / (uint64_t{1} << 30),
      machine.file_system.empty() ? "unknown file system" : machine.file_system,
      machine.sluice_version);
  if (!machine.optimized) line += " [BUILT WITHOUT OPTIMIZATION]";
  return line;
}

}  // namespace sluice::bench
