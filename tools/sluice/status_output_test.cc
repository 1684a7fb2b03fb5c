#include "tools/sluice/status_output.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

admin::v1::ProcessStatus Example() {
  admin::v1::ProcessStatus status;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
      time { seconds: 1714564800 }
      pipelines {
        name: "office"
        sources { name: "sensors" plugin: "generate" received: 12
                  stored: 9 duplicate: 3
                  health { state: DEGRADED message: "reconnecting" } }
        sinks { name: "room-feed" plugin: "feed" delivered: 7 waiting: 2
                health { state: HEALTHY }
                oldest_waiting { seconds: 1714564700 } }
        sinks { name: "old" parked: true dead_lettered: 1 }
        log { next_sequence: 10 stored_bytes: 18446744073709551615
              sync_time { nanos: 250000000 } }
      })",
                                                            &status));
  return status;
}

TEST(StatusOutputTest, GivesNumbersAsNumbers) {
  // As a script sees it.
  const boost::json::value json =
      boost::json::parse(boost::json::serialize(StatusToJson(Example())));
  EXPECT_EQ(json.at("time").as_string(), "2024-05-01T12:00:00Z");
  EXPECT_TRUE(json.at("balanced").as_bool());
  const boost::json::value& pipeline = json.at("pipelines").at(0);
  const boost::json::value& source = pipeline.at("sources").at(0);
  EXPECT_EQ(source.at("received").as_int64(), 12);
  EXPECT_EQ(source.at("health").as_string(), "degraded");
  EXPECT_EQ(source.at("health_message").as_string(), "reconnecting");
  const boost::json::value& sink = pipeline.at("sinks").at(0);
  EXPECT_EQ(sink.at("waiting").as_int64(), 2);
  EXPECT_EQ(sink.at("oldest_waiting").as_string(), "2024-05-01T11:58:20Z");
  EXPECT_FALSE(sink.as_object().contains("health_message"));
  EXPECT_EQ(pipeline.at("log").at("stored_bytes").as_uint64(),
            18446744073709551615u);
  EXPECT_DOUBLE_EQ(pipeline.at("log").at("sync_seconds").as_double(), 0.25);
}

TEST(StatusOutputTest, TellsWhatMemoryIsTaken) {
  admin::v1::ProcessStatus status = Example();
  EXPECT_FALSE(StatusToJson(status).contains("memory"));
  status.mutable_memory()->set_limit_bytes(1000);
  status.mutable_memory()->set_used_bytes(30);
  status.mutable_memory()->set_window_bytes(10);
  const boost::json::value memory = StatusToJson(status).at("memory");
  EXPECT_EQ(memory.at("limit_bytes").as_uint64(), 1000u);
  EXPECT_EQ(memory.at("used_bytes").as_uint64(), 30u);
  EXPECT_EQ(memory.at("window_bytes").as_uint64(), 10u);
}

TEST(StatusOutputTest, PrintsTheLedgerAsTables) {
  const std::string ledger = FormatLedger(Example());
  EXPECT_THAT(ledger, HasSubstr("pipeline office\n"));
  EXPECT_THAT(ledger, HasSubstr("  sensors  12        9       3"));
  EXPECT_THAT(ledger, HasSubstr("  room-feed     7          2"));
  EXPECT_THAT(ledger, HasSubstr("  old (parked)"));
  EXPECT_THAT(ledger, HasSubstr("every event is accounted for"));
}

TEST(StatusOutputTest, TellsWhenABacklogWillBeDone) {
  admin::v1::ProcessStatus status = Example();
  admin::v1::SinkStatus* sink = status.mutable_pipelines(0)->mutable_sinks(0);
  EXPECT_THAT(FormatProgress(status), HasSubstr("delivered 7, waiting 2\n"));
  const auto format = [&](uint64_t waiting, const std::string& backlog) {
    sink->set_waiting(waiting);
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        backlog, sink->mutable_backlog()));
    return FormatBacklog(*sink);
  };
  EXPECT_EQ(format(3, ""), "backlog 3, not known yet how long it takes");
  EXPECT_EQ(format(12'000,
                   "state: BACKLOG_GROWS delivered_per_second: 40 "
                   "taken_in_per_second: 1234.5 allowed_per_second: 4.25"),
            "backlog 12,000, 40/s with 1,235/s coming in (limits allow 4.2/s), "
            "grows");
  EXPECT_EQ(format(999, "state: BACKLOG_STALLED"),
            "backlog 999, 0.0/s, stands still");
  const std::string shrinks =
      "state: BACKLOG_SHRINKS delivered_per_second: 40 done_in { seconds: ";
  EXPECT_EQ(format(1'000'000, shrinks + "7 }"),
            "backlog 1,000,000, 40/s, done in about 7 s");
  EXPECT_EQ(format(1, shrinks + "30000 }"),
            "backlog 1, 40/s, done in about 8 h");
  EXPECT_EQ(format(1, shrinks + "864000 }"),
            "backlog 1, 40/s, done in about 10 days");
  EXPECT_EQ(format(12'000, shrinks + "300 }"),
            "backlog 12,000, 40/s, done in about 5 min");
  EXPECT_THAT(FormatProgress(status),
              HasSubstr("; room-feed delivered 7, backlog 12,000, 40/s, done "
                        "in about 5 min\n"));
  EXPECT_THAT(FormatLedger(status),
              HasSubstr("  room-feed: backlog 12,000, 40/s, done in about 5 "
                        "min\n"));
  const boost::json::value json = StatusToJson(status)
                                      .at("pipelines")
                                      .at(0)
                                      .at("sinks")
                                      .at(0)
                                      .at("backlog");
  EXPECT_EQ(json.at("state").as_string(), "shrinks");
  EXPECT_EQ(json.at("delivered_per_second").as_double(), 40);
  EXPECT_EQ(json.at("done_in_seconds").as_int64(), 300);
  EXPECT_FALSE(json.as_object().contains("allowed_per_second"));
}

TEST(StatusOutputTest, ShowsGapsAndWhatTheyMayHaveLost) {
  admin::v1::ProcessStatus status = Example();
  EXPECT_THAT(FormatLedger(status), Not(HasSubstr("gaps")));
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(closed: 3 unclosed: 1 recovered_events: 42
         recent { state: GAP_CLOSED cause: "reconnect"
                  start { seconds: 1714564700 } end { seconds: 1714564710 } }
         recent { state: GAP_UNCLOSED cause: "restart" reason: "too old"
                  start { seconds: 1714564800 } end { seconds: 1714564860 } })",
      status.mutable_pipelines(0)->mutable_sources(0)->mutable_gaps()));
  const std::string ledger = FormatLedger(status);
  EXPECT_THAT(ledger, HasSubstr("gaps of sensors: 3 closed, 0 open, 1 not "
                                "closed; 42 events recovered\n"));
  EXPECT_THAT(ledger, HasSubstr("    NOT CLOSED: from 2024-05-01T12:00:00Z to "
                                "2024-05-01T12:01:00Z: too old\n"));
  const boost::json::value gaps =
      StatusToJson(status).at("pipelines").at(0).at("sources").at(0).at("gaps");
  EXPECT_EQ(gaps.at("unclosed").as_uint64(), 1u);
  EXPECT_EQ(gaps.at("recent").at(1).at("state").as_string(), "unclosed");
  EXPECT_EQ(gaps.at("recent").at(1).at("cause").as_string(), "restart");
}

TEST(StatusOutputTest, SaysWhatDoesNotAddUp) {
  admin::v1::ProcessStatus status = Example();
  status.mutable_pipelines(0)->add_imbalances("source sensors: 12 != 11");
  EXPECT_FALSE(IsBalanced(status));
  EXPECT_FALSE(StatusToJson(status).at("balanced").as_bool());
  const std::string ledger = FormatLedger(status);
  EXPECT_THAT(ledger, HasSubstr("does not add up: source sensors: 12 != 11"));
  EXPECT_THAT(ledger, Not(HasSubstr("accounted for")));
}

TEST(StatusOutputTest, TellsProgressInALine) {
  EXPECT_EQ(FormatProgress(Example()),
            "office: received 12, stored 9; room-feed delivered 7, waiting "
            "2\n");
}

}  // namespace
}  // namespace sluice
