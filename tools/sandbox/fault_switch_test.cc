#include "tools/sandbox/fault_switch.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class FaultSwitchTest : public ::testing::Test {
 protected:
  absl::Duration now_ = absl::Hours(1);
  FaultSwitch faults_{[this] { return now_; }};
};

TEST_F(FaultSwitchTest, FiresAsOftenAsItsCountSays) {
  faults_.Add({.service = "feed", .count = 2, .status = 429});
  EXPECT_EQ(faults_.Fire("feed", "POST", "/x")->status, 429);
  EXPECT_TRUE(faults_.Fire("feed", "POST", "/x").has_value());
  EXPECT_FALSE(faults_.Fire("feed", "POST", "/x").has_value());
  ASSERT_THAT(faults_.List(), SizeIs(1));
  EXPECT_EQ(faults_.List()[0].fired, 2);
  EXPECT_FALSE(faults_.List()[0].active);
  EXPECT_EQ(faults_.fired("feed"), 2);
}

TEST_F(FaultSwitchTest, FiresUntilItsTimeIsOver) {
  faults_.Add({.service = "feed", .duration = absl::Seconds(3)});
  EXPECT_TRUE(faults_.Fire("feed", "GET", "/").has_value());
  now_ += absl::Seconds(2);
  EXPECT_EQ(faults_.List()[0].remaining, absl::Seconds(1));
  EXPECT_TRUE(faults_.Fire("feed", "GET", "/").has_value());
  now_ += absl::Seconds(1);
  EXPECT_FALSE(faults_.List()[0].active);
  EXPECT_FALSE(faults_.Fire("feed", "GET", "/").has_value());
}

TEST_F(FaultSwitchTest, MatchesServiceMethodAndPath) {
  faults_.Add({.service = "disruptive", .method = "get", .path = ":stream"});
  EXPECT_FALSE(faults_.Fire("feed", "GET", "/devices:stream").has_value());
  EXPECT_FALSE(
      faults_.Fire("disruptive", "POST", "/devices:stream").has_value());
  EXPECT_FALSE(faults_.Fire("disruptive", "GET", "/devices").has_value());
  EXPECT_TRUE(faults_.Fire("disruptive", "GET", "/devices:stream").has_value());
}

TEST_F(FaultSwitchTest, LetsTheFirstRequestsPassWhenAsked) {
  faults_.Add({.service = "feed", .count = 1, .skip = 2});
  EXPECT_FALSE(faults_.Fire("feed", "GET", "/").has_value());
  EXPECT_FALSE(faults_.Fire("feed", "GET", "/").has_value());
  EXPECT_TRUE(faults_.Fire("feed", "GET", "/").has_value());
}

TEST_F(FaultSwitchTest, TheOldestOfSeveralFires) {
  const int64_t first = faults_.Add({.service = "feed", .status = 500});
  faults_.Add({.service = "feed", .status = 503});
  EXPECT_EQ(faults_.Fire("feed", "GET", "/")->status, 500);
  EXPECT_TRUE(faults_.Remove(first));
  EXPECT_FALSE(faults_.Remove(first));
  EXPECT_EQ(faults_.Fire("feed", "GET", "/")->status, 503);
}

TEST_F(FaultSwitchTest, TellsHeadsFromWholeRequests) {
  faults_.Add({.service = "feed", .kind = FaultKind::kHangUp, .count = 1});
  faults_.Add({.service = "feed", .kind = FaultKind::kCut, .count = 1});
  EXPECT_EQ(faults_.Fire("feed", "POST", "/")->kind, FaultKind::kCut);
  EXPECT_FALSE(faults_.Fire("feed", "POST", "/").has_value());
  EXPECT_EQ(faults_.FireAtHead("feed", "POST", "/")->kind, FaultKind::kHangUp);
  EXPECT_FALSE(faults_.FireAtHead("feed", "POST", "/").has_value());
}

TEST_F(FaultSwitchTest, ClearsOneServiceOrAll) {
  faults_.Add({.service = "feed"});
  faults_.Add({.service = "inthing"});
  EXPECT_EQ(faults_.Clear("feed"), 1);
  EXPECT_FALSE(faults_.Fire("feed", "GET", "/").has_value());
  EXPECT_TRUE(faults_.Fire("inthing", "GET", "/").has_value());
  EXPECT_EQ(faults_.Clear(), 1);
  EXPECT_EQ(faults_.fired(), 1);
}

TEST_F(FaultSwitchTest, KeepsABoundedHistory) {
  const int64_t lasting = faults_.Add({.service = "inthing"});
  for (int i = 0; i < 1500; ++i) {
    faults_.Remove(faults_.Add({.service = "feed"}));
  }
  EXPECT_THAT(faults_.List(), SizeIs(::testing::Le(1001)));
  EXPECT_EQ(faults_.List()[0].id, lasting);
}

TEST(FaultJsonTest, ReadsEveryField) {
  const auto fault = FaultFromJson(
      R"({"service": "feed", "kind": "status", "method": "POST",
          "path": "/feed/", "count": 3, "duration": 2.5, "skip": 1,
          "status": 429, "retry_after": 7, "headers": {"X-A": "b"},
          "body": "busy", "delay": 0.25, "off_by": -3, "reset": true})");
  ASSERT_TRUE(fault.ok()) << fault.status();
  EXPECT_EQ(fault->service, "feed");
  EXPECT_EQ(fault->kind, FaultKind::kStatus);
  EXPECT_EQ(fault->method, "POST");
  EXPECT_EQ(fault->path, "/feed/");
  EXPECT_EQ(fault->count, 3);
  EXPECT_EQ(fault->duration, absl::Milliseconds(2500));
  EXPECT_EQ(fault->skip, 1);
  EXPECT_EQ(fault->status, 429);
  EXPECT_EQ(fault->retry_after, absl::Seconds(7));
  EXPECT_EQ(fault->headers, (HttpHeaders{{"X-A", "b"}}));
  EXPECT_EQ(fault->body, "busy");
  EXPECT_EQ(fault->delay, absl::Milliseconds(250));
  EXPECT_EQ(fault->off_by, -3);
  EXPECT_TRUE(fault->reset);
}

TEST(FaultJsonTest, ReadsAndShowsEveryKind) {
  for (const char* kind : {"status", "stall", "cut", "hang_up", "half",
                           "lose_answer", "slow", "drip", "wrong_length"}) {
    const auto fault = FaultFromJson(
        absl::StrCat(R"({"service": "feed", "kind": ")", kind, "\"}"));
    ASSERT_TRUE(fault.ok()) << fault.status();
    EXPECT_EQ(fault->delay, kind == std::string("drip")
                                ? absl::Milliseconds(100)
                                : absl::Seconds(5));
    FaultSwitch faults;
    faults.Add(*fault);
    EXPECT_EQ(
        boost::json::parse(FaultStateToJson(faults.List().front())).at("kind"),
        kind);
  }
}

TEST(FaultJsonTest, NamesTheFieldThatIsWrong) {
  struct Case {
    const char* text;
    const char* named;
  };
  const Case cases[] = {
      {"[]", "one JSON object"},
      {"{", "one JSON object"},
      {R"({"kind": "cut"})", "\"service\""},
      {R"({"service": "feed"})", "\"kind\""},
      {R"({"service": "feed", "kind": "burn"})", "lose_answer"},
      {R"({"service": "feed", "kind": "cut", "count": 0})", "\"count\""},
      {R"({"service": "feed", "kind": "cut", "delay": -1})", "\"delay\""},
      {R"({"service": "feed", "kind": "cut", "reset": 1})", "\"reset\""},
      {R"({"service": "feed", "kind": "status", "status": 9})", "\"status\""},
      {R"({"service": "feed", "kind": "cut", "often": 2})", "\"often\""},
  };
  for (const Case& each : cases) {
    const auto fault = FaultFromJson(each.text);
    ASSERT_FALSE(fault.ok()) << each.text;
    EXPECT_THAT(std::string(fault.status().message()), HasSubstr(each.named));
  }
}

TEST(FaultJsonTest, ShowsWhatBecameOfAFault) {
  FaultSwitch faults;
  faults.Add({.service = "feed", .count = 2, .status = 429});
  faults.Fire("feed", "GET", "/");
  const auto shown =
      boost::json::parse(FaultStateToJson(faults.List().front()));
  EXPECT_EQ(shown.at("service"), "feed");
  EXPECT_EQ(shown.at("kind"), "status");
  EXPECT_EQ(shown.at("status"), 429);
  EXPECT_EQ(shown.at("count"), 2);
  EXPECT_EQ(shown.at("fired"), 1);
  EXPECT_EQ(shown.at("active"), true);
  EXPECT_TRUE(shown.at("remaining").is_null());
}

}  // namespace
}  // namespace sluice::sandbox
