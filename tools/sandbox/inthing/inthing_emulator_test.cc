#include "tools/sandbox/inthing/inthing_emulator.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPng[] = "\x89PNG\r\n\x1A\n picture";

class InthingEmulatorTest : public ::testing::Test {
 protected:
  InthingEmulatorTest() { Restart({}); }

  void Restart(InthingOptions options) {
    emulator_ = std::make_unique<InthingEmulator>(std::move(options), &ledger_);
    emulator_->Start("http://127.0.0.1:8083", &executor_);
    const json::value ready = json::parse(emulator_->ReadyJson());
    stream_ = std::string(ready.at("stream").as_string());
    password_ = std::string(ready.at("password").as_string());
  }

  HttpResponse Say(HttpServerRequest request) {
    request.headers.emplace_back("Host", "localhost:8083");
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(std::move(request), responder);
    return *responder->answer;
  }
  HttpResponse Get(const std::string& path) {
    return Say(MakeRequest("GET", path));
  }
  json::value Rpc(const std::string& body) {
    const HttpResponse response =
        Say(MakeRequest("POST", "/api/public/", {}, body));
    EXPECT_EQ(response.status, 200);
    return response.body.empty() ? json::value() : json::parse(response.body);
  }
  json::value Submit(const std::string& path, const std::string& body) {
    const HttpResponse response = Say(MakeRequest(
        "POST", path, {{"Content-Type", "application/x-www-form-urlencoded"}},
        body));
    EXPECT_EQ(response.status, 200);
    return json::parse(response.body);
  }
  // A post to the ready stream.
  json::value Post(const std::string& fields) {
    return Submit(
        "/api/new-event/?format=json",
        absl::StrCat("stream=", stream_, "&password=", password_, "&", fields));
  }
  std::string NewStream() {
    return std::string(
        Rpc(R"({"jsonrpc":"2.0","method":"stream.new","params":{},"id":2})")
            .at("result")
            .at("id")
            .as_string());
  }
  std::string PathOf(const json::value& posted) {
    const std::string url(posted.at("event").at("url").as_string());
    return url.substr(url.find("/e/"));
  }

  ManualExecutor executor_;
  Ledger ledger_;
  std::unique_ptr<InthingEmulator> emulator_;
  std::string stream_;
  std::string password_;
};

TEST_F(InthingEmulatorTest, MakesStreams) {
  const json::value answer =
      Rpc(R"({"jsonrpc":"2.0","method":"stream.new","params":{},"id":2})");
  EXPECT_EQ(answer.at("id"), 2);
  EXPECT_EQ(answer.at("jsonrpc"), "2.0");
  const json::value& result = answer.at("result");
  EXPECT_EQ(result.at("status"), "ok");
  EXPECT_TRUE(result.at("password").is_null());
  const std::string id(result.at("id").as_string());
  EXPECT_EQ(result.at("url").as_string(),
            absl::StrCat("http://localhost:8083/s/", id, "/"));
  EXPECT_THAT(Get("/s/" + id + "/").body, HasSubstr("Claim Stream"));
}

TEST_F(InthingEmulatorTest, AnswersTheErrorsOfJsonRpc) {
  const auto code = [this](const std::string& body) {
    return Rpc(body).at("error").at("code").as_int64();
  };
  EXPECT_EQ(code("{"), -32700);
  EXPECT_EQ(code("1"), -32600);
  EXPECT_EQ(code(R"({"method":"greet","id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"1.0","method":"greet","id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":7,"id":1})"), -32600);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":"event.new","id":1})"), -32601);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":"greet","params":[],"id":1})"),
            -32602);
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","method":"greet","id":1,
                     "params":{"who":"somebody unknown"}})"),
            1);
}

TEST_F(InthingEmulatorTest, AnswersBatchesAndKeepsSilentOnNotifications) {
  const json::value answers =
      Rpc(R"([{"jsonrpc":"2.0","method":"greet","id":"a"},
              {"jsonrpc":"2.0","method":"greet"}, 5])");
  ASSERT_EQ(answers.as_array().size(), 2u);
  EXPECT_EQ(answers.at(0).at("result"), "Hello, World!");
  EXPECT_EQ(answers.at(0).at("id"), "a");
  EXPECT_EQ(answers.at(1).at("error").at("code"), -32600);
  EXPECT_TRUE(Rpc(R"({"jsonrpc":"2.0","method":"greet"})").is_null());
  EXPECT_EQ(Rpc("[]").as_array().size(), 1u);
}

TEST_F(InthingEmulatorTest, TakesPostsAndShowsThem) {
  const json::value posted = Post(
      "title=A+%3Cb%3E&type=text&priority=1&markup=markdown&"
      "description=some+**bold**+%3Cscript%3E&generator=vm");
  EXPECT_EQ(posted.at("status"), "ok");
  const HttpResponse event = Get(PathOf(posted));
  EXPECT_EQ(event.status, 200);
  EXPECT_THAT(event.body, HasSubstr("A &lt;b&gt;"));
  EXPECT_THAT(event.body, HasSubstr("<strong>bold</strong> &lt;script&gt;"));
  EXPECT_THAT(event.body, HasSubstr("Important"));
  const HttpResponse moved = Get("/s/" + stream_ + "/");
  EXPECT_EQ(moved.status, 303);
  EXPECT_EQ(FindHeader(moved.headers, "Location"), "/sluice/sandbox/");
  const HttpResponse page = Get("/sluice/sandbox/");
  EXPECT_THAT(page.body, HasSubstr("data-type=\"text\""));
  EXPECT_THAT(page.body, Not(HasSubstr("<script>\n</")));
  EXPECT_THAT(Get("/").body, HasSubstr("/sluice/sandbox/"));
}

TEST_F(InthingEmulatorTest, ShowsCodeAndTheTimeThatWasGiven) {
  const json::value posted =
      Post("title=Code&type=code&text=if+a+%3C+b:&time=1000000000");
  const std::string page = Get(PathOf(posted)).body;
  EXPECT_THAT(page, HasSubstr("<pre><code>if a &lt; b:</code></pre>"));
  EXPECT_THAT(page, HasSubstr("2001-09-09 01:46:40 UTC"));
}

TEST_F(InthingEmulatorTest, TakesPicturesInParts) {
  const auto post = [this](const std::string& bytes) {
    std::string body;
    for (const auto& [name, value] :
         {std::pair("stream", stream_), std::pair("password", password_),
          std::pair("title", std::string("Photo")),
          std::pair("type", std::string("image"))}) {
      absl::StrAppend(&body, "--b\r\nContent-Disposition: form-data; name=\"",
                      name, "\"\r\n\r\n", value, "\r\n");
    }
    absl::StrAppend(&body,
                    "--b\r\nContent-Disposition: form-data; name=\"image\"; "
                    "filename=\"p.png\"\r\nContent-Type: ('image/png', "
                    "None)\r\n\r\n",
                    bytes, "\r\n--b--\r\n");
    return json::parse(
        Say(MakeRequest("POST", "/api/new-event/?format=json",
                        {{"Content-Type", "multipart/form-data; boundary=b"}},
                        body))
            .body);
  };
  const json::value posted = post(kPng);
  ASSERT_EQ(posted.at("status"), "ok");
  const std::string page = Get(PathOf(posted)).body;
  const size_t begin = page.find("/in/uploads/");
  ASSERT_NE(begin, std::string::npos);
  const HttpResponse image =
      Get(page.substr(begin, page.find('"', begin) - begin));
  EXPECT_EQ(image.body, kPng);
  EXPECT_EQ(FindHeader(image.headers, "Content-Type"), "image/png");
  EXPECT_EQ(post("<svg>").at("status"), "error");
}

TEST_F(InthingEmulatorTest, NamesTheFieldsThatAreWrong) {
  const auto wrong = [this](const std::string& body) {
    const json::value answer = Submit("/api/new-event/?format=json", body);
    EXPECT_EQ(answer.at("status"), "fail");
    EXPECT_EQ(answer.at("msg"), "failed to validate");
    return json::serialize(answer.at("field_errors"));
  };
  const std::string named = "title=t&stream=" + stream_;
  EXPECT_EQ(wrong(named),
            R"({"password":["this stream requires a password"]})");
  EXPECT_EQ(wrong(named + "&password=x"),
            R"({"password":["password failed"]})");
  EXPECT_EQ(wrong("title=t&stream=/no/body/"),
            R"({"stream":["stream does not exist"]})");
  EXPECT_EQ(wrong("title=t&stream="),
            R"({"stream":["This field is required"]})");
  EXPECT_EQ(wrong("stream=" + stream_ + "&password=" + password_),
            R"({"title":["This field is required"]})");
  EXPECT_EQ(wrong(named + "&type=image&password=" + password_),
            R"({"image":["Required for image type"]})");
  EXPECT_THAT(wrong(named + "&priority=9&password=" + password_),
              HasSubstr("priority"));
}

TEST_F(InthingEmulatorTest, FindsAStreamUnderAllItsNames) {
  for (const char* name : {"/sluice/sandbox/", "sluice/sandbox",
                           "https://www.inthing.io/sluice/sandbox/?x=1#top"}) {
    EXPECT_EQ(Submit("/api/new-event/?format=json",
                     absl::StrCat("title=t&stream=", PercentEncode(name),
                                  "&password=", password_))
                  .at("status"),
              "ok")
        << name;
  }
  EXPECT_EQ(
      Submit("/s/" + NewStream() + "/add/?format=json", "title=t").at("status"),
      "ok");
}

TEST_F(InthingEmulatorTest, LimitsUnclaimedStreamsByTheMinuteAndTheQuarter) {
  const std::string body = "title=t&stream=" + NewStream();
  const auto post = [&] { return Submit("/api/new-event/?format=json", body); };
  // To the start of a window of both.
  executor_.Advance(
      absl::Seconds(900 - absl::ToUnixSeconds(executor_.Now()) % 900));
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(post().at("status"), "ok");
    const json::value limited = post();
    EXPECT_EQ(limited.at("status"), "ratelimited");
    if (minute < 2) {
      EXPECT_EQ(limited.at("msg"),
                "Unclaimed streams are rate-limited to 10 events a minute");
    }
    executor_.Advance(absl::Minutes(1));
  }
  EXPECT_EQ(post().at("msg"),
            "Unclaimed streams are rate-limited to 30 events in 15 minutes");
}

TEST_F(InthingEmulatorTest, LimitsClaimedStreams) {
  executor_.Advance(
      absl::Seconds(900 - absl::ToUnixSeconds(executor_.Now()) % 900));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Post("title=t").at("status"), "ok");
  EXPECT_EQ(Post("title=t").at("msg"),
            "you have exceeded the maximum of 20 requests in 60 seconds");
  // What is refused for its fields does not count.
  executor_.Advance(absl::Minutes(1));
  for (int i = 0; i < 30; ++i) Post("title=");
  EXPECT_EQ(Post("title=t").at("status"), "ok");
  EXPECT_EQ(json::parse(emulator_->StatusJson()).at("rate_limited"), 1);
}

TEST_F(InthingEmulatorTest, ScalesItsLimits) {
  InthingOptions options;
  options.limits.factor = 0.1;
  options.limits.minute = absl::Seconds(2);
  Restart(options);
  EXPECT_EQ(Post("title=t").at("status"), "ok");
  EXPECT_EQ(Post("title=t").at("status"), "ok");
  EXPECT_EQ(Post("title=t").at("msg"),
            "you have exceeded the maximum of 2 requests in 2 seconds");
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(Post("title=t").at("status"), "ok");
  options.limits.enabled = false;
  Restart(options);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Post("title=t").at("status"), "ok");
}

TEST_F(InthingEmulatorTest, GivesAClaimedStreamAPassword) {
  const std::string id = NewStream();
  EXPECT_THAT(Get("/s/" + id + "/claim/").body, HasSubstr("username"));
  const HttpResponse bad = Say(MakeRequest("POST", "/s/" + id + "/claim/", {},
                                           "claim=yes&username=api"));
  EXPECT_THAT(bad.body, HasSubstr("cannot be used"));
  const HttpResponse claimed = Say(MakeRequest("POST", "/s/" + id + "/claim/",
                                               {}, "claim=yes&username=will"));
  const size_t begin = claimed.body.find("<code>") + 6;
  const std::string password =
      claimed.body.substr(begin, claimed.body.find("</code>") - begin);
  EXPECT_EQ(password.size(), 8u);
  const std::string post = "title=t&stream=" + id;
  EXPECT_EQ(Submit("/api/new-event/?format=json", post).at("status"), "fail");
  EXPECT_EQ(
      Submit("/api/new-event/?format=json", post + "&password=" + password)
          .at("status"),
      "ok");
  EXPECT_THAT(Say(MakeRequest("POST", "/s/" + id + "/claim/", {},
                              "claim=yes&username=other"))
                  .body,
              HasSubstr("Sorry, this stream has an owner."));
}

TEST_F(InthingEmulatorTest, TellsTheLedgerOfTheEventsInAPost) {
  for (const char* id : {"event001", "event002", "event003"})
    ledger_.Published(id, "d", true);
  Post("title=event001");
  Post("title=2+events+from+1+devices&description=-+event002%0A-+event003");
  const DestinationReport report = ledger_.Report().destinations[0];
  EXPECT_EQ(report.received, 3);
  EXPECT_EQ(report.missing, 0);
  const json::value status = json::parse(emulator_->StatusJson());
  EXPECT_EQ(status.at("posts"), 2);
  EXPECT_EQ(status.at("digests"), 1);
}

TEST_F(InthingEmulatorTest, FailsInTheServicesWords) {
  Fault fault;
  fault.status = 429;
  EXPECT_THAT(emulator_->FaultAnswer(fault).body, HasSubstr("ratelimited"));
  fault.status = 500;
  EXPECT_THAT(emulator_->FaultAnswer(fault).body, HasSubstr("<html"));
  EXPECT_EQ(Get("/e/none/").status, 404);
  EXPECT_EQ(Get("/api/new-event/").status, 200);
}

}  // namespace
}  // namespace sluice::sandbox
