#include "pipeline/template/template.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/template/test_input.h"

namespace sluice {
namespace {

Template Parsed(std::string_view text) {
  auto parsed = Template::Parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *parsed;
}

std::string Render(TestInput& input, std::string_view text) {
  std::string out;
  const absl::Status status = Parsed(text).Render(input.get(), &out);
  return status.ok() ? out : status.ToString();
}

std::string RenderJson(TestInput& input, std::string_view text) {
  std::string out;
  const absl::Status status = Parsed(text).RenderJson(input.get(), &out);
  return status.ok() ? out : status.ToString();
}

std::string ErrorOf(std::string_view text) {
  auto parsed = Template::Parse(text);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(TemplateTest, RendersValuesBetweenTexts) {
  TestInput input;
  EXPECT_EQ(Render(input,
                   "room {{ labels.room-number }}: "
                   "{{ data.temperature.value | round(1) }} °C"),
            "room 99: 24.9 °C");
  EXPECT_EQ(Render(input, "{{type}}/{{ id}}"), "temperature/e1");
  EXPECT_EQ(Render(input, ""), "");
}

TEST(TemplateTest, KeepsNumbersAsWrittenAndUnicodeUnharmed) {
  TestInput input;
  EXPECT_EQ(Render(input, "{{ data.temperature.value }}"), "24.90");
  EXPECT_EQ(Render(input, "{{ data.big }}"), "12345678901234567890");
  EXPECT_EQ(Render(input, "{{ data.note }}"), "5 °C \"ok\"");
  EXPECT_EQ(Render(input, "😀{{ labels.\"room name\" }}😀"), "😀Küche😀");
}

TEST(TemplateTest, RendersTimesAndTheRawPayload) {
  TestInput input;
  EXPECT_EQ(Render(input, "{{ time }}"), "2021-03-13T16:05:47.722334Z");
  EXPECT_EQ(Render(input, "{{ data }}"), TestInput::kReading);
}

TEST(TemplateTest, RendersBracesFromTexts) {
  TestInput input;
  EXPECT_EQ(Render(input, "{{ '{{' }} {{ \"}}\" }} }} { {"), "{{ }} }} { {");
  EXPECT_EQ(Render(input, "{{ 'a' | upper }}"), "A");
}

TEST(TemplateTest, ChainsFilters) {
  TestInput input;
  EXPECT_EQ(Render(input, "{{ subject | last('/') | upper | json }}"),
            "\"D7\"");
  EXPECT_EQ(Render(input, "{{ subject | upper | last('/') | json }}"),
            "\"D7\"");
  EXPECT_EQ(
      Render(input, "{{ data.x | default(' a ') | upper | trim | lower }}"),
      "a");
}

TEST(TemplateTest, KeepsTheTypeOfASingleValueInJson) {
  TestInput input;
  EXPECT_EQ(RenderJson(input, "{{ data.temperature.value }}"), "24.90");
  EXPECT_EQ(RenderJson(input, "{{ data.temperature.isBackfilled }}"), "false");
  EXPECT_EQ(RenderJson(input, "{{ data.none }}"), "null");
  EXPECT_EQ(RenderJson(input, "{{ data.note }}"), R"("5 \u00b0C \"ok\"")");
  EXPECT_EQ(RenderJson(input, "{{ data.temperature.samples }}"),
            R"([{"value":1e2},{"value":-27}])");
  EXPECT_EQ(RenderJson(input, "{{ data }}"), TestInput::kReading);
  EXPECT_EQ(RenderJson(input, "{{ data.temperature.value | round(0) }}"), "25");
  EXPECT_EQ(RenderJson(input, "{{ data.x | default(0) }}"), "0");
  EXPECT_EQ(RenderJson(input, "{{ labels.room-number | json }}"), "\"99\"");
}

TEST(TemplateTest, MakesEverythingElseAJsonString) {
  TestInput input;
  EXPECT_EQ(RenderJson(input, "{{ labels.room-number }}"), "\"99\"");
  EXPECT_EQ(RenderJson(input, "{{ time }}"), "\"2021-03-13T16:05:47.722334Z\"");
  EXPECT_EQ(RenderJson(input, "{{ data.temperature.value }} \"C\""),
            R"("24.90 \"C\"")");
  EXPECT_EQ(RenderJson(input, "plain"), "\"plain\"");
  EXPECT_EQ(RenderJson(input, "{{ data.note }}!"), R"("5 °C \"ok\"!")");
}

TEST(TemplateTest, LeavesTheOutputAloneAfterAnError) {
  TestInput input;
  std::string out = "before";
  EXPECT_FALSE(Parsed("a {{ labels.x }}").Render(input.get(), &out).ok());
  EXPECT_FALSE(Parsed("a {{ labels.x }}").RenderJson(input.get(), &out).ok());
  EXPECT_EQ(out, "before");
  EXPECT_TRUE(Parsed("!").Render(input.get(), &out).ok());
  EXPECT_EQ(out, "before!");
}

TEST(TemplateTest, SaysWhichValueIsMissing) {
  TestInput input;
  EXPECT_EQ(Render(input, "{{ labels.x }}"),
            "NOT_FOUND: labels.x is missing and has no default");
  EXPECT_EQ(Render(input, "{{ data.none }}"),
            "NOT_FOUND: data.none is null and has no default");
  EXPECT_EQ(Render(input, "{{ data.note | round(1) }}"),
            "INVALID_ARGUMENT: data.note is \"5 °C \"ok\"\", but round takes a "
            "number");
}

TEST(TemplateTest, TellsABrokenPayloadFromAMissingValue) {
  TestInput input("{\"a\":");
  EXPECT_TRUE(Render(input, "{{ data.a }}")
                  .starts_with("INVALID_ARGUMENT: data.a cannot be read, the "
                               "payload is not JSON: "));
  EXPECT_EQ(Render(input, "{{ data.a | default('-') }}"), "-");
  EXPECT_EQ(Render(input, "{{ data }}"), "{\"a\":");
  EXPECT_EQ(RenderJson(input, "{{ data }}"),
            "INVALID_ARGUMENT: data is not JSON and cannot stand as it is");
  TestInput binary("\xff");
  EXPECT_EQ(RenderJson(binary, "x {{ data }}"),
            "INVALID_ARGUMENT: the payload is not UTF-8");
  EXPECT_EQ(RenderJson(binary, "x {{ data | upper }}"),
            "INVALID_ARGUMENT: data is not UTF-8");
  EXPECT_EQ(RenderJson(binary, "{{ data | trim }}"),
            "INVALID_ARGUMENT: data is not UTF-8");
}

TEST(TemplateTest, NamesTheColumnOfEveryMistake) {
  EXPECT_EQ(ErrorOf("ä {{ id"), "column 3: \"{{\" without its closing \"}}\"");
  EXPECT_EQ(ErrorOf("ä {{ id ] }}"),
            "column 9: \"|\" or \"}}\" is needed here, not \"]\"");
  EXPECT_TRUE(ErrorOf("{{ }}").starts_with("column 4: a value is needed"));
  EXPECT_TRUE(ErrorOf("{{ x }}").starts_with("column 4: unknown value \"x\""));
  EXPECT_EQ(ErrorOf("{{ id | json | upper }}"),
            "column 14: no filter can follow json");
  std::string many = "{{ id ";
  for (int i = 0; i < 9; ++i) many += "| trim ";
  EXPECT_EQ(ErrorOf(many + "}}"), "column 63: more than 8 filters");
}

TEST(TemplateTest, BoundsHostileTemplates) {
  EXPECT_EQ(ErrorOf(std::string(65537, 'x')),
            "a template is at most 65536 bytes long, not 65537");
  EXPECT_EQ(ErrorOf("\xff"), "a template is UTF-8; this one is not");
  std::string braces;
  while (braces.size() < 60000) braces += "{{'";
  EXPECT_FALSE(Template::Parse(braces).ok());
}

TEST(TemplateTest, KnowsConstants) {
  EXPECT_TRUE(Parsed("plain {{ '{{' }}").is_constant());
  EXPECT_FALSE(Parsed("{{ id }}").is_constant());
  EXPECT_EQ(Parsed("a {{ id }}").text(), "a {{ id }}");
}

TEST(TemplateTest, RendersOneEventAfterTheOther) {
  const Template t = Parsed("{{ id }} {{ data.a }}");
  TestInput input("{\"a\":\"x\\ty\"}");
  std::string out;
  ASSERT_TRUE(t.Render(input.get(), &out).ok());
  input.event.set_id("e2");
  input.event.set_data("{\"a\":2}");
  ASSERT_TRUE(t.Render(input.get(), &out).ok());
  EXPECT_EQ(out, "e1 x\tye2 2");
}

}  // namespace
}  // namespace sluice
