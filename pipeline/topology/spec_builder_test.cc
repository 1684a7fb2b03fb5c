#include "pipeline/topology/spec_builder.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/topology/config_loader.h"
#include "pipeline/topology/test_plugins.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The loader's way through BuildSpec(), from text.
class SpecBuilderTest : public testing::Test {
 protected:
  SpecBuilderTest() { RegisterTestPlugins(registry_); }

  LoadResult Load(const std::string& text) {
    return LoadConfigText(
        text, "f", registry_,
        [](std::string_view name) -> std::optional<std::string> {
          if (name == "TYPE") return "confidential";
          return std::nullopt;
        });
  }

  ProcessSpec Spec(const std::string& text) {
    LoadResult result = Load(text);
    for (const ConfigProblem& problem : result.problems) {
      ADD_FAILURE() << problem.ToString();
    }
    return result.ok() ? result.loaded->spec : ProcessSpec();
  }

  std::vector<std::string> ProblemsOf(const std::string& text) {
    std::vector<std::string> problems;
    for (const ConfigProblem& problem : Load(text).problems) {
      problems.push_back(problem.ToString());
    }
    return problems;
  }

  // A pipeline p with `more` among its keys, indented by 4.
  static std::string WithPipeline(const std::string& more) {
    return "data_dir: d\n"
           "pipelines:\n"
           "  p:\n" +
           more +
           "    sources: {in: {ticker: {rate: 1}}}\n"
           "    sinks: {out: {null: {}}}\n";
  }

  PluginRegistry registry_;
};

TEST_F(SpecBuilderTest, FillsInTheDefaults) {
  const ProcessSpec spec = Spec(WithPipeline(""));
  EXPECT_EQ(spec.data_dir, "d");
  EXPECT_EQ(spec.memory_bytes, uint64_t{256} << 20);
  ASSERT_EQ(spec.pipelines.size(), 1u);
  const PipelineSpec& pipeline = spec.pipelines[0];
  EXPECT_EQ(pipeline.name, "p");
  EXPECT_EQ(pipeline.max_event_bytes, size_t{1} << 20);
  EXPECT_EQ(pipeline.overflow, config::v1::BLOCK);
  EXPECT_EQ(pipeline.log.max_bytes, uint64_t{10} << 30);
  EXPECT_EQ(pipeline.log.retain_bytes, 0u);
  EXPECT_EQ(pipeline.log.retain_time, absl::ZeroDuration());
  EXPECT_EQ(pipeline.log.dedupe_window, absl::Hours(26));
  EXPECT_EQ(pipeline.log.dead_letter_max_bytes, uint64_t{1} << 30);
  EXPECT_EQ(pipeline.log.dead_letter_max_age, absl::ZeroDuration());
  ASSERT_EQ(pipeline.sources.size(), 1u);
  EXPECT_EQ(pipeline.sources[0].name, "in");
  EXPECT_EQ(pipeline.sources[0].plugin, "ticker");
  EXPECT_EQ(pipeline.sources[0].acknowledge, config::v1::DURABLE);
  ASSERT_EQ(pipeline.sinks.size(), 1u);
  const SinkSpec& sink = pipeline.sinks[0];
  EXPECT_EQ(sink.plugin, "null");
  EXPECT_EQ(sink.on_unknown, config::v1::RETRY);
  EXPECT_TRUE(sink.start_from_oldest);
  EXPECT_EQ(sink.retry.initial, absl::Milliseconds(200));
  EXPECT_EQ(sink.retry.max, absl::Seconds(30));
  EXPECT_EQ(sink.retry.max_attempts, 0u);
  EXPECT_EQ(sink.retry.max_age, absl::InfiniteDuration());
}

TEST_F(SpecBuilderTest, TakesWhatTheFileSays) {
  const ProcessSpec spec = Spec(R"(
data_dir: /var/lib/sluice
memory_bytes: 64MiB
pipelines:
  zoo:
    sources: {in: {ticker: {rate: 1}}}
    sinks: {out: {null: {}}}
  office:
    acknowledge: buffered
    max_event_bytes: 64KiB
    log:
      max_bytes: 1GiB
      overflow: drop_oldest
      retain_time: 24h
      retain_bytes: 100MiB
      dedupe_window: 2h
    dead_letters: {max_bytes: 50MiB, max_age: 30d}
    sources:
      b: {ticker: {rate: 1}}
      a: {ticker: {rate: 1}, acknowledge: delivered}
    transforms:
    - keep: {when: x}
    - keep:
    sinks:
      out:
        null: {}
        retry: {initial: 1s, max: 1m, max_attempts: 5, max_age: 1d}
        on_unknown: dead_letter
        start: newest
)");
  EXPECT_EQ(spec.memory_bytes, uint64_t{64} << 20);
  ASSERT_EQ(spec.pipelines.size(), 2u);
  EXPECT_EQ(spec.pipelines[1].name, "zoo");
  const PipelineSpec& office = spec.pipelines[0];
  EXPECT_EQ(office.name, "office");
  EXPECT_EQ(office.max_event_bytes, size_t{64} << 10);
  EXPECT_EQ(office.overflow, config::v1::DROP_OLDEST);
  EXPECT_EQ(office.log.max_bytes, uint64_t{1} << 30);
  EXPECT_EQ(office.log.retain_time, absl::Hours(24));
  EXPECT_EQ(office.log.retain_bytes, uint64_t{100} << 20);
  EXPECT_EQ(office.log.dedupe_window, absl::Hours(2));
  EXPECT_EQ(office.log.dead_letter_max_bytes, uint64_t{50} << 20);
  EXPECT_EQ(office.log.dead_letter_max_age, absl::Hours(720));
  ASSERT_EQ(office.sources.size(), 2u);
  EXPECT_EQ(office.sources[0].name, "a");
  EXPECT_EQ(office.sources[0].acknowledge, config::v1::DELIVERED);
  EXPECT_EQ(office.sources[1].acknowledge, config::v1::BUFFERED);
  ASSERT_EQ(office.transforms.size(), 2u);
  EXPECT_EQ(office.transforms[1].plugin, "keep");
  const SinkSpec& sink = office.sinks.at(0);
  EXPECT_EQ(sink.retry.initial, absl::Seconds(1));
  EXPECT_EQ(sink.retry.max, absl::Minutes(1));
  EXPECT_EQ(sink.retry.max_attempts, 5u);
  EXPECT_EQ(sink.retry.max_age, absl::Hours(24));
  EXPECT_EQ(sink.on_unknown, config::v1::DEAD_LETTER);
  EXPECT_FALSE(sink.start_from_oldest);
}

TEST_F(SpecBuilderTest, MakesAsManyInstancesAsAreAskedFor) {
  ProcessSpec spec;
  {
    PluginRegistry registry;
    RegisterTestPlugins(registry);
    spec = LoadConfigText(WithPipeline("    transforms: [keep: ]\n"), "f",
                          registry, ProcessEnvironment())
               .loaded->spec;
  }
  // The registry is gone.
  const PipelineSpec& pipeline = spec.pipelines.at(0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(pipeline.sources[0].create().ok());
    EXPECT_TRUE(pipeline.transforms[0].create().ok());
    EXPECT_TRUE(pipeline.sinks[0].create().ok());
  }
}

TEST_F(SpecBuilderTest, AShortMaximumWaitShortensTheFirst) {
  const ProcessSpec spec = Spec(R"(
data_dir: d
pipelines:
  p:
    sources: {in: {ticker: {rate: 1}}}
    sinks: {out: {null: {}, retry: {max: 50ms}}}
)");
  EXPECT_EQ(spec.pipelines.at(0).sinks[0].retry.initial,
            absl::Milliseconds(50));
}

TEST_F(SpecBuilderTest, NeedsTheEssentials) {
  EXPECT_THAT(ProblemsOf("{}"),
              ElementsAre(HasSubstr("f:1: data_dir: a data directory is"),
                          HasSubstr("f:1: pipelines: at least one pipeline")));
  EXPECT_THAT(ProblemsOf("data_dir: d\npipelines:\n  p: {}\n"),
              ElementsAre(HasSubstr("f:3: pipelines.p.sources: at least one "
                                    "source is needed; give it a name: "
                                    "sources: {NAME"),
                          HasSubstr("f:3: pipelines.p.sinks: at least one")));
}

TEST_F(SpecBuilderTest, NeedsMemoryForWhatThePipelinesHaveAtTheLeast) {
  EXPECT_THAT(ProblemsOf(WithPipeline("    max_event_bytes: 64MiB\n")),
              ElementsAre(HasSubstr(
                  "memory_bytes: 256MiB is not enough for 1 pipeline with 1 "
                  "sink and events as large as max_event_bytes; give at "
                  "least 513MiB")));
  EXPECT_THAT(ProblemsOf("memory_bytes: 513MiB\n" +
                         WithPipeline("    max_event_bytes: 64MiB\n")),
              ElementsAre());
}

TEST_F(SpecBuilderTest, ChecksRanges) {
  EXPECT_THAT(
      ProblemsOf("memory_bytes: 1MiB\n" + WithPipeline(R"(
    max_event_bytes: 65MiB
    log:
      max_bytes: 512KiB
      dedupe_window: 31d
)")),
      ElementsAre(
          HasSubstr("f:1: memory_bytes: must be from 16MiB to 100TiB"),
          HasSubstr("f:6: pipelines.p.max_event_bytes: must be from 1KiB to "
                    "64MiB"),
          HasSubstr("f:8: pipelines.p.log.max_bytes: must be from 1MiB"),
          HasSubstr("f:9: pipelines.p.log.dedupe_window: must be from 0 to "
                    "720h")));
  // 0 is no way to ask for the default.
  EXPECT_THAT(ProblemsOf(WithPipeline("    log: {max_bytes: 0}\n")),
              ElementsAre(HasSubstr("log.max_bytes: must be from 1MiB")));
}

TEST_F(SpecBuilderTest, ChecksWhatHasToFitTogether) {
  EXPECT_THAT(ProblemsOf(WithPipeline("    max_event_bytes: 3MiB\n"
                                      "    log: {max_bytes: 2MiB, "
                                      "retain_bytes: 4MiB}\n")),
              ElementsAre(HasSubstr("f:4: pipelines.p.max_event_bytes: must be "
                                    "from 1KiB to 2MiB"),
                          HasSubstr("f:5: pipelines.p.log.retain_bytes: must "
                                    "be from 0 to 2MiB")));
  EXPECT_THAT(ProblemsOf(R"(
data_dir: d
pipelines:
  p:
    sources: {same: {ticker: {rate: 1}}}
    sinks:
      same: {null: {}}
      out: {null: {}, retry: {initial: 2m, max: 1m}}
)"),
              ElementsAre(HasSubstr("f:7: pipelines.p.sinks.same: a source of "
                                    "this pipeline has the same name"),
                          HasSubstr("f:8: pipelines.p.sinks.out.retry.initial: "
                                    "must be from 1ms to 1m")));
}

TEST_F(SpecBuilderTest, ReportsAnUnreadableValueOnce) {
  EXPECT_THAT(ProblemsOf("data_dir: [d]\nmemory_bytes: lots\n"
                         "pipelines: []\n"),
              ElementsAre(HasSubstr("f:1: data_dir: must be text"),
                          HasSubstr("f:2: memory_bytes: \"lots\" is not"),
                          HasSubstr("f:3: pipelines: must be a map")));
}

TEST_F(SpecBuilderTest, TakesOnlySafeNames) {
  for (const char* name : {"../etc", "a/b", "Office", ".", "-a", "_a", "a b",
                           "''", "grün", "a.b"}) {
    const std::vector<std::string> problems =
        ProblemsOf("data_dir: d\npipelines:\n  " + std::string(name) +
                   ": {sources: {in: {ticker: {rate: 1}}}, "
                   "sinks: {out: {null: {}}}}\n");
    EXPECT_THAT(problems, ElementsAre(HasSubstr("cannot be a name"))) << name;
  }
  EXPECT_THAT(ProblemsOf("data_dir: d\npipelines: {p: {sources: {'/': {ticker: "
                         "{rate: 1}}}, sinks: {" +
                         std::string(64, 'a') + ": {null: {}}}}}"),
              ElementsAre(HasSubstr("sources[\"/\"]: \"/\" cannot be a name"),
                          HasSubstr("cannot be a name")));
  Spec(
      "data_dir: d\npipelines: {0-a_b: {sources: {in: {ticker: {rate: 1}}}, "
      "sinks: {" +
      std::string(63, 'a') + ": {null: {}}}}}");
}

TEST_F(SpecBuilderTest, MapsAFactorysErrorToItsLine) {
  EXPECT_THAT(
      ProblemsOf(R"(
data_dir: d
pipelines:
  p:
    sources:
      in:
        ticker:
          rate: 1
          device_types:
          - humidity
          - temprature
      no-rate:
        ticker:
          project: x
    sinks: {out: {null: {}}}
)"),
      ElementsAre("f:11: pipelines.p.sources.in.ticker.device_types[1]: "
                  "\"temprature\" is not a device type; allowed: temperature, "
                  "humidity",
                  "f:13: pipelines.p.sources.no-rate.ticker.rate: must be "
                  "above 0 events per second"));
}

TEST_F(SpecBuilderTest, SurvivesAFactoryThatThrowsOrNamesNoField) {
  EXPECT_THAT(
      ProblemsOf(WithPipeline("    transforms:\n"
                              "    - keep: {when: throw}\n"
                              "    - keep: {when: 'no'}\n")),
      ElementsAre("f:5: pipelines.p.transforms[0].keep: the plugin failed on "
                  "this: thrown",
                  "f:6: pipelines.p.transforms[1].keep: never"));
}

TEST_F(SpecBuilderTest, AddsToOtherMistakesOnlyWhatIsSureToBeOneMore) {
  // The value is in the file, so it is wrong whatever else is.
  EXPECT_THAT(ProblemsOf(R"(
data_dir: d
pipelines:
  p:
    sources: {in: {ticker: {rate: 0, projekt: x}}}
    sinks: {out: {null: {}}}
)"),
              ElementsAre(HasSubstr("in.ticker.projekt: no such key"),
                          HasSubstr("in.ticker.rate: must be above 0")));
  // These would be consequences: a misspelt key, a value that is wrong itself,
  // no field at all.
  EXPECT_THAT(ProblemsOf(R"(
data_dir: d
pipelines:
  p:
    sources:
      a: {ticker: {rat: 5}}
      b: {ticker: {rate: fast}}
    transforms:
    - keep: {when: 'no', x: y}
    sinks: {out: {null: {}}}
)"),
              ElementsAre(HasSubstr("a.ticker.rat: no such key"),
                          HasSubstr("b.ticker.rate: \"fast\" is not"),
                          HasSubstr("transforms[0].keep.x: no such key")));
}

TEST_F(SpecBuilderTest, HidesVariablesInWhatAFactorySays) {
  EXPECT_THAT(ProblemsOf(WithPipeline("") + R"(
  q:
    sources: {in: {ticker: {rate: 1, device_types: '${TYPE}'}}}
    sinks: {out: {null: {}}}
)"),
              ElementsAre(HasSubstr("\"${TYPE}\" is not a device type")));
}

}  // namespace
}  // namespace sluice
