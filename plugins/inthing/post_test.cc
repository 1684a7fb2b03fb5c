#include "plugins/inthing/post.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::inthing {
namespace {

Image Png() { return {"a.png", "image/png", "x"}; }

TEST(PostTest, StartsWithTheTitlesOfTheOfficialClient) {
  EXPECT_EQ(TextPost("x").title, "Text");
  EXPECT_EQ(TextPost("x").description, "x");
  EXPECT_EQ(CodePost("x", "c").title, "Code");
  EXPECT_EQ(CodePost("x", "c").text, "x");
  EXPECT_EQ(CodePost("x", "c").code_language, "c");
  EXPECT_EQ(ImagePost(Png()).title, "New Photo");
  EXPECT_EQ(ScreenshotPost(Png()).title, "New Screenshot");
  EXPECT_EQ(ScreenshotPost(Png()).type, "screenshot");
  EXPECT_EQ(CapturePost("x").title, "Captured output");
  EXPECT_EQ(CapturePost("x").type, "code");
  for (const Post& post : {TextPost("x"), CodePost("x"), ImagePost(Png()),
                           ScreenshotPost(Png()), CapturePost("x")}) {
    EXPECT_TRUE(ValidatePost(post).ok()) << ValidatePost(post);
    EXPECT_EQ(post.markup, "markdown");
    EXPECT_EQ(post.priority, 0);
  }
}

TEST(PostTest, NamesTheFieldThatTheServiceWouldNotStore) {
  Post good = TextPost("x");
  good.title = std::string(100, 'x');
  EXPECT_TRUE(ValidatePost(good).ok());
  const auto refused = [&](void (*change)(Post*)) {
    Post post = good;
    change(&post);
    const absl::Status status = ValidatePost(post);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    const std::string message(status.message());
    return message.substr(0, message.find(':'));
  };
  EXPECT_EQ(refused([](Post* p) { p->title.clear(); }), "title");
  EXPECT_EQ(refused([](Post* p) { p->title.push_back('x'); }), "title");
  EXPECT_EQ(refused([](Post* p) { p->title = "\xFF"; }), "title");
  EXPECT_EQ(refused([](Post* p) { p->generator.assign(101, 'x'); }),
            "generator");
  EXPECT_EQ(refused([](Post* p) { p->description.assign(16'385, 'x'); }),
            "description");
  EXPECT_EQ(refused([](Post* p) { p->text.assign(65'537, 'x'); }), "text");
  EXPECT_EQ(refused([](Post* p) { p->text = "a\x80"; }), "text");
  EXPECT_EQ(refused([](Post* p) { p->type = "meta"; }), "type");
  EXPECT_EQ(refused([](Post* p) { p->type = "image"; }), "image");
  EXPECT_EQ(refused([](Post* p) { p->type = "screenshot"; }), "image");
  EXPECT_EQ(refused([](Post* p) { p->markup = "rst"; }), "markup");
  EXPECT_EQ(refused([](Post* p) { p->code_language = "rust"; }),
            "code_language");
  EXPECT_EQ(refused([](Post* p) { p->priority = 3; }), "priority");
}

}  // namespace
}  // namespace sluice::inthing
