#include "plugins/inthing/post_maker.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/inthing/text_limits.h"
#include "proto/event/v1/event.pb.h"

namespace sluice::inthing {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'715'847'320);

event::v1::Event MakeEvent() {
  event::v1::Event event;
  event.set_id("e1");
  event.set_type("temperature");
  event.set_subject("projects/p/devices/d1");
  event.set_time_unix_nanos(1'715'847'318'900'000'000);
  event.set_datacontenttype("application/json");
  event.set_data(R"({"temperature":{"value":24.9}})");
  auto* label = event.add_labels();
  label->set_key("room");
  label->set_value("12-b");
  return event;
}

absl::StatusOr<Post> Make(PostRules rules, const event::v1::Event& event) {
  rules.host_name = "host";
  const std::string wire = event.SerializeAsString();
  PostMaker maker(std::move(rules));
  absl::StatusOr<Post> post = maker.Make(*EventView::Parse(wire), kNow);
  if (post.ok()) {
    EXPECT_TRUE(ValidatePost(*post).ok()) << ValidatePost(*post);
  }
  return post;
}

Template T(const char* text) { return *Template::Parse(text); }

TEST(PostMakerTest, MakesAUsefulPostWithoutAnyTemplate) {
  auto post = Make({}, MakeEvent());
  ASSERT_TRUE(post.ok());
  EXPECT_EQ(post->title, "d1: temperature 24.9");
  EXPECT_EQ(post->type, "text");
  EXPECT_EQ(post->markup, "markdown");
  EXPECT_EQ(post->generator, "host");
  EXPECT_EQ(post->priority, 0);
  EXPECT_EQ(post->time_unix_seconds, 1'715'847'318);
  EXPECT_EQ(post->description,
            "**d1** reported *temperature* at 2024-05-16 08:15:18 UTC\n\n"
            "```\n{\"temperature\":{\"value\":24.9}}\n```");
}

TEST(PostMakerTest, RendersItsTemplates) {
  PostRules rules;
  rules.title = T("{{ labels.room }}\n is {{ data.temperature.value }}");
  rules.description = T("see {{ id }}");
  rules.hashtags = {T("{{ type }}"), T("room {{ labels.room }}")};
  rules.generator = T("{{ subject | last(\"/\") }}");
  rules.markup = "text";
  auto post = Make(std::move(rules), MakeEvent());
  ASSERT_TRUE(post.ok()) << post.status();
  EXPECT_EQ(post->title, "12-b is 24.9");
  EXPECT_EQ(post->description, "see e1\n\n#temperature #room_12_b");
  EXPECT_EQ(post->generator, "d1");
  EXPECT_EQ(post->markup, "text");
}

TEST(PostMakerTest, ACodeTemplateMakesACodePost) {
  PostRules rules;
  rules.code = T("{{ data }}");
  rules.code_language = "javascript";
  auto post = Make(std::move(rules), MakeEvent());
  ASSERT_TRUE(post.ok());
  EXPECT_EQ(post->type, "code");
  EXPECT_EQ(post->text, MakeEvent().data());
  EXPECT_EQ(post->code_language, "javascript");
  EXPECT_EQ(post->description, "");
}

TEST(PostMakerTest, TheFirstPriorityRuleThatHoldsCounts) {
  PostRules rules;
  rules.priority = -1;
  rules.priority_rules.push_back(
      {*Condition::Parse("data.temperature.value > 30"), 2});
  rules.priority_rules.push_back(
      {*Condition::Parse("data.temperature.value > 20"), 1});
  event::v1::Event event = MakeEvent();
  EXPECT_EQ(Make(rules, event)->priority, 1);
  event.set_data(R"({"temperature":{"value":31}})");
  EXPECT_EQ(Make(rules, event)->priority, 2);
  event.set_data("{}");
  EXPECT_EQ(Make(rules, event)->priority, -1);
}

TEST(PostMakerTest, ATimeInTheFutureIsNotPosted) {
  event::v1::Event event = MakeEvent();
  event.set_time_unix_nanos(absl::ToUnixNanos(kNow + absl::Minutes(4)));
  EXPECT_TRUE(Make({}, event)->time_unix_seconds.has_value());
  event.set_time_unix_nanos(absl::ToUnixNanos(kNow + absl::Minutes(6)));
  EXPECT_FALSE(Make({}, event)->time_unix_seconds.has_value());
  event.set_time_unix_nanos(0);
  EXPECT_FALSE(Make({}, event)->time_unix_seconds.has_value());
}

TEST(PostMakerTest, MarkupInTheValuesOfTheDefaultIsEscaped) {
  event::v1::Event event = MakeEvent();
  event.set_subject("<b>*x*");
  event.set_data("\"````\"");
  const std::string description = Make({}, event)->description;
  EXPECT_EQ(description.find("**\\<b\\>\\*x\\*** reported"), 0) << description;
  EXPECT_NE(description.find("`````\n\"````\"\n`````"), std::string::npos);
}

TEST(PostMakerTest, PayloadsThatAreNoTextAreOnlyMentioned) {
  event::v1::Event event = MakeEvent();
  event.set_datacontenttype("image/png");
  for (const std::string& data :
       {std::string("\x89PNG"), std::string("\0", 1), std::string("a\xc3")}) {
    event.set_data(data);
    const std::string description = Make({}, event)->description;
    EXPECT_NE(
        description.find(std::to_string(data.size()) + " bytes of image/png"),
        std::string::npos)
        << description;
  }
}

TEST(PostMakerTest, WhatIsTooLongIsCutAndKeepsItsEnd) {
  event::v1::Event event = MakeEvent();
  event.set_subject(std::string(300, 'd'));
  event.set_data("\"" + std::string(100'000, 'x') + "\"");
  PostRules rules;
  rules.hashtags = {T("tag")};
  auto post = Make(rules, event);
  ASSERT_TRUE(post.ok());
  EXPECT_EQ(CountCodePoints(post->title), 100);
  EXPECT_EQ(CountCodePoints(post->description), kMaxDescription);
  EXPECT_TRUE(post->description.ends_with("…\n```\n\n#tag"));

  rules.description = T("{{ data }}");
  rules.code = T("{{ data }}{{ data }}");
  rules.generator = T("{{ subject }}");
  post = Make(rules, event);
  ASSERT_TRUE(post.ok());
  EXPECT_TRUE(post->description.ends_with("…\n\n#tag"));
  EXPECT_EQ(CountCodePoints(post->description), kMaxDescription);
  EXPECT_EQ(CountCodePoints(post->text), kMaxText);
  EXPECT_EQ(CountCodePoints(post->generator), kMaxGenerator);
}

TEST(PostMakerTest, WhatIsTooLongIsRefusedWhenItIsNotToBeCut) {
  event::v1::Event event = MakeEvent();
  event.set_data("\"" + std::string(20'000, 'x') + "\"");
  PostRules rules;
  rules.truncate = false;
  EXPECT_EQ(Make(rules, event).status().code(), absl::StatusCode::kOutOfRange);
  rules.description = T("{{ data }}");
  EXPECT_EQ(Make(rules, event).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(PostMakerTest, AMissingValueIsToldOf) {
  PostRules rules;
  rules.title = T("{{ labels.floor }}");
  const absl::Status missing = Make(rules, MakeEvent()).status();
  EXPECT_FALSE(missing.ok());
  EXPECT_NE(missing.message().find("labels.floor"), std::string::npos);
  rules.title = T("{{ labels.floor | default(\"\") }}");
  EXPECT_EQ(Make(std::move(rules), MakeEvent()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::inthing
