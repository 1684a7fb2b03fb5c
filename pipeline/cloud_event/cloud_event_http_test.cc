#include "pipeline/cloud_event/cloud_event_http.h"

#include <string>

#include "gtest/gtest.h"
#include "pipeline/cloud_event/cloud_event_reader.h"

namespace sluice {
namespace {

HttpHeaders Needed() {
  return {{"ce-specversion", "1.0"},
          {"ce-id", "b1"},
          {"ce-source", "//p"},
          {"ce-type", "t"}};
}

TEST(BinaryCloudEventTest, ReadsHeadersAndBody) {
  HttpHeaders headers = Needed();
  headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  headers.emplace_back("CE-Subject", "a%20b%22");
  headers.emplace_back("Ce-Time", "2026-01-02T03:04:05Z");
  headers.emplace_back("ce-Sequence", "12");
  headers.emplace_back("Host", "h");
  ASSERT_TRUE(IsBinaryCloudEvent(headers));
  BinaryCloudEventReader reader;
  EventFields event;
  ASSERT_TRUE(reader.Read(headers, "the body", &event).ok());
  EXPECT_EQ(event.id, "b1");
  EXPECT_EQ(event.source, "//p");
  EXPECT_EQ(event.type, "t");
  EXPECT_EQ(event.subject, "a b\"");
  EXPECT_EQ(event.time_unix_nanos, 1'767'323'045'000'000'000);
  EXPECT_EQ(event.datacontenttype, "text/plain; charset=utf-8");
  EXPECT_EQ(event.data, "the body");
  ASSERT_EQ(event.labels.size(), 1u);
  EXPECT_EQ(event.labels[0].key, "sequence");
  EXPECT_EQ(event.labels[0].value, "12");
}

TEST(BinaryCloudEventTest, IsOneByItsVersion) {
  EXPECT_FALSE(IsBinaryCloudEvent({{"ce-id", "1"}}));
  EXPECT_TRUE(IsBinaryCloudEvent({{"CE-SPECVERSION", "1.0"}}));
}

TEST(BinaryCloudEventTest, SaysWhatIsWrong) {
  const auto why = [](const HttpHeaders& headers) {
    BinaryCloudEventReader reader;
    EventFields event;
    const absl::Status status = reader.Read(headers, "", &event);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  for (size_t i = 0; i < Needed().size(); ++i) {
    HttpHeaders headers = Needed();
    const std::string name = headers[i].first;
    headers.erase(headers.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_EQ(why(headers).substr(0, name.size() + 1), name + ":");
  }
  HttpHeaders headers = Needed();
  headers[0].second = "0.3";
  EXPECT_EQ(why(headers), "ce-specversion: is not 1.0");
  headers = Needed();
  headers.emplace_back("ce-time", "yesterday");
  EXPECT_EQ(why(headers), "ce-time: is no time as in RFC 3339");
  headers = Needed();
  headers.emplace_back("ce-x", "1");
  headers.emplace_back("ce-X", "2");
  EXPECT_EQ(why(headers), "ce-x: is there twice");
  headers = Needed();
  for (size_t i = 0; i <= CloudEventReader::kMaxLabels; ++i) {
    headers.emplace_back("ce-x" + std::to_string(i), "1");
  }
  EXPECT_EQ(why(headers).substr(0, 8), "ce-x256:");
}

}  // namespace
}  // namespace sluice
