#include "pipeline/topology/yaml_node.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "{a: [1, 2], b: ~}" of a node.
std::string Flow(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "~";
    case YamlNode::Kind::kScalar:
      return node.text;
    case YamlNode::Kind::kSequence:
      return absl::StrCat(
          "[",
          absl::StrJoin(node.items, ", ",
                        [](std::string* out, const YamlNodePtr& item) {
                          out->append(Flow(*item));
                        }),
          "]");
    case YamlNode::Kind::kMap:
      break;
  }
  return absl::StrCat(
      "{",
      absl::StrJoin(node.entries, ", ",
                    [](std::string* out, const YamlEntry& entry) {
                      absl::StrAppend(out, entry.key, ": ", Flow(*entry.value));
                    }),
      "}");
}

class YamlNodeTest : public testing::Test {
 protected:
  // Parses and keeps the problems as text.
  YamlNodePtr Parse(const std::string& text) {
    ConfigProblems problems("f");
    YamlNodePtr root = ParseYaml(text, limits_, problems);
    problems_.clear();
    for (const ConfigProblem& problem : problems.Take()) {
      problems_.push_back(problem.ToString());
    }
    return root;
  }

  std::string ParseToFlow(const std::string& text) {
    const YamlNodePtr root = Parse(text);
    return root == nullptr ? "null" : Flow(*root);
  }

  YamlLimits limits_;
  std::vector<std::string> problems_;
};

TEST_F(YamlNodeTest, ReadsMapsListsAndValues) {
  EXPECT_EQ(ParseToFlow("a: 1\nb:\n  - x y\n  - \"q\\n\"\n  - [c, {d: ~}]\n"),
            "{a: 1, b: [x y, q\n, [c, {d: ~}]]}");
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(YamlNodeTest, TakesAnEmptyFileForNull) {
  EXPECT_EQ(ParseToFlow(""), "~");
  EXPECT_EQ(ParseToFlow("# only a comment\n"), "~");
  EXPECT_EQ(ParseToFlow("---\n"), "~");
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(YamlNodeTest, KnowsTheLineOfEverything) {
  const YamlNodePtr root =
      Parse("# comment\na:\n  b: 1\n\n  c:\n  - x\n  - y\n");
  ASSERT_NE(root, nullptr);
  const YamlEntry& a = root->entries[0];
  EXPECT_EQ(a.line, 2);
  EXPECT_EQ(a.value->entries[0].line, 3);
  EXPECT_EQ(a.value->entries[0].value->line, 3);
  EXPECT_EQ(a.value->entries[1].line, 5);
  EXPECT_EQ(a.value->entries[1].value->items[1]->line, 7);
}

TEST_F(YamlNodeTest, CountsLinesThatEndInCarriageReturns) {
  const YamlNodePtr root = Parse("a: 1\r\nb: 2\r\n");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->entries[1].line, 2);
  EXPECT_EQ(Flow(*root), "{a: 1, b: 2}");
}

TEST_F(YamlNodeTest, SkipsAByteOrderMark) {
  EXPECT_EQ(ParseToFlow("\xEF\xBB\xBF"
                        "a: 1\n"),
            "{a: 1}");
}

TEST_F(YamlNodeTest, TakesTheWordNullAsAKey) {
  EXPECT_EQ(ParseToFlow("devnull:\n  null: {}\n"), "{devnull: {null: {}}}");
  EXPECT_EQ(ParseToFlow("{null: ~}"), "{null: ~}");
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(YamlNodeTest, RefusesKeysThatAreNoText) {
  Parse("? [a]\n: 1\nok: 2\n~: 3\n");
  EXPECT_THAT(problems_, ElementsAre("f:1: a key must be a piece of text",
                                     "f:4: a key must be a piece of text"));
}

TEST_F(YamlNodeTest, RefusesAKeyThatComesTwice) {
  EXPECT_EQ(ParseToFlow("a:\n  b: 1\n  c: 2\n  b: 3\n"), "{a: {b: 1, c: 2}}");
  EXPECT_THAT(
      problems_,
      ElementsAre("f:4: a.b: this key is here twice; the first is on line 2"));
}

TEST_F(YamlNodeTest, NamesThePathWithinLists) {
  Parse("a:\n- x: 1\n- x: 1\n  x: 2\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:4: a[1].x: this key")));
}

TEST_F(YamlNodeTest, FollowsAliases) {
  EXPECT_EQ(ParseToFlow("a: &x {b: 1}\nc: *x\n"), "{a: {b: 1}, c: {b: 1}}");
}

TEST_F(YamlNodeTest, MergesMapsAndLetsOwnKeysWin) {
  EXPECT_EQ(ParseToFlow("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n"
                        "c:\n  <<: [*a, *b]\n  x: 9\n"),
            "{a: {x: 1, y: 2}, b: {y: 3, z: 4}, c: {x: 9, y: 2, z: 4}}");
  EXPECT_THAT(problems_, IsEmpty());
  Parse("c:\n  <<: word\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:2: c: << merges a map")));
}

TEST_F(YamlNodeTest, RefusesAnAliasOfWhatIsAroundIt) {
  EXPECT_EQ(Parse("a: &x [1, *x]\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("within its own anchor")));
  EXPECT_EQ(Parse("a: *nowhere\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:1: not valid YAML")));
}

TEST_F(YamlNodeTest, StopsAliasesThatMultiply) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, "*a", i - 1, ", ");
    text += "x]\n";
  }
  EXPECT_EQ(Parse(text), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("more than 200000 values")));
}

TEST_F(YamlNodeTest, BoundsTheDepth) {
  EXPECT_NE(Parse(std::string(60, '[') + std::string(60, ']')), nullptr);
  for (const size_t depth : {100u, 10'000u, 1'000'000u}) {
    EXPECT_EQ(Parse(std::string(depth, '[')), nullptr);
    ASSERT_EQ(problems_.size(), 1u);
  }
  // Through aliases, too.
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [*a", i - 1, "]\n");
  }
  EXPECT_EQ(Parse(text), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("64 levels deep")));
}

TEST_F(YamlNodeTest, ReportsWhatIsNotYamlWithItsLine) {
  EXPECT_EQ(Parse("a: 1\nb: [1, 2\nc: 3\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("not valid YAML")));
  EXPECT_EQ(Parse("a: 1\n\tb: 2\n"), nullptr);
  EXPECT_EQ(Parse("a: 'x"), nullptr);
  EXPECT_EQ(Parse("a: b: c\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:1: not valid YAML")));
}

TEST_F(YamlNodeTest, RefusesAQuoteWithoutEnd) {
  // yaml-cpp lets the end of the file end the quote.
  for (const char* text : {"a: 1\nb: 'x\n", "a: 1\nb: \"x\\\"\n",
                           "a: 1\nb: 'it''s\n", "a: 1\nb: '\n\n"}) {
    Parse(text);
    EXPECT_THAT(problems_,
                ElementsAre(HasSubstr("f:2: b: a quote begins here")))
        << text;
  }
  EXPECT_EQ(ParseToFlow("a: 'it''s'\nb: \"\\\"\"\nc: 'two\n  lines'\n"),
            "{a: it's, b: \", c: two lines}");
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(YamlNodeTest, RefusesASecondDocument) {
  EXPECT_EQ(Parse("a: 1\n---\nb: 2\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:3: a second document")));
}

TEST_F(YamlNodeTest, RefusesTags) {
  Parse("a: !!binary aGVsbG8=\nb: !mine {c: 1}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:1: a: tags such as"),
                                     HasSubstr("f:2: b: tags such as")));
}

TEST_F(YamlNodeTest, RefusesBytesThatAreNoText) {
  EXPECT_EQ(Parse("a: 1\nb: \xff\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:2: bytes that are not")));
  // yaml-cpp would take this for the end of the file.
  EXPECT_EQ(Parse("a: 1\nb: \x04\nc: 3\n"), nullptr);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("f:2: control character 0x04")));
  EXPECT_EQ(Parse(std::string("a: \0b\n", 6)), nullptr);
}

}  // namespace
}  // namespace sluice
