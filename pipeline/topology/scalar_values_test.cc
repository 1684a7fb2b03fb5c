#include "pipeline/topology/scalar_values.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

TEST(ParseDurationTest, ReadsUnitsInARow) {
  const std::pair<const char*, absl::Duration> cases[] = {
      {"0", absl::ZeroDuration()},        {"500ms", absl::Milliseconds(500)},
      {"24h", absl::Hours(24)},           {"1d", absl::Hours(24)},
      {"1d12h", absl::Hours(36)},         {"2m", absl::Minutes(2)},
      {"1.5s", absl::Milliseconds(1500)}, {"0.25h", absl::Minutes(15)},
      {"7us", absl::Microseconds(7)},     {"9ns", absl::Nanoseconds(9)},
      {"1h30m5s", absl::Seconds(5405)},
  };
  for (const auto& [text, expected] : cases) {
    const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(ParseDurationTest, RefusesTheRest) {
  for (const char* text : {"",
                           "5",
                           "-5s",
                           "s",
                           "5 s",
                           "5S",
                           "five",
                           "1.s",
                           ".5s",
                           "1..5s",
                           "1e3s",
                           "inf",
                           "5sec",
                           "1h ",
                           "+1s",
                           "1,5s",
                           "5mss",
                           "99999999999999999999d",
                           "99999999999d",
                           "999999999999999999h999999999999999999h"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(ParseByteSizeTest, ReadsBothKindsOfUnits) {
  const std::pair<const char*, uint64_t> cases[] = {
      {"0", 0},
      {"65536", 65536},
      {"10B", 10},
      {"1kB", 1000},
      {"1KB", 1000},
      {"2MB", 2'000'000},
      {"3GB", 3'000'000'000},
      {"1TB", 1'000'000'000'000},
      {"1KiB", 1024},
      {"256MiB", uint64_t{256} << 20},
      {"10GiB", uint64_t{10} << 30},
      {"10 GiB", uint64_t{10} << 30},
      {"1TiB", uint64_t{1} << 40},
      {"9223372036854775807",
       static_cast<uint64_t>(std::numeric_limits<int64_t>::max())},
  };
  for (const auto& [text, expected] : cases) {
    const absl::StatusOr<uint64_t> parsed = ParseByteSize(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(ParseByteSizeTest, RefusesTheRest) {
  for (const char* text :
       {"", "B", "-1", "+1", "1.5GiB", "10G", "10gib", "1Mb", "0x10", "1_000",
        "99999999999999999999", "9000000TiB", "9223372036854775808"}) {
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  }
}

TEST(ParseWholeTest, KeepsToItsRange) {
  EXPECT_EQ(*ParseSigned("-128", -128, 127), -128);
  EXPECT_EQ(ParseSigned("128", -128, 127).status().message(),
            "must be a whole number from -128 to 127");
  EXPECT_EQ(*ParseUnsigned("255", 255), 255u);
  for (const char* text : {"", "256", "-1", "1.0", "1e1", " 1", "0x1", "abc"}) {
    EXPECT_FALSE(ParseUnsigned(text, 255).ok()) << text;
  }
}

TEST(ParseNumberTest, TakesOnlyFiniteNumbers) {
  EXPECT_EQ(*ParseNumber("0.5"), 0.5);
  EXPECT_EQ(*ParseNumber("-1e3"), -1000);
  for (const char* text : {"", "inf", "nan", "1e999", "one"}) {
    EXPECT_FALSE(ParseNumber(text).ok()) << text;
  }
}

TEST(ParseBoolTest, TakesTwoWords) {
  EXPECT_TRUE(*ParseBool("true"));
  EXPECT_FALSE(*ParseBool("false"));
  for (const char* text : {"", "yes", "True", "1"}) {
    EXPECT_FALSE(ParseBool(text).ok()) << text;
  }
}

TEST(ParseTimestampTest, ReadsRfc3339) {
  EXPECT_EQ(*ParseTimestamp("1970-01-01T00:01:00Z"), absl::FromUnixSeconds(60));
  EXPECT_FALSE(ParseTimestamp("yesterday").ok());
  EXPECT_FALSE(ParseTimestamp("infinite-future").ok());
}

TEST(TextTest, ReadsBackAsTheSameValue) {
  for (const char* text : {"24h", "90s", "1500ms", "2m", "0"}) {
    EXPECT_EQ(DurationText(*ParseDuration(text)), text);
  }
  for (const char* text : {"10GiB", "1MiB", "1000", "3KiB", "0"}) {
    EXPECT_EQ(ByteSizeText(*ParseByteSize(text)), text);
  }
}

class ExpandVariablesTest : public testing::Test {
 protected:
  absl::StatusOr<std::string> Expand(const std::string& text) {
    return ExpandVariables(
        text,
        [this](std::string_view name) -> std::optional<std::string> {
          const auto found = variables_.find(std::string(name));
          if (found == variables_.end()) return std::nullopt;
          return found->second;
        },
        [this](std::string_view name, std::string_view) {
          used_.emplace_back(name);
        });
  }

  std::map<std::string, std::string> variables_;
  std::vector<std::string> used_;
};

TEST_F(ExpandVariablesTest, PutsValuesIn) {
  variables_ = {{"A", "one"}, {"_B2", "${A}$$"}};
  EXPECT_EQ(*Expand("${A}-${_B2}"), "one-${A}$$");
  EXPECT_THAT(used_, testing::ElementsAre("A", "_B2"));
}

TEST_F(ExpandVariablesTest, UsesTheDefaultForUnsetAndEmpty) {
  variables_ = {{"EMPTY", ""}};
  EXPECT_EQ(*Expand("${NONE:-a b}"), "a b");
  EXPECT_EQ(*Expand("${EMPTY:-x}"), "x");
  EXPECT_EQ(*Expand("[${EMPTY}]"), "[]");
  EXPECT_EQ(*Expand("${NONE:-}"), "");
}

TEST_F(ExpandVariablesTest, KeepsOtherSigns) {
  EXPECT_EQ(*Expand("$$ $5 $x 100$"), "$ $5 $x 100$");
  EXPECT_EQ(*Expand("$${A}"), "${A}");
  EXPECT_EQ(*Expand("{{ labels.x }}"), "{{ labels.x }}");
}

TEST_F(ExpandVariablesTest, SaysWhatIsMissing) {
  EXPECT_THAT(std::string(Expand("${NONE}").status().message()),
              HasSubstr("variable NONE is not set"));
  EXPECT_THAT(std::string(Expand("${A").status().message()),
              HasSubstr("without its }"));
  for (const char* text : {"${}", "${1A}", "${A B}", "${A-b}", "${:-x}"}) {
    EXPECT_FALSE(Expand(text).ok()) << text;
  }
}

TEST_F(ExpandVariablesTest, RefusesAValueThatIsNoText) {
  variables_ = {{"A", "\xff secret"}};
  const absl::Status status = Expand("${A}").status();
  EXPECT_EQ(status.message(),
            "the value of the environment variable A is not UTF-8");
}

}  // namespace
}  // namespace sluice
