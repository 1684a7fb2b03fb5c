#include "plugins/lines/line_decoder.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/lines/json_line_decoder.h"

namespace sluice::lines {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr uint64_t kRun = 0x0123456789abcdef;

LineFormat AllFields() {
  LineFormat format;
  format.fields = {.id = "id",
                   .subject = "device.name",
                   .type = "kind",
                   .time = "at",
                   .source = "from"};
  format.source = "/lines/test";
  return format;
}

// One line, in one quick pass and by the slow parser: they must agree.
class LineDecoderTest : public ::testing::Test {
 protected:
  void Use(const LineFormat& format) {
    decoder_ = std::make_unique<JsonLineDecoder>(format, kRun);
  }

  bool Decode(const std::string& line) {
    line_ = line + std::string(64, '!');
    const std::string_view view(line_.data(), line.size());
    EventFields slow;
    const bool taken_slowly = decoder_->DecodeSlowly(view, &slow);
    const Refusal refusal = decoder_->refusal();
    slow_ = {std::string(slow.subject), std::string(slow.type),
             std::string(slow.source), std::to_string(slow.time_unix_nanos)};
    const bool taken = decoder_->Decode(view, 64, &event_);
    EXPECT_EQ(taken, taken_slowly) << line;
    if (taken) {
      EXPECT_EQ(event_.subject, slow_[0]) << line;
      EXPECT_EQ(event_.type, slow_[1]) << line;
      EXPECT_EQ(event_.source, slow_[2]) << line;
      EXPECT_EQ(std::to_string(event_.time_unix_nanos), slow_[3]) << line;
    } else {
      EXPECT_EQ(decoder_->refusal().reason, refusal.reason) << line;
      EXPECT_EQ(decoder_->refusal().message, refusal.message) << line;
    }
    return taken;
  }
  // "reason: message" of a refused line.
  std::string WhyNot(const std::string& line) {
    EXPECT_FALSE(Decode(line)) << line;
    return decoder_->refusal().reason + ": " + decoder_->refusal().message;
  }

  std::unique_ptr<JsonLineDecoder> decoder_;
  std::string line_;
  std::vector<std::string> slow_;
  EventFields event_;
};

TEST_F(LineDecoderTest, FindsTheAttributes) {
  Use(AllFields());
  const std::string line =
      R"({"id":"e1","device":{"name":"d\u00e9"},"kind":"touch",)"
      R"("at":"2026-01-02T03:04:05.5Z","from":"//plant"})";
  ASSERT_TRUE(Decode(line)) << decoder_->refusal().message;
  EXPECT_EQ(event_.id, "e1");
  EXPECT_EQ(event_.subject, "dé");
  EXPECT_EQ(event_.type, "touch");
  EXPECT_EQ(event_.source, "//plant");
  EXPECT_EQ(event_.time_unix_nanos, 1'767'323'045'500'000'000);
  EXPECT_EQ(event_.datacontenttype, "application/json");
  EXPECT_EQ(event_.data, line);
}

TEST_F(LineDecoderTest, MakesUpWhatTheLineNeedNotSay) {
  LineFormat format;
  format.source = "/lines/test";
  Use(format);
  ASSERT_TRUE(Decode(" { } "));
  EXPECT_EQ(event_.data, " { } ");
  EXPECT_EQ(event_.type, "line");
  EXPECT_EQ(event_.source, "/lines/test");
  EXPECT_EQ(event_.subject, "");
  EXPECT_EQ(event_.time_unix_nanos, 0);
  // Each line was decoded twice.
  EXPECT_EQ(event_.id, "0123456789abcdef-1");
  ASSERT_TRUE(Decode("{}"));
  EXPECT_EQ(event_.id, "0123456789abcdef-3");
}

TEST_F(LineDecoderTest, TakesNumbersAsTheyAreWritten) {
  LineFormat format;
  format.fields.id = "n";
  Use(format);
  for (const char* number :
       {"7", "-7", "0", "-0", "9223372036854775807", "18446744073709551615",
        "123456789012345678901234567890", "1.50", "1e3", "-0.0"}) {
    ASSERT_TRUE(Decode(absl::StrCat("{\"m\":[\"-0\"],\"n\":", number, "}")))
        << number << decoder_->refusal().message;
    EXPECT_EQ(event_.id, number);
  }
}

TEST_F(LineDecoderTest, KnowsJsonThatNoSixtyFourBitsHold) {
  LineFormat format;
  Use(format);
  EXPECT_TRUE(Decode(R"({"n":123456789012345678901234567890,"m":1e400})"));
}

TEST_F(LineDecoderTest, APathMayBeTheNameOfAMember) {
  LineFormat format;
  format.fields.subject = "log.origin";
  Use(format);
  ASSERT_TRUE(Decode(R"({"log.origin":"flat","log":{"origin":"deep"}})"));
  EXPECT_EQ(event_.subject, "flat");
  ASSERT_TRUE(Decode(R"({"log":{"origin":"deep"}})"));
  EXPECT_EQ(event_.subject, "deep");
}

TEST_F(LineDecoderTest, TheLastOfANameCounts) {
  Use(AllFields());
  ASSERT_TRUE(Decode(R"({"id":"a","kind":"k","from":"f",)"
                     R"("device":{"name":"x"},"device":{"name":"y"},)"
                     R"("id":"b"})"));
  EXPECT_EQ(event_.id, "b");
  EXPECT_EQ(event_.subject, "y");
}

TEST_F(LineDecoderTest, RefusesLinesThatLackWhatIsNamed) {
  Use(AllFields());
  const std::string rest = R"("device":{"name":""},"kind":"k","from":"f"})";
  EXPECT_TRUE(Decode(R"({"id":"a",)" + rest)) << "time may be absent";
  EXPECT_TRUE(Decode(R"({"id":"a","at":null,)" + rest));
  EXPECT_EQ(WhyNot("{" + rest), R"(malformed_event: id: "id" is missing)");
  EXPECT_EQ(WhyNot(R"({"id":null,)" + rest),
            R"(malformed_event: id: "id" is missing)");
  EXPECT_EQ(WhyNot(R"({"id":"",)" + rest),
            R"(malformed_event: id: "id" is empty)");
  EXPECT_EQ(WhyNot(R"({"id":[1],)" + rest),
            R"(malformed_event: id: "id" is neither a text nor a number)");
  EXPECT_EQ(WhyNot(R"({"id":true,)" + rest),
            R"(malformed_event: id: "id" is neither a text nor a number)");
  EXPECT_EQ(WhyNot(R"({"id":"a","at":"yesterday",)" + rest),
            R"(malformed_event: time: "at" is no time as in RFC 3339)");
  EXPECT_EQ(WhyNot(R"({"id":"a","at":1700000000,)" + rest),
            R"(malformed_event: time: "at" is no time as in RFC 3339)");
  EXPECT_EQ(WhyNot(R"({"id":"a","device":"d","kind":"k","from":"f"})"),
            R"(malformed_event: subject: "device.name" is missing)");
}

TEST_F(LineDecoderTest, RefusesWhatIsNoJsonObject) {
  Use(LineFormat());
  for (const char* line :
       {"[]", "\"a\"", "1", "null", "{", "{}}", "{} {}", "{\"a\":01}",
        "{\"a\":nul}", "{\"a\" 1}", "{a:1}", "{\"a\":\"\t\"}", "hello",
        "{\"a\":\"\xff\"}", "{\"a\":\"\\ud800\"}", "{\"a\":1,}",
        "{\"a\":\"\\x\"}"}) {
    EXPECT_THAT(WhyNot(line), StartsWith("malformed_json: ")) << line;
  }
  EXPECT_THAT(WhyNot(std::string("{\0}", 3)), HasSubstr("malformed_json"));
}

TEST_F(LineDecoderTest, NeedsNothingBehindTheLine) {
  Use(AllFields());
  // On the heap with nothing behind it: a sanitizer looks.
  const std::string text = R"({"id":"e1","device":{"name":"d"},"kind":"k",)"
                           R"("from":"a text that is quite long"})";
  const std::unique_ptr<char[]> line(new char[text.size()]);
  text.copy(line.get(), text.size());
  ASSERT_TRUE(
      decoder_->Decode(std::string_view(line.get(), text.size()), 0, &event_));
  EXPECT_EQ(event_.id, "e1");
  EXPECT_EQ(event_.data.data(), line.get());
}

TEST(CloudEventLineDecoderTest, ReadsCloudEvents) {
  const auto decoder = MakeLineDecoder({.cloud_events = true}, kRun);
  EventFields event;
  ASSERT_TRUE(decoder->Decode(
      R"({"specversion":"1.0","id":"e1","source":"//p","type":"t",)"
      R"("ingesttime":"2026-01-02T03:04:05Z","data":{"a":1}})",
      0, &event))
      << decoder->refusal().message;
  EXPECT_EQ(event.id, "e1");
  EXPECT_EQ(event.data, "{\"a\":1}");
  EXPECT_EQ(event.ingest_time_unix_nanos, 0) << "the pipeline says when";
  EXPECT_FALSE(decoder->Decode(R"({"id":"e1"})", 0, &event));
  EXPECT_EQ(decoder->refusal().reason, "malformed_event");
  EXPECT_THAT(decoder->refusal().message, HasSubstr("specversion"));
  EXPECT_FALSE(decoder->Decode("{", 0, &event));
  EXPECT_EQ(decoder->refusal().reason, "malformed_json");
}

}  // namespace
}  // namespace sluice::lines
