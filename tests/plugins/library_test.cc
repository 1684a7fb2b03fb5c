// Plugins from shared objects in whole processes: the same as linked in.

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/host/plugin_library.h"
#include "pipeline/abi/plugin_abi.h"
#include "plugins/file/plugin.h"
#include "plugins/filter/plugin.h"
#include "plugins/generate/plugin.h"
#include "plugins/null/plugin.h"
#include "plugins/template/plugin.h"
#include "storage/base/status_macros.h"
#include "storage/base/version.h"
#include "tests/plugins/library_process.h"
#include "tests/plugins/trial_plugin.h"

namespace sluice {
namespace {

using admin::v1::ProcessStatus;
using admin::v1::SinkStatus;
using admin::v1::SourceStatus;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A folder of this test alone.
std::string NewFolder() {
  std::string folder = absl::StrCat(testing::TempDir(), "/library.XXXXXX");
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  return folder;
}

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The plugins that linked_too.so has, too.
absl::Status RegisterLinked(PluginRegistry& registry) {
  SLUICE_RETURN_IF_ERROR(generate::RegisterGenerate(registry));
  SLUICE_RETURN_IF_ERROR(filter::RegisterFilter(registry));
  SLUICE_RETURN_IF_ERROR(template_transform::RegisterTemplate(registry));
  SLUICE_RETURN_IF_ERROR(file::RegisterFile(registry));
  return null::RegisterNull(registry);
}

void ExpectAccountedFor(const ProcessStatus& status) {
  for (const auto& pipeline : status.pipelines()) {
    EXPECT_THAT(pipeline.imbalances(), IsEmpty()) << pipeline.DebugString();
  }
}

// What is true of plugins that are linked in is true of those in libraries. The
// binary has the same plugins linked in either way; with a library or a process
// they stand in its table under that alone.
enum class Way { kLinked, kLoaded, kProcess };

class WaysTest : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    setenv("TRIAL_PASSWORD", "correct horse", 1);
    if (GetParam() == Way::kLinked) {
      ASSERT_TRUE(RegisterLinked(registry_).ok());
      ASSERT_TRUE(RegisterTrial(registry_).ok());
    } else if (GetParam() == Way::kProcess) {
      // Transforms are no processes.
      ASSERT_TRUE(filter::RegisterFilter(registry_).ok());
      ASSERT_TRUE(template_transform::RegisterTemplate(registry_).ok());
    }
  }

  // `pipelines` with what else its way of running needs.
  static std::string Config(const std::string& pipelines) {
    switch (GetParam()) {
      case Way::kLinked:
        return "x-plugins: [linked, in]\n" + pipelines;
      case Way::kLoaded:
        return absl::StrCat("plugins: [{library: ", LibraryPath("linked_too"),
                            "}, {library: ", LibraryPath("trial"), "}]\n",
                            pipelines);
      case Way::kProcess:
        return absl::StrCat(
            "plugins: [{process: {name: linked, command: [tests/plugins/",
            "linked_too_process]}}, {process: {name: trial, command: ",
            "[tests/plugins/trial_process], environment: [TRIAL_PASSWORD]}}]\n",
            pipelines);
    }
    return "";
  }

  ProcessStatus Run(const std::string& pipelines) {
    return RunToTheEnd(
        Config(absl::StrReplaceAll(pipelines, {{"$0", folder_}})), registry_,
        folder_);
  }

  const std::string folder_ = NewFolder();
  PluginRegistry registry_;
};

INSTANTIATE_TEST_SUITE_P(, WaysTest,
                         testing::Values(Way::kLinked, Way::kLoaded,
                                         Way::kProcess),
                         [](const testing::TestParamInfo<Way>& info) {
                           switch (info.param) {
                             case Way::kLinked:
                               return "Linked";
                             case Way::kLoaded:
                               return "Loaded";
                             case Way::kProcess:
                               return "Process";
                           }
                           return "";
                         });

constexpr char kSourceTransformSink[] = R"(
pipelines:
  p:
    sources:
      load: {generate: {count: 2000, seed: 7}}
    transforms:
      - filter: {drop_if: subject == "device-3"}
      - template: {labels: {place: "at {{ subject }}"}}
    sinks:
      archive: {file: {path: $0/events.jsonl, sync: none}}
)";

TEST_P(WaysTest, RunsToTheEndWithEveryEventAccountedFor) {
  const ProcessStatus status = Run(kSourceTransformSink);
  ASSERT_EQ(status.pipelines_size(), 1);
  const SourceStatus& source = status.pipelines(0).sources(0);
  EXPECT_EQ(source.received(), 2000u);
  EXPECT_EQ(source.filtered(), 200u);
  EXPECT_EQ(source.stored(), 1800u);
  const SinkStatus& sink = status.pipelines(0).sinks(0);
  EXPECT_EQ(sink.delivered(), 1800u);
  EXPECT_EQ(sink.waiting(), 0u);
  EXPECT_EQ(sink.retried(), 0u);
  ExpectAccountedFor(status);
  EXPECT_GT(MetricOf(status, "file_written_bytes_total"), 100'000);

  const std::vector<std::string> lines = LinesOf(folder_ + "/events.jsonl");
  EXPECT_EQ(lines.size(), 1800u);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("\"id\":\"7-0\""),
                              HasSubstr("\"place\":\"at device-0\"")));
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), 1800u);
}

TEST_P(WaysTest, GoesOnFromItsCheckpoint) {
  Run(kSourceTransformSink);
  const ProcessStatus status = Run(absl::StrReplaceAll(
      kSourceTransformSink, {{"count: 2000", "count: 3000"}}));
  EXPECT_EQ(status.pipelines(0).sources(0).received(), 3000u);
  EXPECT_EQ(status.pipelines(0).sources(0).duplicate(), 0u);
  ExpectAccountedFor(status);
  EXPECT_EQ(LinesOf(folder_ + "/events.jsonl").size(), 2700u);
}

std::string Trial(const std::string& first) {
  return absl::StrCat(R"(
pipelines:
  p:
    sources:
      load: {generate: {count: 100}}
    sinks:
      t:
        retry: {initial: 1ms, max: 1ms}
        trial:
          password: {env: TRIAL_PASSWORD}
          wait: 1ms
          first: )",
                      first, R"(
          weights: {a: 3}
          targets: good
)");
}

TEST_P(WaysTest, HasTheWholeConfigurationAndItsSurroundings) {
  for (const char* first : {"at_once", "later"}) {
    const ProcessStatus status =
        RunToTheEnd(Config(Trial(first)), registry_, NewFolder());
    EXPECT_EQ(MetricOf(status, "trial_password_bytes"), 13) << first;
    EXPECT_EQ(MetricOf(status, "trial_weights"), 3) << first;
    EXPECT_EQ(MetricOf(status, "trial_events_total"), 100) << first;
    const SinkStatus& sink = status.pipelines(0).sinks(0);
    EXPECT_EQ(sink.delivered(), 90u) << first;
    EXPECT_EQ(sink.dead_lettered(), 10u) << first;
    ExpectAccountedFor(status);
  }
}

TEST_P(WaysTest, NamesThePlaceOfAMistake) {
  const std::string config = Config(R"(data_dir: d
pipelines:
  p:
    sources:
      load: {generate: {cuont: 3}}
    transforms:
      - filter: {drop_if: "subject =="}
    sinks:
      t:
        trial: {password: geheim, wait: soon, first: never}
      u:
        trial:
          password: {env: NOT_SET}
      v:
        trial:
          password: {env: TRIAL_PASSWORD}
          targets: [good, bad]
      w:
        trial: {password: {env: TRIAL_PASSWORD}, targets: throw}
)");
  EXPECT_THAT(
      ProblemsOf(config, registry_),
      ElementsAre(
          HasSubstr("test.yaml:6: pipelines.p.sources.load.generate.cuont: no "
                    "such key; did you mean \"count\"?"),
          HasSubstr("test.yaml:8: pipelines.p.transforms[0].filter.drop_if: "),
          AllOf(HasSubstr("test.yaml:11: pipelines.p.sinks.t.trial.password: "
                          "a secret is not written into the file"),
                testing::Not(HasSubstr("geheim"))),
          HasSubstr("test.yaml:11: pipelines.p.sinks.t.trial.wait: \"soon\""),
          HasSubstr("test.yaml:11: pipelines.p.sinks.t.trial.first: \"never\" "
                    "is not allowed; allowed: at_once, later, throw"),
          HasSubstr("test.yaml:14: pipelines.p.sinks.u.trial.password: the "
                    "environment variable NOT_SET is not set"),
          HasSubstr("test.yaml:18: pipelines.p.sinks.v.trial.targets[1]: must "
                    "be good"),
          AllOf(HasSubstr("test.yaml:20: pipelines.p.sinks.w.trial: the "
                          "plugin"),
                HasSubstr("as told"))));
}

class LibraryTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TRIAL_PASSWORD", "correct horse", 1);
    ASSERT_TRUE(RegisterLinked(registry_).ok());
  }

  static std::string Error(const std::string& path, PluginRegistry& registry) {
    return std::string(abi::LoadPluginLibrary(path, registry).message());
  }
  std::string Error(const std::string& path) { return Error(path, registry_); }

  PluginRegistry registry_;
};

TEST_F(LibraryTest, ContainsWhatASinkThrows) {
  const std::string plugins =
      absl::StrCat("plugins: [{library: ", LibraryPath("trial"), "}]\n");
  for (const char* first : {"throw", "throw_later"}) {
    const ProcessStatus status =
        RunToTheEnd(plugins + Trial(first), registry_, NewFolder());
    const SinkStatus& sink = status.pipelines(0).sinks(0);
    EXPECT_EQ(sink.delivered(), 90u) << first;
    EXPECT_EQ(sink.dead_lettered(), 10u) << first;
    EXPECT_EQ(sink.unknown() > 0, first == std::string("throw"));
    ExpectAccountedFor(status);
  }
}

TEST_F(LibraryTest, RunsWhatWasBuiltWithTheHeaderOfVersion1_0) {
  const ProcessStatus status = RunToTheEnd(
      absl::StrCat("plugins: [{library: ", LibraryPath("old_plugin"), R"(}]
pipelines:
  p:
    sources: {s: {old_source: {events: 1000}}}
    transforms: [old_transform: {}]
    sinks: {t: {old_sink: {}}}
)"),
      registry_, NewFolder());
  EXPECT_EQ(status.pipelines(0).sources(0).received(), 1000u);
  EXPECT_EQ(status.pipelines(0).sources(0).filtered(), 100u);
  EXPECT_EQ(status.pipelines(0).sinks(0).delivered(), 900u);
  EXPECT_EQ(MetricOf(status, "old_sink_events_total"), 900);
  ExpectAccountedFor(status);
  EXPECT_THAT(
      ProblemsOf(absl::StrCat("data_dir: d\nplugins: [{library: ",
                              LibraryPath("old_plugin"),
                              "}]\npipelines: {p: {sources: {s: {old_source: "
                              "{}}}, sinks: {t: {old_sink: {}}}}}\n"),
                 registry_),
      ElementsAre("test.yaml:3: pipelines.p.sources.s.old_source.events: must "
                  "be above 0"));
}

TEST_F(LibraryTest, RefusesAnotherMajorVersionAndSaysWhatToDo) {
  EXPECT_EQ(Error(LibraryPath("other_version")),
            absl::StrCat("tests/plugins/other_version.so is built for version "
                         "2.3 of the plugin ABI, and sluice ",
                         kVersion, " has version 1.", SLUICE_ABI_MINOR,
                         "; run a newer sluice, or build the library with this "
                         "one's headers"));
}

TEST_F(LibraryTest, RefusesASharedObjectThatIsNoPluginLibrary) {
  EXPECT_THAT(Error(LibraryPath("no_library")),
              HasSubstr("no_library.so is no plugin library: it has no symbol "
                        "sluice_plugin_library"));
}

TEST_F(LibraryTest, RefusesWhatCannotBeLoaded) {
  const std::string folder = NewFolder();
  EXPECT_EQ(Error("/nowhere/x.so"),
            "cannot load /nowhere/x.so: No such file or directory");
  EXPECT_EQ(Error(folder),
            absl::StrCat("cannot load ", folder, ": it is not a file"));
  const std::string text = folder + "/x.so";
  std::ofstream(text) << "not a shared object, however long this text may be";
  EXPECT_THAT(Error(text), HasSubstr(text + ": "));
}

TEST_F(LibraryTest, RefusesNamesThatAreTaken) {
  EXPECT_THAT(Error(LibraryPath("linked_too")),
              HasSubstr("linked_too.so has a source generate, and there is one "
                        "of this name already"));
  // Nothing of a library that is refused stays.
  PluginRegistry registry;
  ASSERT_TRUE(RegisterTrial(registry).ok());
  ASSERT_EQ(Error(LibraryPath("linked_too"), registry), "");
  EXPECT_THAT(Error(LibraryPath("linked_too"), registry),
              HasSubstr("of this name already"));
  EXPECT_THAT(Error(LibraryPath("trial"), registry),
              HasSubstr("has a sink trial"));
}

TEST_F(LibraryTest, SaysInTheFileWhereALibraryIsWrong) {
  EXPECT_THAT(ProblemsOf("data_dir: d\nplugins:\n  - library: /nowhere.so\n"
                         "  - {}\npipelines: {p: {sinks: {t: {acme: {}}}}}\n",
                         registry_),
              ElementsAre("test.yaml:3: plugins[0].library: cannot load "
                          "/nowhere.so: No such file or directory",
                          "test.yaml:4: plugins[1].library: the path of a "
                          "shared object is needed, or a process"));
  EXPECT_THAT(ProblemsOf("data_dir: d\nplugins: [{libary: a.so}]\n", registry_),
              ElementsAre(HasSubstr("plugins[0].libary: no such key; did you "
                                    "mean \"library\"?")));
}

// docs/plugin_abi.md, with the path that its messages have.
std::string PageWithPath(const std::string& path) {
  std::ifstream file("docs/plugin_abi.md");
  EXPECT_TRUE(file.good());
  return absl::StrReplaceAll(
      std::string(std::istreambuf_iterator<char>(file), {}), {{"PATH", path}});
}

TEST_F(LibraryTest, ThePageHasTheMessagesThatThereAre) {
  for (const char* name : {"other_version", "no_library"}) {
    const std::string error = Error(LibraryPath(name));
    const std::string first = error.substr(0, error.find_first_of(";:"));
    EXPECT_THAT(PageWithPath(LibraryPath(name)),
                HasSubstr("| `" + first + "` |"));
  }
  const std::string taken = absl::StrReplaceAll(
      Error(LibraryPath("linked_too")), {{"source generate", "sink acme"}});
  EXPECT_THAT(PageWithPath(LibraryPath("linked_too")),
              HasSubstr("| `" + taken.substr(0, taken.find(';')) + "` |"));
  EXPECT_THAT(
      PageWithPath("/nowhere.so"),
      HasSubstr(
          "| `" +
          Error("/nowhere.so").substr(0, sizeof("cannot load /nowhere.so:"))));
}

TEST_F(LibraryTest, ThePageEndsItsVersionsWithThePresentOne) {
  const std::string page = PageWithPath("");
  const std::string row =
      absl::StrCat("\n| ", SLUICE_ABI_MAJOR, ".", SLUICE_ABI_MINOR, " | ");
  const size_t at = page.find(row);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(page.substr(page.find('\n', at + 1), 2), "\n\n");
}

}  // namespace
}  // namespace sluice
