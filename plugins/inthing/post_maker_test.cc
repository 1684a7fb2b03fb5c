#include "plugins/inthing/post_maker.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
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
  rules.type = "code";
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
  rules.type = "code";
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

TEST(PostMakerTest, BytesThatAreNoTextArePostedAsText) {
  event::v1::Event event = MakeEvent();
  event.set_data("\xFFz");
  PostRules rules;
  rules.title = T("{{ data }}");
  rules.description = T("{{ data }}");
  auto post = Make(std::move(rules), event);
  ASSERT_TRUE(post.ok()) << post.status();
  EXPECT_EQ(post->title, "\uFFFDz");
  EXPECT_EQ(post->description, "\uFFFDz");
}

constexpr char kPng[] = "\x89PNG\r\n\x1A\n";

PostRules ImageRules(ImageRule rule) {
  PostRules rules;
  rules.type = "image";
  rules.image = std::move(rule);
  return rules;
}

TEST(PostMakerTest, PostsAPictureOfThePayload) {
  event::v1::Event event = MakeEvent();
  ImageRule rule;
  rule.base64 = T("{{ data.jpeg }}");
  const std::string base64 = absl::Base64Escape(kPng);
  for (const char* prefix : {"", "data:image/png;base64,"}) {
    event.set_data(absl::StrCat(R"({"jpeg":")", prefix, base64, "\"}"));
    auto post = Make(ImageRules(rule), event);
    ASSERT_TRUE(post.ok()) << post.status();
    EXPECT_EQ(post->type, "image");
    EXPECT_EQ(post->description, "");
    EXPECT_EQ(post->image->bytes, kPng);
    EXPECT_EQ(post->image->file_name, "image.png");
  }
}

TEST(PostMakerTest, APictureThatCannotBeUsedIsToldOfOrLeftOut) {
  event::v1::Event event = MakeEvent();
  ImageRule rule;
  rule.base64 = T("{{ data.jpeg }}");
  const std::string large = absl::Base64Escape(kPng + std::string(200, 'x'));
  rule.max_bytes = 100;
  for (const std::string& data :
       {std::string("{}"), std::string(R"({"jpeg":"!"})"),
        std::string(R"({"jpeg":""})"), std::string(R"({"jpeg":"YWJj"})"),
        absl::StrCat(R"({"jpeg":")", large, "\"}")}) {
    event.set_data(data);
    rule.post_without = false;
    const absl::Status status = Make(ImageRules(rule), event).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << data;
    EXPECT_EQ(status.message().find("image: "), 0) << status;
    rule.post_without = true;
    EXPECT_EQ(Make(ImageRules(rule), event)->type, "text");
  }
}

TEST(PostMakerTest, PostsAFileOfTheFolderAndNoOther) {
  std::string root = testing::TempDir() + "/pictures";
  mkdir(root.c_str(), 0700);
  root = std::filesystem::canonical(root).string();
  mkdir((root + "/in").c_str(), 0700);
  std::ofstream(root + "/in/a.png") << kPng;
  std::ofstream(root + "/secret.png") << kPng;
  std::ofstream(root + "/in-too.png") << kPng;
  symlink("../secret.png", (root + "/in/link.png").c_str());
  ImageRule rule;
  rule.path = T("{{ data.file }}");
  rule.folder = root + "/in";
  const auto make = [&](const std::string& file) {
    event::v1::Event event = MakeEvent();
    event.set_data(absl::StrCat(R"({"file":")", file, "\"}"));
    return Make(ImageRules(rule), event);
  };
  auto post = make("a.png");
  ASSERT_TRUE(post.ok()) << post.status();
  EXPECT_EQ(post->image->file_name, "a.png");
  for (const char* file : {"../secret.png", "link.png", "none.png", "",
                           "../in-too.png", "a.png\\u0000b"}) {
    EXPECT_EQ(make(file).status().code(), absl::StatusCode::kDataLoss) << file;
  }
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
