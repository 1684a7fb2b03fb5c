#include "tools/sandbox/feed/aggregation_format.h"

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

constexpr int64_t kMicros = 1'577'934'245'123'456;  // 2020-01-02T03:04:05

std::string Render(std::string_view format) {
  const auto parsed = AggregationFormat::Parse(format);
  if (!parsed.ok()) return std::string(parsed.status().message());
  return parsed->Render(
      *JsonView::Parse(
          R"({"verb":"follow","actor":"a","count":7,"place":{"room":"9"}})"),
      kMicros);
}

TEST(AggregationFormatTest, FillsInFieldsAndTimes) {
  EXPECT_EQ(Render(AggregationFormat::kStandard), "follow_2020-01-02");
  EXPECT_EQ(Render("{{actor}}-{{ place.room }}-{{ count }}-{{ nothing }}"),
            "a-9-7-");
  EXPECT_EQ(Render("{{ time.strftime('%d.%m.%Y %H:%M') }}"),
            "02.01.2020 03:04");
  EXPECT_EQ(Render("{{ verb.infinitive }}"), "follow");
  EXPECT_EQ(Render("plain { text }"), "plain { text }");
}

TEST(AggregationFormatTest, Decides) {
  EXPECT_EQ(Render("{% if verb == 'follow' %}f{{actor}}{% else %}o{% endif %}"),
            "fa");
  EXPECT_EQ(Render("{% if verb != \"follow\" %}x{% endif %}y"), "y");
  EXPECT_EQ(Render("{% if verb == 'follow' %}{% if actor == 'b' %}1{% else %}2"
                   "{% endif %}{% endif %}"),
            "2");
}

TEST(AggregationFormatTest, RefusesWhatItCannotRead) {
  for (const char* wrong :
       {"{{test[]}}", "{{", "{{}}", "{{ verb", "{% if verb %}{% endif %}",
        "{% if verb == 'a' %}", "{% endif %}", "{% else %}",
        "{{ time.strftime(%Y) }}", "{{ time.strftime('%Q') }}", "{{ a..b }}",
        "{% if verb == 'a %}x{% endif %}"}) {
    EXPECT_FALSE(AggregationFormat::Parse(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace sluice::sandbox
