#include "pipeline/topology/config_loader.h"

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/topology/test_plugins.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kGood[] = R"(# A file with a bit of everything.
x-retry: &patient {initial: 500ms, max: 1h}
data_dir: ${DIR:-/var/lib/sluice}
memory_bytes: 64MiB
pipelines:
  office:
    acknowledge: durable
    log: {max_bytes: 1GiB, overflow: block, dedupe_window: 1d}
    sources:
      sensors:
        ticker:
          rate: 2.5
          project: "p$$1"
          device_types: [temperature, humidity]
          label_filters: {room-number: "99", group: null}
    transforms:
    - keep: {when: "data.x > 5"}
    sinks:
      room-feed: &feed
        null: {when: ''}
        retry:
          <<: *patient
          max_attempts: 7
      other: *feed
)";

class ConfigLoaderTest : public testing::Test {
 protected:
  ConfigLoaderTest() { RegisterTestPlugins(registry_); }

  LoadResult LoadText(std::string_view text) {
    return LoadConfigText(text, "f", registry_,
                          [](std::string_view) -> std::optional<std::string> {
                            return std::nullopt;
                          });
  }

  std::vector<std::string> ProblemsOf(const LoadResult& result) {
    std::vector<std::string> problems;
    for (const ConfigProblem& problem : result.problems) {
      problems.push_back(problem.ToString());
    }
    return problems;
  }

  std::string Write(const std::string& text) {
    const std::string path = testing::TempDir() + "/config.yaml";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  PluginRegistry registry_;
};

TEST_F(ConfigLoaderTest, LoadsAFile) {
  const LoadResult result = LoadConfig(Write(kGood), registry_);
  ASSERT_THAT(ProblemsOf(result), IsEmpty());
  ASSERT_TRUE(result.ok());
  const LoadedConfig& loaded = *result.loaded;
  EXPECT_EQ(loaded.spec.data_dir, "/var/lib/sluice");
  const PipelineSpec& office = loaded.spec.pipelines.at(0);
  EXPECT_EQ(office.sinks.size(), 2u);
  EXPECT_EQ(office.sinks[1].retry.initial, absl::Milliseconds(500));
  EXPECT_EQ(office.sinks[1].retry.max_attempts, 7u);
  EXPECT_EQ(loaded.config.pipelines().at("office").log().max_bytes(),
            uint64_t{1} << 30);
}

TEST_F(ConfigLoaderTest, TakesVariablesFromTheEnvironment) {
  ASSERT_EQ(setenv("SLUICE_TEST_DIR", "/data", 1), 0);
  const LoadResult result = LoadConfig(
      Write("data_dir: ${SLUICE_TEST_DIR}/x\npipelines: {p: {sources: {in: "
            "{ticker: {rate: 1}}}, sinks: {out: {null: }}}}"),
      registry_);
  ASSERT_THAT(ProblemsOf(result), IsEmpty());
  EXPECT_EQ(result.loaded->spec.data_dir, "/data/x");
}

TEST_F(ConfigLoaderTest, SaysWhyAFileCannotBeRead) {
  const LoadResult missing = LoadConfig("/nowhere/c.yaml", registry_);
  EXPECT_FALSE(missing.ok());
  EXPECT_THAT(ProblemsOf(missing),
              ElementsAre("/nowhere/c.yaml: cannot read the file: No such file "
                          "or directory"));
  EXPECT_THAT(ProblemsOf(LoadConfig(testing::TempDir(), registry_)),
              ElementsAre(HasSubstr("Is a directory")));
}

TEST_F(ConfigLoaderTest, RefusesAHugeFile) {
  const LoadResult result =
      LoadConfig(Write(std::string(kMaxConfigBytes + 1, ' ')), registry_);
  EXPECT_THAT(ProblemsOf(result),
              ElementsAre(HasSubstr("the file is larger than 4MiB")));
}

TEST_F(ConfigLoaderTest, ReportsMistakesOfEveryStageAtOnce) {
  EXPECT_THAT(ProblemsOf(LoadText(R"(data_dir: d
data_dir: e
pipelines:
  p:
    sources:
      in: {ticker: {rate: fast}}
      two: {ticker: {rate: 0}}
    sinks:
      Out: {null: {}}
      sender: {psot: {}}
)")),
              ElementsAre(HasSubstr("f:2: data_dir: this key is here twice"),
                          HasSubstr("f:6: pipelines.p.sources.in.ticker.rate: "
                                    "\"fast\" is not allowed"),
                          HasSubstr("f:7: pipelines.p.sources.two.ticker.rate"),
                          HasSubstr("f:9: pipelines.p.sinks.Out"),
                          HasSubstr("f:10: pipelines.p.sinks.sender.psot: no "
                                    "such key; did you mean \"post\"?")));
}

TEST_F(ConfigLoaderTest, ManyMistakesAreCounted) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const LoadResult result = LoadText(text);
  EXPECT_EQ(result.problems.size(), ConfigProblems::kMaxProblems + 1);
}

// Changes, removes, doubles or swaps a few bytes or lines of `text`.
std::string Mutate(std::string text, std::mt19937& random) {
  constexpr char kBytes[] =
      ":{}[]&*!|>'\"%@`#-?,\n\t $<~\x04\xff"
      "0aZ";
  const auto below = [&random](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  const size_t changes = 1 + below(8);
  for (size_t i = 0; i < changes && !text.empty(); ++i) {
    const size_t at = below(text.size());
    const size_t size = 1 + below(std::min<size_t>(24, text.size() - at));
    const char byte = kBytes[below(sizeof(kBytes) - 1)];
    switch (below(6)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, size);
        break;
      case 3:
        text.insert(below(text.size()), text.substr(at, size));
        break;
      case 4:
        text.insert(at, size * 40, byte);
        break;
      default:
        text[at] = static_cast<char>(below(256));
    }
  }
  return text;
}

TEST_F(ConfigLoaderTest, SurvivesAnyMutationOfAGoodFile) {
  ASSERT_TRUE(LoadText(kGood).ok());
  std::mt19937 random(20240501);
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = Mutate(kGood, random);
    const LoadResult result = LoadText(text);
    ASSERT_NE(result.ok(), !result.problems.empty()) << text;
    accepted += result.ok() ? 1 : 0;
    for (const ConfigProblem& problem : result.problems) {
      ASSERT_FALSE(problem.message.empty()) << text;
      ASSERT_GE(problem.line, 0) << text;
    }
  }
  // Changes in comments and values are harmless; most others are not.
  EXPECT_GT(accepted, 30);
  EXPECT_LT(accepted, 2000);
}

class ExternalPluginsTest : public ConfigLoaderTest {
 protected:
  // A file that names `libraries`, and has the sink `more` of one of them.
  LoadResult LoadWith(const std::string& libraries) {
    const std::string text =
        "data_dir: d\n"
        "plugins: " +
        libraries +
        "\npipelines: {p: {sources: {s: {ticker: {rate: 1}}},"
        " sinks: {t: {more: {}}}}}\n";
    return LoadConfigText(
        text, "f", registry_,
        [](std::string_view name) -> std::optional<std::string> {
          if (name == "DIR") return "/opt";
          if (name == "LONG") return "never-to-be-seen";
          return std::nullopt;
        },
        [this](const config::v1::ExternalPlugins& plugins,
               PluginRegistry& registry) -> absl::Status {
          asked_.push_back(plugins.library());
          if (plugins.library() != "/opt/more.so") {
            return absl::InvalidArgumentError(plugins.library() +
                                              " is no library");
          }
          PluginEntry<Sink> entry;
          entry.config.reset(registry.sink("null")->config->New());
          entry.create = registry.sink("null")->create;
          return registry.Add("more", std::move(entry));
        });
  }

  std::vector<std::string> asked_;
};

TEST_F(ExternalPluginsTest, AreThereForTheRestOfTheFile) {
  const LoadResult result = LoadWith("[{library: \"${DIR}/more.so\"}]");
  ASSERT_THAT(ProblemsOf(result), IsEmpty());
  EXPECT_THAT(asked_, ElementsAre("/opt/more.so"));
  EXPECT_EQ(result.loaded->spec.pipelines[0].sinks[0].plugin, "more");
  EXPECT_NE(result.loaded->plugins->sink("more"), nullptr);
  EXPECT_NE(result.loaded->plugins->sink("null"), nullptr);
  EXPECT_EQ(registry_.sink("more"), nullptr);
}

TEST_F(ExternalPluginsTest, AreAllThatIsSaidIfTheyCannotBeLoaded) {
  EXPECT_THAT(ProblemsOf(LoadWith("[{library: a.so}, {library: b.so}]")),
              ElementsAre("f:2: plugins[0].library: a.so is no library",
                          "f:2: plugins[1].library: b.so is no library"));
  EXPECT_THAT(ProblemsOf(LoadWith("[{library: \"${LONG}\"}]")),
              ElementsAre("f:2: plugins[0].library: ${LONG} is no library"));
  EXPECT_THAT(ProblemsOf(LoadWith("[{}]")),
              ElementsAre("f:2: plugins[0].library: the path of a shared "
                          "object is needed, or a process"));
  EXPECT_THAT(ProblemsOf(LoadWith("[{library: a.so, process: {name: n}}]")),
              ElementsAre("f:2: plugins[0].library: an entry is a library or a "
                          "process; give each its own"));
  EXPECT_THAT(asked_, ElementsAre("a.so", "b.so", "never-to-be-seen"));
}

TEST_F(ExternalPluginsTest, AreNotLoadedWithMistakesInTheirList) {
  EXPECT_THAT(ProblemsOf(LoadWith("[{library: a.so, name: b}]")),
              ElementsAre(HasSubstr("f:2: plugins[0].name: no such key")));
  EXPECT_THAT(asked_, IsEmpty());
}

}  // namespace
}  // namespace sluice
