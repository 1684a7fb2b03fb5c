#include "plugins/disruptive/disruptive_client.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/account_calls.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/api_fixture.h"
#include "plugins/disruptive/connector_calls.h"
#include "plugins/disruptive/device_calls.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DisruptiveClientTest : public ApiFixture {
 protected:
  DisruptiveClientTest() { settings_.emulator_base_url = "http://emulator/v2"; }

  template <typename Answer>
  void Send(absl::StatusOr<ApiCall<Answer>> call) {
    handle_ = client_.Send(std::move(call), [this](absl::StatusOr<Answer> a) {
      done_.push_back(
          a.ok() ? a->ShortDebugString()
                 : std::string(absl::StatusCodeToString(a.status().code())));
      status_ = a.status();
    });
    executor_.Advance(absl::ZeroDuration());
  }

  // Until there is another request, or none will come.
  void AwaitRequest() {
    executor_.Advance(absl::ZeroDuration());
    const size_t done = done_.size();
    for (int i = 0; i < 3000 && http_.open() == nullptr && done_.size() == done;
         ++i) {
      executor_.Advance(absl::Milliseconds(100));
    }
  }

  // Device names, until there are `enough`.
  void List(size_t enough = 1000) {
    handle_ = client_.List(
        ListDevices({.project = "p"}),
        [this, enough](v1::Device device) {
          done_.push_back(device.name());
          return done_.size() < enough;
        },
        [this](absl::Status status) {
          done_.push_back(std::string(absl::StatusCodeToString(status.code())));
        });
    executor_.Advance(absl::ZeroDuration());
  }

  DisruptiveClient client_{&settings_, &executor_, &http_, &random_};
  DisruptiveClient::Handle handle_;
  std::vector<std::string> done_;
  absl::Status status_;
};

TEST_F(DisruptiveClientTest, GivesTheAnswerTyped) {
  Send(GetDevice("d"));
  EXPECT_EQ(OpenUrl(), "http://api/v2/projects/-/devices/d");
  Answer(200, R"({"name":"projects/p/devices/d","type":"co2"})");
  EXPECT_THAT(done_, ElementsAre(R"(name: "projects/p/devices/d" type: CO2)"));
}

TEST_F(DisruptiveClientTest, UsesTheEmulatorsHostForItsCalls) {
  Send(PublishEvent("p", "d", "touch", "{}"));
  EXPECT_EQ(OpenUrl(), "http://emulator/v2/projects/p/devices/d:publish");
  EXPECT_EQ(http_.open()->request().method, "POST");
  EXPECT_EQ(http_.open()->request().body, R"({"touch":{}})");
  Answer(200, "{}");
  EXPECT_THAT(done_, ElementsAre(""));
}

TEST_F(DisruptiveClientTest, TakesAMemberOfTheAnswer) {
  Send(GetConnectorMetrics("p", "c"));
  Answer(200, R"({"metrics":{"successCount":9,"latency99p":"0.411s"}})");
  EXPECT_THAT(done_, ElementsAre(R"(success_count: 9 latency99p: "0.411s")"));
  Send(GetConnectorMetrics("p", "c"));
  Answer(200, "{}");
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
}

TEST_F(DisruptiveClientTest, AWrongArgumentSendsNothing) {
  Send(GetDevice(""));
  EXPECT_THAT(done_, ElementsAre("INVALID_ARGUMENT"));
  EXPECT_THAT(http_.requests(), IsEmpty());
}

TEST_F(DisruptiveClientTest, TellsErrorsApart) {
  const std::pair<int, absl::StatusCode> kCodes[] = {
      {400, absl::StatusCode::kInvalidArgument},
      {403, absl::StatusCode::kPermissionDenied},
      {404, absl::StatusCode::kNotFound},
      {409, absl::StatusCode::kAborted},
      {418, absl::StatusCode::kUnimplemented},
  };
  for (const auto& [status, code] : kCodes) {
    Send(GetDevice("d"));
    Answer(status, R"({"error":"no","code":1,"help":"https://h"})");
    EXPECT_EQ(status_.code(), code);
    const std::optional<v1::ApiError> error = ApiErrorOf(status_);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->http_status(), status);
    EXPECT_EQ(error->error(), "no");
    EXPECT_EQ(error->help(), "https://h");
    EXPECT_THAT(std::string(status_.message()), HasSubstr("(no)"));
  }
}

TEST_F(DisruptiveClientTest, GivesUpAfterFourTries) {
  Send(GetDevice("d"));
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(done_, IsEmpty());
    Answer(503, "busy");
    AwaitRequest();
  }
  EXPECT_THAT(done_, ElementsAre("UNAVAILABLE"));
  EXPECT_EQ(ApiErrorOf(status_)->http_status(), 503);
  EXPECT_EQ(http_.requests().size(), 4u);
}

TEST_F(DisruptiveClientTest, SaysHowLongToWait) {
  Send(GetDevice("d"));
  for (int i = 0; i < 4; ++i) {
    http_.open()->Respond(429, "{}", {{"Retry-After", "3"}});
    AwaitRequest();
  }
  EXPECT_THAT(done_, ElementsAre("RESOURCE_EXHAUSTED"));
  EXPECT_EQ(ApiErrorOf(status_)->retry_after_seconds(), 3);
}

TEST_F(DisruptiveClientTest, ARefusedKeyIsTriedOnceMore) {
  Send(GetDevice("d"));
  Answer(401, "{}");
  AwaitRequest();
  Answer(401, "{}");
  EXPECT_THAT(done_, ElementsAre("UNAUTHENTICATED"));
}

TEST_F(DisruptiveClientTest, WhatMayBeDoneIsNotDoneTwice) {
  Send(CreateEmulatedDevice("p", "touch", {}));
  http_.open()->Fail(absl::UnavailableError("lost"), /*maybe_sent=*/true);
  AwaitRequest();
  EXPECT_THAT(done_, ElementsAre("UNAVAILABLE"));
  EXPECT_TRUE(ApiErrorOf(status_)->maybe_done());
  // One that surely was not sent is.
  Send(CreateEmulatedDevice("p", "touch", {}));
  http_.open()->Fail(absl::UnavailableError("refused"), /*maybe_sent=*/false);
  AwaitRequest();
  Answer(200, "{}");
  EXPECT_THAT(done_, ElementsAre("UNAVAILABLE", ""));
}

TEST_F(DisruptiveClientTest, ListsPageByPage) {
  List();
  Answer(200, R"({"devices":[{"name":"a"},{"name":"b"}],"nextPageToken":"t"})");
  EXPECT_EQ(OpenUrl(), "http://api/v2/projects/p/devices?pageToken=t");
  Answer(200, R"({"devices":[{"name":"c"}],"nextPageToken":""})");
  EXPECT_THAT(done_, ElementsAre("a", "b", "c", "OK"));
}

TEST_F(DisruptiveClientTest, StopsListingWhenThereIsEnough) {
  List(2);
  Answer(200, R"({"devices":[{"name":"a"},{"name":"b"},{"name":"c"}],)"
              R"("nextPageToken":"t"})");
  EXPECT_THAT(done_, ElementsAre("a", "b", "OK"));
  EXPECT_EQ(http_.open(), nullptr);
}

TEST_F(DisruptiveClientTest, SaysWhenAPageIsNone) {
  for (const char* page :
       {"<html>", "{}", R"({"devices":[1],"nextPageToken":""})",
        R"({"devices":[],"nextPageToken":null})"}) {
    done_.clear();
    List();
    Answer(200, page);
    EXPECT_THAT(done_, ElementsAre("DATA_LOSS")) << page;
  }
  // It would never end.
  done_.clear();
  List();
  Answer(200, R"({"devices":[],"nextPageToken":"t"})");
  Answer(200, R"({"devices":[],"nextPageToken":"t"})");
  EXPECT_THAT(done_, ElementsAre("DATA_LOSS"));
}

TEST_F(DisruptiveClientTest, MayBeDroppedInTheMiddle) {
  handle_ = client_.List(
      ListDevices({.project = "p"}),
      [this](v1::Device) {
        handle_.reset();
        return true;
      },
      [this](absl::Status) { done_.push_back("done"); });
  executor_.Advance(absl::ZeroDuration());
  Answer(200, R"({"devices":[{},{}],"nextPageToken":"t"})");
  executor_.Advance(absl::Minutes(1));
  EXPECT_THAT(done_, IsEmpty());
  EXPECT_EQ(http_.open(), nullptr);
}

}  // namespace
}  // namespace sluice::disruptive
