#include "plugins/inthing/stream_id.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::inthing {
namespace {

constexpr char kBase[] = "https://www.inthing.io";
constexpr char kUuid[] = "4d9f242c-0805-11e6-8d28-fb90f1f704e0";

std::string Normalize(const std::string& text,
                      const std::string& base = kBase) {
  auto id = NormalizeStreamId(text, base);
  return id.ok() ? *id : "";
}

TEST(StreamIdTest, AnySpellingOfAUuidBecomesOne) {
  const std::string uuid = kUuid;
  for (const std::string& text :
       {uuid, std::string("4D9F242C-0805-11E6-8D28-FB90F1F704E0"),
        "  " + uuid + "\n", "{" + uuid + "}", "urn:uuid:" + uuid,
        "https://www.inthing.io/s/" + uuid + "/", "/s/" + uuid,
        "s/" + uuid + "/add/", "http://localhost:1/s/" + uuid + "/claim/"}) {
    EXPECT_EQ(Normalize(text), uuid) << text;
  }
}

TEST(StreamIdTest, UrlsAndPathsBecomePaths) {
  for (const char* text :
       {"https://www.inthing.io/will/test/?x=1#top",
        "http://localhost:8000/will/test", "will/test", "/will/test",
        "//will//test//", "/will/test/add/", "www.inthing.io/will/test"}) {
    EXPECT_EQ(Normalize(text), "/will/test/") << text;
  }
  EXPECT_EQ(Normalize("127.0.0.1:8080/will/test", "http://127.0.0.1:8080/"),
            "/will/test/");
  EXPECT_EQ(Normalize("/will/caf%C3%A9/"), "/will/caf%C3%A9/");
}

TEST(StreamIdTest, WhatIsNoStreamIsRefusedWithTheReason) {
  for (const std::string& text :
       {std::string(), std::string("  "), std::string("test"),
        std::string("/a/b/c/d/"), std::string("https://www.inthing.io/"),
        "https://www.inthing.io/e/" + std::string(kUuid) + "/",
        std::string("/s/test/"), std::string(kUuid) + "0"}) {
    EXPECT_EQ(NormalizeStreamId(text, kBase).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_EQ(NormalizeStreamId("", kBase).status().message(),
            "stream ID or URL is required");
  EXPECT_NE(
      NormalizeStreamId("/e/x/", kBase).status().message().find("is an event"),
      std::string::npos);
}

}  // namespace
}  // namespace sluice::inthing
