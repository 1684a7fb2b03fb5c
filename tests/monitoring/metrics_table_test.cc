// docs/metrics.md has exactly what a process with every built-in plugin
// exports, and the examples use nothing else.

#include "tests/monitoring/metrics_table.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/monitoring/monitored_process.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "never-to-be-seen";

// The services do not exist: port 9 of this machine answers nobody.
constexpr char kPipelines[] = R"(
  all:
    sources:
      load: {generate: {count: 100}}
      day: {replay: {path: $0/day.jsonl}}
      sensors:
        disruptive:
          project: c14u9p094l47ccv1o3p9
          base_url: http://127.0.0.1:9/v2
          token_url: http://127.0.0.1:9/token
          credentials: {key_id: id, secret: {env: SLUICE_SECRET}, email: a@example.com}
      pushed:
        disruptive_webhook: {port: 10, unsigned: true}
      streamed:
        lines: {tcp: {listen: "127.0.0.1:0"}}
      posted:
        lines: {http: {listen: "127.0.0.1:0"}}
    sinks:
      nowhere: {null: {}}
      archive: {file: {path: $0/events.jsonl}}
      room:
        feed:
          api_key: key
          api_secret: {env: SLUICE_SECRET}
          feed: "room:one"
          base_url: http://127.0.0.1:9
      service: {http: {url: "http://127.0.0.1:9/events"}}
      ops:
        inthing:
          stream: /office/alerts/
          password: {env: SLUICE_SECRET}
          url: http://127.0.0.1:9
)";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

// One process for all tests: what it exports stays the same.
class MetricsTableTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("SLUICE_SECRET", kSecret, 1);
    const MonitoredProcess process(testing::TempDir() + "/all", kPipelines);
    documented_ =
        new MetricsTable(ReadDocumentedMetrics(ReadFile("docs/metrics.md")));
    // Components make theirs when they start, which is after the process.
    process.Await("/metrics", [](const std::string& text) {
      const MetricsTable exported = ReadExportedMetrics(text);
      return std::all_of(
          documented_->begin(), documented_->end(), [&](const auto& row) {
            return exported.contains(row.first) &&
                   exported.at(row.first).labels == row.second.labels;
          });
    });
    text_ = new std::string(process.Body("/metrics"));
    open_metrics_ = new std::string(
        process.Body("/metrics", "Accept: application/openmetrics-text\r\n"));
  }
  static void TearDownTestSuite() {
    delete documented_;
    delete text_;
    delete open_metrics_;
  }

  static MetricsTable* documented_;
  static std::string* text_;
  static std::string* open_metrics_;
};

MetricsTable* MetricsTableTest::documented_ = nullptr;
std::string* MetricsTableTest::text_ = nullptr;
std::string* MetricsTableTest::open_metrics_ = nullptr;

TEST_F(MetricsTableTest, ThePageHasWhatAProcessExports) {
  const MetricsTable exported = ReadExportedMetrics(*text_);
  EXPECT_GT(exported.size(), 80u);
  for (const auto& [name, row] : exported) {
    ASSERT_TRUE(documented_->contains(name)) << "docs/metrics.md lacks\n"
                                             << ToMarkdown({{name, row}});
    const MetricRow& documented = documented_->at(name);
    EXPECT_EQ(documented.type, row.type) << name;
    EXPECT_EQ(documented.labels, row.labels) << name;
    EXPECT_EQ(documented.help, row.help) << name;
  }
}

TEST_F(MetricsTableTest, AProcessExportsWhatThePageHas) {
  const MetricsTable exported = ReadExportedMetrics(*text_);
  for (const auto& [name, row] : *documented_) {
    EXPECT_TRUE(exported.contains(name)) << "nobody exports " << name;
  }
}

// https://prometheus.io/docs/practices/naming/
TEST_F(MetricsTableTest, NamesFollowTheCustom) {
  for (const auto& [name, row] : ReadExportedMetrics(*text_)) {
    EXPECT_TRUE(name.starts_with("sluice_") || name.starts_with("process_"))
        << name;
    EXPECT_EQ(name.ends_with("_total"), row.type == "counter") << name;
    EXPECT_FALSE(row.help.empty()) << name << " has no help";
    for (const char* unit : {"_millis", "_ms", "_nanos", "_minutes", "_hour",
                             "_kb", "_mb", "_mib", "_percent"}) {
      EXPECT_THAT(name, Not(HasSubstr(unit))) << "base units, please";
    }
  }
}

TEST_F(MetricsTableTest, NoSecretIsExported) {
  EXPECT_THAT(*text_, Not(HasSubstr(kSecret)));
  EXPECT_THAT(*open_metrics_, Not(HasSubstr(kSecret)));
}

TEST_F(MetricsTableTest, OpenMetricsHasTheSameMetrics) {
  EXPECT_TRUE(open_metrics_->ends_with("\n# EOF\n"));
  for (const auto& [name, row] : *documented_) {
    std::string family = name;
    if (row.type == "counter") family.resize(family.size() - 6);
    EXPECT_THAT(*open_metrics_, HasSubstr(absl::StrCat("# TYPE ", family, " ",
                                                       row.type, "\n")));
  }
}

// Names of metrics in a text, without the suffixes of histograms.
std::set<std::string> MetricsIn(const std::string& text) {
  static const std::regex* const name =
      new std::regex(R"(\b(?:sluice|process)_[a-z_]+)");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), *name), end; it != end;
       ++it) {
    names.insert(it->str());
  }
  return names;
}

void ExpectDocumented(const std::string& path, const MetricsTable& table) {
  const std::set<std::string> names = MetricsIn(ReadFile(path));
  EXPECT_GT(names.size(), 5u) << path;
  for (std::string name : names) {
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      if (!name.ends_with(suffix)) continue;
      name.resize(name.size() - std::string(suffix).size());
      EXPECT_EQ(table.at(name).type, "histogram") << name;
    }
    EXPECT_TRUE(table.contains(name))
        << path << " uses " << name << ", which docs/metrics.md does not have";
  }
}

TEST_F(MetricsTableTest, AlertsUseWhatThereIs) {
  ExpectDocumented("examples/monitoring/alerts.yml", *documented_);
}

TEST_F(MetricsTableTest, TheDashboardUsesWhatThereIs) {
  constexpr char kPath[] = "examples/monitoring/grafana_dashboard.json";
  ExpectDocumented(kPath, *documented_);
  boost::json::error_code error;
  const boost::json::value dashboard =
      boost::json::parse(ReadFile(kPath), error);
  ASSERT_FALSE(error) << error.message();
  std::set<int64_t> ids;
  for (const boost::json::value& panel : dashboard.at("panels").as_array()) {
    EXPECT_TRUE(ids.insert(panel.at("id").as_int64()).second);
    EXPECT_FALSE(panel.at("title").as_string().empty());
  }
}

// Every alert has a heading there: what it means and what to do.
TEST(OperationsPageTest, ExplainsEveryAlert) {
  const std::string page = ReadFile("docs/operations.md");
  const std::string alerts = ReadFile("examples/monitoring/alerts.yml");
  const std::regex alert("- alert: ([A-Za-z]+)");
  int count = 0;
  for (std::sregex_iterator it(alerts.begin(), alerts.end(), alert), end;
       it != end; ++it) {
    ++count;
    EXPECT_THAT(page, HasSubstr(absl::StrCat("\n### ", (*it)[1].str(), "\n")));
  }
  EXPECT_GE(count, 8);
}

// promtool of Debian's package `prometheus`; `./dev check metrics` fetches it.
class PromtoolTest : public MetricsTableTest {
 protected:
  void SetUp() override {
    const char* given = std::getenv("SLUICE_PROMTOOL");
    promtool_ = given == nullptr ? "/usr/bin/promtool" : given;
    if (given == nullptr && !std::ifstream(promtool_).good()) {
      GTEST_SKIP() << "there is no promtool here";
    }
  }

  // What it prints, with its exit code behind.
  std::string Run(const std::string& arguments) const {
    const std::string out = testing::TempDir() + "/promtool.out";
    const std::string command =
        absl::StrCat("'", promtool_, "' ", arguments, " >'", out, "' 2>&1");
    const int code = std::system(command.c_str());
    std::ostringstream text;
    text << std::ifstream(out).rdbuf();
    return absl::StrCat(text.str(), "exit ", code);
  }

  std::string promtool_;
};

TEST_F(PromtoolTest, FindsNothingWrongWithTheMetrics) {
  const std::string path = testing::TempDir() + "/metrics.txt";
  std::ofstream(path) << *text_;
  EXPECT_EQ(Run(absl::StrCat("check metrics <'", path, "'")), "exit 0");
}

TEST_F(PromtoolTest, FindsNothingWrongWithTheAlerts) {
  const std::string out = Run("check rules examples/monitoring/alerts.yml");
  EXPECT_TRUE(out.ends_with("exit 0")) << out;
  EXPECT_THAT(out, HasSubstr("SUCCESS"));
}

TEST_F(PromtoolTest, TheAlertsFireWhenTheyShould) {
  const std::string out = Run("test rules examples/monitoring/alerts_test.yml");
  EXPECT_TRUE(out.ends_with("exit 0")) << out;
  EXPECT_THAT(out, HasSubstr("SUCCESS"));
}

}  // namespace
}  // namespace sluice
