#include "pipeline/topology/message_reader.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "pipeline/topology/test_plugins.pb.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {
namespace {

using google::protobuf::TextFormat;
using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using topology_test::Everything;

// Knows the plugin `keep`, for every component.
class OnePlugin final : public PluginTable {
 public:
  std::shared_ptr<google::protobuf::Message> NewConfig(
      const google::protobuf::Descriptor&,
      std::string_view name) const override {
    if (name != "keep") return nullptr;
    return std::make_shared<topology_test::KeepConfig>();
  }
  std::vector<std::string> Names(
      const google::protobuf::Descriptor&) const override {
    return {"keep"};
  }
  std::string OtherKind(std::string_view name) const override {
    return name == "elsewhere" ? "a source" : "";
  }
};

class MessageReaderTest : public testing::Test {
 protected:
  // Reads `yaml` into `message`; what is wrong goes to problems_, without the
  // name of the file.
  void Read(const std::string& yaml, google::protobuf::Message& message) {
    ConfigProblems problems("");
    const YamlNodePtr root = ParseYaml(yaml, YamlLimits(), problems);
    ASSERT_NE(root, nullptr) << yaml;
    result_ = ReadMessage(
        *root, OnePlugin(),
        [this](std::string_view name) -> std::optional<std::string> {
          const auto found = variables_.find(std::string(name));
          if (found == variables_.end()) return std::nullopt;
          return found->second;
        },
        message, problems);
    problems_.clear();
    for (const ConfigProblem& problem : problems.Take()) {
      problems_.push_back(absl::StrCat(problem.line, ": ", problem.path, ": ",
                                       problem.message));
    }
  }

  std::vector<std::string> ProblemsOf(const std::string& yaml) {
    Everything message;
    Read(yaml, message);
    return problems_;
  }

  std::map<std::string, std::string> variables_;
  ReadResult result_;
  std::vector<std::string> problems_;
};

struct GoodCase {
  const char* yaml;
  const char* message;  // In protobuf's text format.
};

class GoodYamlTest : public MessageReaderTest,
                     public testing::WithParamInterface<GoodCase> {};

TEST_P(GoodYamlTest, BecomesTheMessage) {
  Everything expected;
  ASSERT_TRUE(TextFormat::ParseFromString(GetParam().message, &expected));
  Everything message;
  Read(GetParam().yaml, message);
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_TRUE(MessageDifferencer::Equals(message, expected))
      << message.DebugString();
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodYamlTest,
    testing::Values(
        GoodCase{"{}", ""}, GoodCase{"", ""},
        GoodCase{"text: a b", "text: 'a b'"},
        // Values of text stay as they are written.
        GoodCase{"text: 0099", "text: '0099'"},
        GoodCase{"text: true", "text: 'true'"},
        GoodCase{"text: ''", "text: ''"},
        GoodCase{"text: 'null'", "text: 'null'"},
        GoodCase{"raw: \"\\xe9\"", "raw: '\xc3\xa9'"},
        GoodCase{"flag: true", "flag: true"},
        GoodCase{"small: -2147483648", "small: -2147483648"},
        GoodCase{"large: 9223372036854775807", "large: 9223372036854775807"},
        GoodCase{"count: 4294967295", "count: 4294967295"},
        GoodCase{"total: 18446744073709551615", "total: 18446744073709551615"},
        GoodCase{"ratio: 0.5", "ratio: 0.5"},
        GoodCase{"precise: 1e300", "precise: 1e300"},
        GoodCase{"color: dark_blue", "color: COLOR_DARK_BLUE"},
        GoodCase{"colors: [red, dark_blue]",
                 "colors: COLOR_RED colors: COLOR_DARK_BLUE"},
        GoodCase{"inner: {text: x, number: 3}",
                 "inner { text: 'x' number: 3 }"},
        GoodCase{"inner:", "inner {}"},
        GoodCase{"wait: 1.5s", "wait { seconds: 1 nanos: 500000000 }"},
        GoodCase{"wait: 1d", "wait { seconds: 86400 }"},
        GoodCase{"since: 1970-01-01T00:00:10.25Z",
                 "since { seconds: 10 nanos: 250000000 }"},
        GoodCase{"since: 1969-12-31T23:59:59.75Z",
                 "since { seconds: -1 nanos: 750000000 }"},
        GoodCase{"waits: [1s, 2s]",
                 "waits { seconds: 1 } waits { seconds: 2 }"},
        GoodCase{"waits: 1s", "waits { seconds: 1 }"},
        GoodCase{"names: [a, b]", "names: 'a' names: 'b'"},
        GoodCase{"names: a", "names: 'a'"}, GoodCase{"names: []", ""},
        GoodCase{"numbers: 7", "numbers: 7"},
        GoodCase{"inners:\n- text: a\n- number: 2\n-\n",
                 "inners { text: 'a' } inners { number: 2 } inners {}"},
        GoodCase{"words: {a: b, 'c.d': 'e'}",
                 "words { key: 'a' value: 'b' }"
                 "words { key: 'c.d' value: 'e' }"},
        GoodCase{"parts: {a: {number: 1}}",
                 "parts { key: 'a' value { number: 1 } }"},
        GoodCase{"labels: {room: 99, group: null, wing:, x: {value: y}}",
                 "labels { key: 'room' value { value: '99' } }"
                 "labels { key: 'group' value {} }"
                 "labels { key: 'wing' value {} }"
                 "labels { key: 'x' value { value: 'y' } }"},
        GoodCase{"max_bytes: 10GiB", "max_bytes: 10737418240"},
        GoodCase{"max_bytes: 4096", "max_bytes: 4096"},
        GoodCase{"small_bytes: 1KiB", "small_bytes: 1024"},
        GoodCase{"left: x", "left: 'x'"},
        GoodCase{"maybe: false", "maybe: false"},
        GoodCase{"text: $${x}", "text: '${x}'"}));

struct BadCase {
  const char* yaml;
  const char* problem;  // Part of the only problem.
};

class BadYamlTest : public MessageReaderTest,
                    public testing::WithParamInterface<BadCase> {};

TEST_P(BadYamlTest, IsRefusedWithLineAndPath) {
  EXPECT_THAT(ProblemsOf(GetParam().yaml),
              ElementsAre(HasSubstr(GetParam().problem)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadYamlTest,
    testing::Values(
        BadCase{"\nflga: true",
                "2: flga: no such key; did you mean \"flag\"? allowed: text, "},
        BadCase{"inner: {txt: x}",
                "1: inner.txt: no such key; did you mean "
                "\"text\"? allowed: text, number"},
        BadCase{"[a]", "1: : must be a map, not a list; allowed keys: text"},
        BadCase{"word", "must be a map, not a single value"},
        BadCase{"text: [a]", "1: text: must be text, not a list"},
        BadCase{"text: {a: b}", "text: must be text, not a map"},
        BadCase{"\n\ntext:\n", "3: text: no value is given; give text or"},
        BadCase{"flag: yes",
                "flag: \"yes\" is not allowed; must be true or false"},
        BadCase{"small: 2147483648",
                "must be a whole number from -2147483648 to 2147483647"},
        BadCase{"small: 1.0", "must be a whole number"},
        BadCase{"count: -1", "must be a whole number from 0 to 4294967295"},
        BadCase{"total: 18446744073709551616", "must be a whole number from 0"},
        BadCase{"ratio: 1e39", "must be less than 3.4e38"},
        BadCase{"precise: .inf", "must be a number such as"},
        BadCase{"color: RED",
                "color: \"RED\" is not allowed; did you mean "
                "\"red\"? allowed: red, dark_blue"},
        BadCase{"color: unspecified", "is not allowed; allowed: red"},
        BadCase{"color: 1", "is not allowed; allowed: red"},
        BadCase{"inner: x",
                "inner: must be a map, not a single value; allowed "
                "keys: text, number"},
        BadCase{"wait: 5",
                "wait: \"5\" is not allowed; must be a length of "
                "time"},
        BadCase{"wait: {seconds: 5}",
                "wait: must be a length of time such as 24h, not a map"},
        BadCase{"since: today", "must be a time such as"},
        BadCase{"names:\n- a\n- [b]\n", "3: names[1]: must be text, not a"},
        BadCase{"names: {a: b}",
                "names: must be a list, each item text, not a"},
        BadCase{"names:", "names: must be a list, each item text, not nothing"},
        BadCase{"numbers: [1, two]", "numbers[1]: \"two\" is not allowed"},
        BadCase{"inners: [{text: a}, {bad: b}]", "inners[1].bad: no such key"},
        BadCase{"words: [a]",
                "words: must be a map from names to values, each "
                "text, not a list"},
        BadCase{"words: {a: [b]}", "words.a: must be text, not a list"},
        BadCase{"words: {'a.b':\n [b]}", "words[\"a.b\"]: must be text"},
        BadCase{"parts: {a: {numbr: 1}}", "parts.a.numbr: no such key; did"},
        BadCase{"labels: {a: [b]}", "labels.a: must be a map, not a list"},
        BadCase{"by_number: {1: a}", "cannot read a map whose keys are no"},
        BadCase{"max_bytes: 10G",
                "max_bytes: \"10G\" is not allowed; must be "
                "a number of bytes such as"},
        BadCase{"small_bytes: 2GiB", "must be less than 2GiB"},
        BadCase{"left: a\nright: b",
                "2: right: only one of these is allowed: "
                "left, right"},
        BadCase{"text: ${NONE}", "text: the environment variable NONE is not"},
        BadCase{"names: [a, '${X']", "names[1]: ${ without its }"},
        BadCase{"text: \"a\\0b\"", "text: the character NUL is not allowed"}));

TEST_F(MessageReaderTest, ReportsEveryMistake) {
  EXPECT_THAT(ProblemsOf("flag: maybe\nsmall: x\ninner:\n  a: 1\nnames: {}\n"),
              ElementsAre(HasSubstr("1: flag"), HasSubstr("2: small"),
                          HasSubstr("4: inner.a"), HasSubstr("5: names")));
}

TEST_F(MessageReaderTest, PutsVariablesIntoValuesOfAnyKind) {
  variables_ = {{"N", "42"}, {"SIZE", "1KiB"}, {"WORD", "a: {b"}};
  Everything message;
  Read("small: ${N}\nmax_bytes: ${SIZE}\nnames: ['<${WORD}>', '${X:-y}']",
       message);
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(message.small(), 42);
  EXPECT_EQ(message.max_bytes(), 1024u);
  EXPECT_THAT(message.names(), ElementsAre("<a: {b>", "y"));
  EXPECT_EQ(result_.variables.size(), 3u);
}

TEST_F(MessageReaderTest, NeverShowsWhatAVariableHolds) {
  variables_ = {{"HIDDEN", "s3cr3t-value"}};
  Everything message;
  Read("small: ${HIDDEN}\nwait: ${HIDDEN}\ncolor: ${HIDDEN}\nflag: ${HIDDEN}",
       message);
  ASSERT_EQ(problems_.size(), 4u);
  for (const std::string& problem : problems_) {
    EXPECT_THAT(problem, Not(HasSubstr("s3cr3t-value")));
    EXPECT_THAT(problem, HasSubstr("\"${HIDDEN}\""));
  }
}

TEST_F(MessageReaderTest, KnowsWhereEachFieldStands) {
  Everything message;
  Read("inner:\n  text: x\nnames:\n- a\n- b\nwords:\n  k.l:\n    v\n", message);
  EXPECT_EQ(result_.lines.Find("inner"), 1);
  EXPECT_EQ(result_.lines.Find("inner.text"), 2);
  EXPECT_EQ(result_.lines.Find("names[1]"), 5);
  EXPECT_EQ(result_.lines.Find("words[\"k.l\"]"), 8);
  EXPECT_TRUE(result_.lines.Has("inner.text"));
  EXPECT_FALSE(result_.lines.Has("inner.number"));
  // What is not in the file lies where its parent is.
  EXPECT_EQ(result_.lines.Find("inner.number"), 1);
  EXPECT_EQ(result_.lines.Find("names[7].x"), 3);
  EXPECT_EQ(result_.lines.Find("elsewhere"), 1);
}

TEST_F(MessageReaderTest, PointsIntoTheAnchorAnAliasStandsFor) {
  EXPECT_THAT(ProblemsOf("inner: &i\n  number: x\nparts:\n  a: *i\n"),
              ElementsAre(HasSubstr("2: inner.number: \"x\""),
                          HasSubstr("2: parts.a.number: \"x\"")));
}

TEST_F(MessageReaderTest, RefusesASecretInTheFileWithoutShowingIt) {
  for (const char* yaml :
       {"secret: hunter2", "secret: [hunter2]", "secret: '${H}'"}) {
    variables_ = {{"H", "hunter2"}};
    const std::vector<std::string> problems = ProblemsOf(yaml);
    EXPECT_THAT(problems,
                ElementsAre("1: secret: a secret is not written into the file; "
                            "give {env: NAME} or {file: path}"));
  }
  EXPECT_THAT(ProblemsOf("secret:"),
              ElementsAre(HasSubstr("give {env: NAME}")));
  EXPECT_THAT(ProblemsOf("secret: {}"),
              ElementsAre(HasSubstr("give {env: NAME}")));
  EXPECT_THAT(ProblemsOf("secret: {env: ''}"),
              ElementsAre(HasSubstr("give {env: NAME}")));
  EXPECT_THAT(ProblemsOf("secret: {value: hunter2}"),
              ElementsAre(HasSubstr("secret.value: no such key; allowed: env, "
                                    "file")));
  EXPECT_THAT(ProblemsOf("secret: {env: A, file: b}"),
              ElementsAre(HasSubstr("only one of these")));
}

TEST_F(MessageReaderTest, ChecksThatASecretIsThere) {
  EXPECT_THAT(ProblemsOf("\nsecret: {env: SLUICE_TEST_NOT_SET}"),
              ElementsAre("2: secret: the environment variable "
                          "SLUICE_TEST_NOT_SET is not set"));
  EXPECT_THAT(ProblemsOf("secret: {file: /nowhere/at/all}"),
              ElementsAre(HasSubstr("/nowhere/at/all")));
  ASSERT_EQ(setenv("SLUICE_TEST_SET", "x", 1), 0);
  EXPECT_THAT(ProblemsOf("secret: {env: SLUICE_TEST_SET}"), IsEmpty());
  const std::string path = testing::TempDir() + "/secret";
  std::ofstream(path) << "x\n";
  variables_ = {{"DIR", testing::TempDir()}};
  EXPECT_THAT(ProblemsOf("secret: {file: '${DIR}/secret'}"), IsEmpty());
}

class ComponentReaderTest : public MessageReaderTest {
 protected:
  std::vector<std::string> ProblemsOf(const std::string& yaml) {
    sink_.Clear();
    Read(yaml, sink_);
    return problems_;
  }
  config::v1::Sink sink_;
};

TEST_F(ComponentReaderTest, ReadsItsFieldsAndItsPlugin) {
  EXPECT_THAT(ProblemsOf("start: newest\nkeep: {when: x}\n"), IsEmpty());
  EXPECT_EQ(sink_.start(), config::v1::NEWEST);
  topology_test::KeepConfig keep;
  ASSERT_TRUE(sink_.plugin().UnpackTo(&keep));
  EXPECT_EQ(keep.when(), "x");
  ASSERT_EQ(result_.plugins.size(), 1u);
  const PluginConfig& plugin = result_.plugins.begin()->second;
  EXPECT_EQ(plugin.name, "keep");
  EXPECT_TRUE(plugin.complete);
}

TEST_F(ComponentReaderTest, TakesNothingForAnEmptyPlugin) {
  EXPECT_THAT(ProblemsOf("keep:\n"), IsEmpty());
  EXPECT_EQ(result_.plugins.size(), 1u);
}

TEST_F(ComponentReaderTest, MarksAPluginWithMistakes) {
  EXPECT_THAT(ProblemsOf("keep: {whne: x}\n"),
              ElementsAre(HasSubstr("keep.whne: no such key")));
  EXPECT_FALSE(result_.plugins.begin()->second.complete);
}

TEST_F(ComponentReaderTest, NeedsExactlyOnePlugin) {
  EXPECT_THAT(ProblemsOf("start: newest\n"),
              ElementsAre("1: : no plugin is named; give one of: keep"));
  EXPECT_THAT(ProblemsOf(""),
              ElementsAre(HasSubstr("no plugin is named; give one of: keep")));
  // The misspelt plugin is one mistake, not two.
  EXPECT_THAT(ProblemsOf("kep: {}\n"),
              ElementsAre(HasSubstr("kep: no such key; did you mean \"keep\"? "
                                    "allowed: retry, on_unknown, start, "
                                    "keep")));
  EXPECT_THAT(ProblemsOf("elsewhere: {}\n"),
              ElementsAre(HasSubstr("the plugin elsewhere is a source and has "
                                    "no place here; allowed: retry")));
  EXPECT_THAT(ProblemsOf("plugin: {}\n"),
              ElementsAre(HasSubstr("plugin: no such key")));
}

}  // namespace
}  // namespace sluice
