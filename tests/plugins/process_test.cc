// Plugins that are programs of their own, as they should not be: contained,
// named, and without a lost event.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/generate/plugin.h"
#include "plugins/null/plugin.h"
#include "tests/plugins/library_process.h"

namespace sluice {
namespace {

using admin::v1::ProcessStatus;
using admin::v1::SinkStatus;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::string NewFolder() {
  std::string folder = absl::StrCat(testing::TempDir(), "/process.XXXXXX");
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  return folder;
}

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::set<std::string> Distinct(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

// The program, with `options` of its entry.
std::string Program(const std::string& argument = "",
                    const std::string& options = "") {
  return absl::StrCat(
      "plugins: [{process: {name: rough, command: [tests/plugins/",
      "unruly_process, \"", argument, "\"], restart_initial: 1ms, ",
      "restart_max: 10ms, stop_grace: 300ms", options, "}}]\n");
}

class ProcessTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(generate::RegisterGenerate(registry_).ok());
    ASSERT_TRUE(null::RegisterNull(registry_).ok());
  }

  // A sink that is wrong once.
  std::string SinkConfig(const std::string& wrong,
                         const std::string& options = "") {
    return Program("", options) +
           absl::StrReplaceAll(R"(
pipelines:
  p:
    sources: {s: {generate: {count: 500}}}
    sinks:
      t:
        retry: {initial: 1ms, max: 1ms}
        unruly: {wrong: $1, folder: $0}
)",
                               {{"$0", folder_}, {"$1", wrong}});
  }
  // A source that is wrong once.
  std::string SourceConfig(const std::string& wrong) {
    return Program() + absl::StrReplaceAll(R"(
pipelines:
  p:
    sources: {s: {unruly: {wrong: $1, folder: $0, events: 1000}}}
    sinks: {t: {null: {}}}
)",
                                           {{"$0", folder_}, {"$1", wrong}});
  }

  ProcessStatus Run(const std::string& config) {
    ProcessStatus status = RunToTheEnd(config, registry_, folder_);
    for (const auto& pipeline : status.pipelines()) {
      EXPECT_THAT(pipeline.imbalances(), IsEmpty()) << pipeline.DebugString();
    }
    return status;
  }

  std::vector<std::string> Problems(const std::string& plugins) {
    return ProblemsOf(
        "data_dir: d\n" + plugins +
            "pipelines: {p: {sources: {s: {generate: {count: 1}}}, sinks: {t: "
            "{unruly: {}}}}}\n",
        registry_);
  }

  std::string folder_ = NewFolder();
  PluginRegistry registry_;
};

struct SinkCase {
  const char* wrong;
  bool fault = true;
};

class UnrulySinkTest : public ProcessTest,
                       public testing::WithParamInterface<SinkCase> {};

INSTANTIATE_TEST_SUITE_P(
    , UnrulySinkTest,
    testing::Values(SinkCase{"kill"}, SinkCase{"exit"}, SinkCase{"no_answer"},
                    SinkCase{"wrong_count"}, SinkCase{"unknown_delivery"},
                    SinkCase{"answer_twice"}, SinkCase{"unknown_kind"},
                    SinkCase{"too_big"}, SinkCase{"emit"},
                    SinkCase{"stopped_unasked"}, SinkCase{"exit_at_start"},
                    SinkCase{"refuse", false}),
    [](const testing::TestParamInfo<SinkCase>& info) {
      return std::string(info.param.wrong);
    });

TEST_P(UnrulySinkTest, IsStartedAgainAndLosesNothing) {
  const ProcessStatus status = Run(SinkConfig(GetParam().wrong));
  const SinkStatus& sink = status.pipelines(0).sinks(0);
  EXPECT_EQ(sink.delivered(), 500u);
  EXPECT_EQ(sink.dead_lettered(), 0u);
  EXPECT_EQ(sink.waiting(), 0u);
  EXPECT_EQ(Distinct(LinesOf(folder_ + "/delivered")).size(), 500u);
  EXPECT_EQ(LinesOf(folder_ + "/was_wrong").size(), 0u);
  EXPECT_EQ(access((folder_ + "/was_wrong").c_str(), F_OK), 0)
      << "it was never wrong";
  EXPECT_EQ(MetricOf(status, "plugin_restarts_total"), 1);
  EXPECT_EQ(MetricOf(status, "plugin_faults_total"), GetParam().fault ? 1 : 0);
}

TEST_F(ProcessTest, LosesNothingWhenASinkIsKilledAgainAndAgain) {
  const ProcessStatus status = Run(SinkConfig("kill_often"));
  EXPECT_EQ(status.pipelines(0).sinks(0).delivered(), 500u);
  EXPECT_EQ(Distinct(LinesOf(folder_ + "/delivered")).size(), 500u);
  EXPECT_GE(MetricOf(status, "plugin_restarts_total"), 2);
}

TEST_F(ProcessTest, KillsASinkThatIsSilent) {
  for (const char* wrong : {"silent", "never_started", "stop_all"}) {
    folder_ = NewFolder();
    const ProcessStatus status =
        Run(SinkConfig(wrong, ", heartbeat_timeout: 300ms, start_timeout: 2s"));
    EXPECT_EQ(status.pipelines(0).sinks(0).delivered(), 500u) << wrong;
    if (wrong != std::string_view("silent")) {
      EXPECT_EQ(MetricOf(status, "plugin_restarts_total"), 1) << wrong;
    }
  }
}

TEST_F(ProcessTest, EndsASinkThatDoesNotStop) {
  const ProcessStatus status = Run(SinkConfig("never_stop"));
  EXPECT_EQ(status.pipelines(0).sinks(0).delivered(), 500u);
  EXPECT_EQ(MetricOf(status, "plugin_faults_total"), 1);
  EXPECT_EQ(MetricOf(status, "plugin_restarts_total"), 0);
}

// Of a pipe, as they come.
class Lines {
 public:
  explicit Lines(const std::string& path) {
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    // With an end to write to of our own, nobody waits for anybody to open it.
    file_ = fdopen(open(path.c_str(), O_RDWR | O_CLOEXEC), "r");
  }
  ~Lines() { fclose(file_); }

  std::string Next() {
    char line[100] = "";
    return fgets(line, sizeof(line), file_) == nullptr ? "" : line;
  }

 private:
  FILE* file_;
};

TEST_F(ProcessTest, ANewCommandRunsInTheNextProcessAndLosesNothing) {
  Lines runs(folder_ + "/runs");
  const auto config = [this](const std::string& argument) {
    return Program(argument) + absl::StrReplaceAll(R"(
pipelines:
  p:
    sources: {s: {unruly: {wrong: never, folder: $0, events: 5000}}}
    sinks: {t: {unruly: {wrong: never, folder: $0}}}
)",
                                                   {{"$0", folder_}});
  };
  const LoadResult before = Load(config("old"), registry_, folder_);
  const LoadResult after = Load(config("new"), registry_, folder_);
  ASSERT_TRUE(before.ok() && after.ok());
  auto process = Process::Start(before.loaded->spec);
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_THAT((std::vector{runs.Next(), runs.Next()}),
              UnorderedElementsAre("s of old\n", "t of old\n"));
  // Events are under way between the two now.
  const auto changes = (*process)->Apply(after.loaded->spec, absl::Seconds(10));
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_THAT((std::vector{runs.Next(), runs.Next()}),
              UnorderedElementsAre("s of new\n", "t of new\n"));
  const ProcessStatus status = AwaitTheEnd(**process);
  EXPECT_THAT(status.pipelines(0).imbalances(), IsEmpty());
  EXPECT_EQ(status.pipelines(0).sources(0).stored(), 5000u);
  EXPECT_EQ(status.pipelines(0).sinks(0).waiting(), 0u);
  EXPECT_EQ(Distinct(LinesOf(folder_ + "/delivered")).size(), 5000u);
  EXPECT_EQ(MetricOf(status, "plugin_faults_total"), 0);
}

class UnrulySourceTest : public ProcessTest,
                         public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(, UnrulySourceTest,
                         testing::Values("kill", "kill_after", "garbage",
                                         "answer", "exit_at_start"),
                         [](const testing::TestParamInfo<const char*>& info) {
                           return std::string(info.param);
                         });

TEST_P(UnrulySourceTest, IsStartedAgainAndLosesNothing) {
  const ProcessStatus status = Run(SourceConfig(GetParam()));
  // Each event is stored once, whatever was emitted twice.
  EXPECT_EQ(status.pipelines(0).sources(0).stored(), 1000u);
  EXPECT_EQ(status.pipelines(0).sinks(0).delivered(), 1000u);
  EXPECT_EQ(access((folder_ + "/was_wrong").c_str(), F_OK), 0)
      << "it was never wrong";
  EXPECT_EQ(MetricOf(status, "plugin_restarts_total"), 1);
  EXPECT_EQ(MetricOf(status, "plugin_faults_total"), 1);
}

TEST_F(ProcessTest, TellsASourceWhatIsSafe) {
  const ProcessStatus status = Run(SourceConfig("never"));
  EXPECT_EQ(status.pipelines(0).sources(0).stored(), 1000u);
  // What is told while it stops may come too late.
  const std::vector<std::string> safe = LinesOf(folder_ + "/acknowledged");
  EXPECT_FALSE(safe.empty());
  for (size_t i = 0; i < safe.size(); ++i) {
    EXPECT_EQ(safe[i], absl::StrCat(10 * (i + 1)));
  }
}

TEST_F(ProcessTest, SaysInTheFileWhatIsWrongWithAProgram) {
  EXPECT_THAT(
      Problems("plugins:\n  - process: {name: n, command: [/no/such]}\n"),
      ElementsAre("test.yaml:3: plugins[0].process: plugin process n cannot be "
                  "started: there is no program /no/such, or it is not allowed "
                  "to be executed"));
  EXPECT_THAT(Problems("plugins: [{process: {name: n}}]\n"),
              ElementsAre(HasSubstr("plugins[0].process.command: the program "
                                    "and its arguments are needed")));
  EXPECT_THAT(Problems("plugins: [{process: {command: x}}]\n"),
              ElementsAre(HasSubstr("plugins[0].process.name: a name")));
  EXPECT_THAT(
      Problems("plugins: [{library: a.so, process: {name: n, command: x}}]\n"),
      ElementsAre(HasSubstr("plugins[0].library: an entry is a library or a "
                            "process")));
  EXPECT_THAT(Problems("plugins: [{process: {name: n, command: /bin/true, "
                       "directory: /nowhere}}]\n"),
              ElementsAre(HasSubstr("plugin process n cannot be started: "
                                    "folder /nowhere: No such file")));
  EXPECT_THAT(Problems("plugins: [{process: {name: n, command: x, "
                       "environment: [A=b]}}]\n"),
              ElementsAre(HasSubstr("process.environment[0]: must be the name "
                                    "of a variable")));
}

TEST_F(ProcessTest, SaysWhatAProgramDoesWrong) {
  EXPECT_THAT(Problems(Program("exit")),
              ElementsAre(AllOf(HasSubstr("plugins[0].process: plugin process "
                                          "rough exited with code 5; its last "
                                          "line: "),
                                HasSubstr("I do not want to"))));
  EXPECT_THAT(Problems(Program("version")),
              ElementsAre(HasSubstr("plugin process rough speaks version 9.0 "
                                    "of the plugin protocol, and sluice")));
  EXPECT_THAT(Problems(Program("transform")),
              ElementsAre(HasSubstr("plugin unruly of plugin process rough is "
                                    "a transform, and only sources and sinks "
                                    "can be processes")));
  EXPECT_THAT(Problems(Program("name")),
              ElementsAre(HasSubstr("has the name \"No Name\"")));
  EXPECT_THAT(Problems(Program("message")),
              ElementsAre(HasSubstr("has no message \"sluice.no.Such\"")));
  EXPECT_THAT(Problems(Program("nothing")),
              ElementsAre(HasSubstr("lists 0 plugins")));
  EXPECT_THAT(Problems(Program("twice")),
              ElementsAre(HasSubstr("lists the plugin unruly twice")));
  EXPECT_THAT(Problems(Program("hang", ", start_timeout: 500ms")),
              ElementsAre(HasSubstr("plugin process rough did not answer "
                                    "within 500ms")));
  EXPECT_THAT(Problems("plugins: [{process: {name: n, command: /bin/true}}]\n"),
              ElementsAre(HasSubstr("plugin process n exited with code 0")));
  EXPECT_THAT(Problems(Program() + "x-more: here\n"),
              ElementsAre(HasSubstr(
                  "pipelines.p.sinks.t.unruly.folder: must be a folder")));
}

TEST_F(ProcessTest, RefusesANameThatIsTaken) {
  EXPECT_THAT(Problems(absl::StrReplaceAll(
                  Program(), {{"}}]",
                               "}}, {process: {name: again, command: "
                               "tests/plugins/unruly_process}}]"}})),
              ElementsAre(HasSubstr("plugins[1].process: plugin process again "
                                    "has a sink unruly, and there is one of "
                                    "this name already")));
}

TEST_F(ProcessTest, ASinkThatThrowsIsStartedAgain) {
  setenv("TRIAL_PASSWORD", "correct horse", 1);
  for (const char* first : {"throw", "throw_later"}) {
    const ProcessStatus status = RunToTheEnd(
        absl::StrCat(
            "plugins: [{process: {name: trial, command: ",
            "tests/plugins/trial_process, environment: TRIAL_PASSWORD, ",
            "restart_initial: 1ms, restart_max: 1ms}}]\n", R"(
pipelines:
  p:
    sources: {load: {generate: {count: 10}}}
    sinks:
      t:
        retry: {initial: 1ms, max: 1ms, max_attempts: 3}
        trial:
          password: {env: TRIAL_PASSWORD}
          wait: 1h
          first: )",
            first, "\n          weights: {a: 3}\n"),
        registry_, NewFolder());
    // Each process throws at its first delivery, and would answer the other
    // one much later: no event ever arrives.
    EXPECT_EQ(status.pipelines(0).sinks(0).dead_lettered(), 10u) << first;
    EXPECT_GE(MetricOf(status, "plugin_restarts_total"), 3) << first;
  }
}

// What an author or an operator sees has to be on the page.
TEST(ProcessPageTest, HasTheMessagesThatThereAre) {
  std::ifstream file("docs/plugin_process.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  for (const char* text :
       {"exited with code", "did not answer within", "speaks version",
        "only sources and sinks can be processes", "cannot be started",
        "there is one of this name already", "plugin_restarts_total",
        "plugin_faults_total", "SLUICE_PLUGIN_SOCKET", "SLUICE_PLUGIN_TOKEN",
        "SLUICE_PLUGIN_MAX_MESSAGE_BYTES"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
}

}  // namespace
}  // namespace sluice
