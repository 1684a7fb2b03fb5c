#include "plugins/inthing/digest.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "plugins/inthing/text_limits.h"
#include "storage/event/event_batch.h"

namespace sluice::inthing {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// 2024-05-16 08:15:18 UTC.
constexpr int64_t kStart = 1'715'847'318 * kSecond;

class DigestTest : public testing::Test {
 protected:
  void Add(const std::string& subject, const std::string& type,
           const std::string& data, int seconds,
           const std::string& title = "title") {
    EventFields fields;
    fields.subject = subject;
    fields.type = type;
    fields.data = data;
    fields.time_unix_nanos = seconds < 0 ? 0 : kStart + seconds * kSecond;
    builder_.Add(fields);
    Post post;
    post.title = title;
    post.generator = "host";
    if (seconds >= 0) post.time_unix_seconds = kStart / kSecond + seconds;
    posts_.push_back(std::move(post));
  }
  void AddTemperature(const std::string& subject, double value, int seconds) {
    Add(subject, "temperature",
        absl::StrCat("{\"temperature\":{\"value\":", value, "}}"), seconds,
        absl::StrCat(subject, ": temperature ", value));
  }
  Post Digest() {
    batch_ = builder_.Build();
    std::vector<DigestMember> members;
    for (size_t i = 0; i < posts_.size(); ++i) {
      members.push_back({batch_->event(i), posts_[i]});
    }
    const Post digest = MakeDigest(members, "sink");
    EXPECT_TRUE(ValidatePost(digest).ok()) << ValidatePost(digest);
    return digest;
  }

  EventBatchBuilder builder_;
  EventBatchPtr batch_;
  std::vector<Post> posts_;
};

TEST_F(DigestTest, ShowsTheNewestPicture) {
  for (int i = 0; i < 3; ++i) AddTemperature("p/d1", 20, i);
  posts_[0].image = Image{"a.png", "image/png", "first"};
  posts_[1].image = Image{"b.png", "image/png", "second"};
  const Post digest = Digest();
  EXPECT_EQ(digest.type, "image");
  ASSERT_TRUE(digest.image.has_value());
  EXPECT_EQ(digest.image->bytes, "second");
  EXPECT_NE(digest.description.find("3 events"), std::string::npos);
}

TEST_F(DigestTest, TellsWhatHappenedToEachDeviceAndThenEachEvent) {
  AddTemperature("p/d1", 20, 0);
  AddTemperature("p/d1", 23, 60);
  AddTemperature("p/d2", 5.5, 61);
  Add("p/d3", "contact", R"({"contact":{"state":"OPEN"}})", 62, "d3: open");
  Add("p/d3", "contact", R"({"contact":{"state":"CLOSED"}})", 63, "d3: closed");
  const Post digest = Digest();
  EXPECT_EQ(digest.title, "5 events from 3 devices, 08:15:18–08:16:21");
  EXPECT_EQ(digest.type, "text");
  EXPECT_EQ(digest.markup, "markdown");
  EXPECT_EQ(digest.generator, "host");
  EXPECT_EQ(digest.time_unix_seconds, kStart / kSecond + 63);
  EXPECT_EQ(
      digest.description,
      "- **d1** temperature: 2 events, 08:15:18–08:16:18, 20 to 23, mean 21.5\n"
      "- **d2** temperature: 1 event, 08:16:19, last 5\\.5\n"
      "- **d3** contact: 2 events, 08:16:20–08:16:21, last CLOSED\n"
      "\n"
      "- 08:16:21 d3: closed\n"
      "- 08:16:20 d3: open\n"
      "- 08:16:19 p/d2: temperature 5\\.5\n"
      "- 08:16:18 p/d1: temperature 23\n"
      "- 08:15:18 p/d1: temperature 20\n");
}

TEST_F(DigestTest, TakesTheHighestPriorityAndItsOwnNameForManyGenerators) {
  AddTemperature("d1", 1, 5);
  AddTemperature("d1", 2, 3);
  posts_[0].priority = -1;
  posts_[1].priority = 1;
  posts_[1].generator = "other";
  const Post digest = Digest();
  EXPECT_EQ(digest.priority, 1);
  EXPECT_EQ(digest.generator, "sink");
  EXPECT_EQ(digest.title, "2 events from 1 device, 08:15:21–08:15:23");
  EXPECT_EQ(digest.time_unix_seconds, kStart / kSecond + 5);
}

TEST_F(DigestTest, EventsWithoutTimeShowNone) {
  AddTemperature("d1", 1, -1);
  AddTemperature("d1", 2, -1);
  const Post digest = Digest();
  EXPECT_EQ(digest.title, "2 events from 1 device");
  EXPECT_FALSE(digest.time_unix_seconds.has_value());
  EXPECT_NE(digest.description.find("- d1: temperature 2\n"),
            std::string::npos);
}

TEST_F(DigestTest, MarkupInNamesIsEscaped) {
  AddTemperature("*d*", 1, 0);
  AddTemperature("*d*", 2, 1);
  EXPECT_EQ(Digest().description.find("- **\\*d\\*** temperature"), 0);
}

TEST_F(DigestTest, LeavesOutTheOldestEventsWhenNotAllFit) {
  for (int i = 0; i < 2000; ++i) AddTemperature("d1", i, i);
  const Post digest = Digest();
  EXPECT_LE(CountCodePoints(digest.description), kMaxDescription);
  EXPECT_GT(CountCodePoints(digest.description), kMaxDescription - 200);
  EXPECT_EQ(digest.description.find("- **d1** temperature: 2000 events"), 0);
  EXPECT_NE(digest.description.find("d1: temperature 1999\n"),
            std::string::npos);
  const size_t more = digest.description.rfind("- … and ");
  ASSERT_NE(more, std::string::npos);
  int left_out = 0;
  ASSERT_EQ(
      sscanf(digest.description.c_str() + more, "- … and %d more", &left_out),
      1);
  int lines = 0;
  for (const char c : digest.description) lines += c == '\n';
  // Summary, blank line, details, the line that says how many more.
  EXPECT_EQ(lines - 3 + left_out, 2000);
}

TEST_F(DigestTest, CutsTheSummaryByTheLowestCounts) {
  for (int i = 0; i < 1500; ++i) AddTemperature(absl::StrCat("dev", i), 1, i);
  AddTemperature("dev1499", 1, 2000);
  const Post digest = Digest();
  EXPECT_LE(CountCodePoints(digest.description), kMaxDescription);
  EXPECT_NE(digest.description.find("**dev1499** temperature: 2 events"),
            std::string::npos);
  EXPECT_NE(digest.description.find(" events of "), std::string::npos);
}

TEST_F(DigestTest, FitsHoweverLongTheNamesAre) {
  for (int i = 0; i < 500; ++i) {
    AddTemperature(absl::StrCat(std::string(5000, '*'), i), i, i);
    posts_.back().title = std::string(100, '<');
  }
  Digest();
}

}  // namespace
}  // namespace sluice::inthing
