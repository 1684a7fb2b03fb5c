#include "tests/monitoring/metrics_table.h"

#include <regex>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

std::vector<std::string> Lines(std::string_view text) {
  return absl::StrSplit(ToAbsl(text), '\n');
}

// The metric that a sample belongs to.
std::string MetricOf(const std::string& sample, const MetricsTable& table) {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample.ends_with(suffix)) continue;
    std::string name =
        sample.substr(0, sample.size() - std::string_view(suffix).size());
    const auto row = table.find(name);
    if (row != table.end() && row->second.type == "histogram") return name;
  }
  return sample;
}

}  // namespace

MetricsTable ReadDocumentedMetrics(std::string_view markdown) {
  static const std::regex* const row = new std::regex(
      R"(\| `([a-z_]+)` \| (counter|gauge|histogram) \| ([^|]*) \| ([^|]+) \|)");
  MetricsTable table;
  for (const std::string& line : Lines(markdown)) {
    std::smatch match;
    if (!std::regex_match(line, match, *row)) continue;
    table[match[1]] = {
        match[2], absl::StrReplaceAll(match[3].str(), {{"`", ""}}), match[4]};
  }
  return table;
}

MetricsTable ReadExportedMetrics(std::string_view text) {
  static const std::regex* const sample =
      new std::regex(R"re(([a-z_]+)(\{(.*)\})? [^ ]+)re");
  static const std::regex* const label =
      new std::regex(R"re(([a-z_]+)="((?:[^"\\]|\\.)*)")re");
  MetricsTable table;
  for (const std::string& line : Lines(text)) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::MaxSplits(' ', 3));
    if (words.size() == 4 && words[0] == "#") {
      MetricRow& row = table[words[2]];
      if (words[1] == "HELP") row.help = words[3];
      if (words[1] == "TYPE") row.type = words[3];
      if (row.labels.empty()) row.labels = "?";
      continue;
    }
    std::smatch match;
    if (!std::regex_match(line, match, *sample)) continue;
    const std::string labels = match[3];
    std::vector<std::string> names;
    for (std::sregex_iterator it(labels.begin(), labels.end(), *label), end;
         it != end; ++it) {
      if ((*it)[1] != "le") names.push_back((*it)[1]);
    }
    table[MetricOf(match[1], table)].labels = absl::StrJoin(names, ", ");
  }
  return table;
}

std::string ToMarkdown(const MetricsTable& table) {
  std::string text;
  for (const auto& [name, row] : table) {
    std::string labels = absl::StrReplaceAll(row.labels, {{", ", "`, `"}});
    if (!labels.empty()) labels = absl::StrCat("`", labels, "`");
    absl::StrAppend(&text, "| `", name, "` | ", row.type, " | ", labels, " | ",
                    row.help, " |\n");
  }
  return text;
}

}  // namespace sluice
