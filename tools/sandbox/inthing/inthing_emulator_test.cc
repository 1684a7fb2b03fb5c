#include "tools/sandbox/inthing/inthing_emulator.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
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
  ~InthingEmulatorTest() override { emulator_->Stop(); }

  void Restart(InthingOptions options) {
    if (emulator_ != nullptr) emulator_->Stop();
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
  HttpResponse Control(const std::string& method, const std::string& path,
                       const std::string& body = "") {
    auto responder = std::make_shared<FakeResponder>();
    EXPECT_TRUE(
        emulator_->Control(MakeRequest(method, path, {}, body), responder));
    return *responder->answer;
  }
  void SetMode(const std::string& mode) {
    EXPECT_EQ(
        Control("POST", "/inthing/settings", R"({"mode":")" + mode + "\"}")
            .status,
        200);
  }
  json::value Updates(const std::string& params) {
    return json::parse(
               Say(MakeRequest(
                       "POST", "/api/private/", {},
                       R"({"jsonrpc":"2.0","method":"events.get_updates",)"
                       R"("id":1,"params":)" +
                           params + "}"))
                   .body)
        .at("result")
        .at("events");
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

TEST_F(InthingEmulatorTest, GreetsWhoeverHasAShortName) {
  const auto greet = [this](const std::string& params) {
    return Rpc(R"({"jsonrpc":"2.0","method":"greet","id":1,"params":)" +
               params + "}");
  };
  EXPECT_EQ(greet("{}").at("result"), "Hello, World!");
  EXPECT_EQ(greet(R"({"who":"Zoë"})").at("result"), "Hello, Zoë!");
  const json::value error = greet(R"({"who":"somebody unknown"})").at("error");
  EXPECT_EQ(error.at("code"), 1);
  EXPECT_EQ(error.at("data").at("foo"), "bar");
}

TEST_F(InthingEmulatorTest, ANotificationIsAnsweredAsTheModeSays) {
  const std::string notification = R"({"jsonrpc":"2.0","method":"greet"})";
  const auto say = [&] {
    return Say(MakeRequest("POST", "/api/public/", {}, notification)).body;
  };
  EXPECT_EQ(say(), "{}");
  SetMode("strict");
  EXPECT_EQ(say(), "");
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
  const json::value posted = Post(
      "title=Code&type=code&text=if+a+%3C+b:&time=1000000000&"
      "code_language=Python");
  const std::string page = Get(PathOf(posted)).body;
  EXPECT_THAT(page, HasSubstr("<pre><code class=\"language-python\"><span "
                              "class=\"k\">if</span> a &lt; b:</code></pre>"));
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
  const json::value event =
      json::parse(
          Control("GET", "/inthing/streams/" + stream_ + "/events").body)
          .at("events")
          .at(0);
  EXPECT_EQ(event.at("image").at("part_type"), "('image/png', None)");
  EXPECT_EQ(event.at("image").at("name"), "p.png");
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
  EXPECT_EQ(Control("POST", "/inthing/settings",
                    R"({"limit_factor": 0.05, "limit_minute": 3})")
                .status,
            200);
  executor_.Advance(absl::Seconds(60));
  EXPECT_EQ(Post("title=t").at("status"), "ok");
  EXPECT_EQ(Post("title=t").at("msg"),
            "you have exceeded the maximum of 1 requests in 3 seconds");
  for (const char* wrong :
       {R"({"limit_factor": 0})", R"({"limit_minute": 0})"}) {
    EXPECT_EQ(Control("POST", "/inthing/settings", wrong).status, 400) << wrong;
  }
  options.limits.enabled = false;
  Restart(options);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Post("title=t").at("status"), "ok");
}

TEST_F(InthingEmulatorTest, GivesAClaimedStreamAPassword) {
  const std::string id = NewStream();
  const auto claim = [this](const std::string& stream,
                            const std::string& fields) {
    return Say(MakeRequest("POST", "/s/" + stream + "/claim/", {}, fields));
  };
  EXPECT_THAT(Get("/s/" + id + "/claim/").body, HasSubstr("username"));
  for (const char* name : {"api", "Dash", "a+b", "", "%3Cb%3E"}) {
    EXPECT_THAT(claim(id, absl::StrCat("claim=yes&username=", name)).body,
                HasSubstr("cannot be used"))
        << name;
  }
  EXPECT_EQ(FindHeader(claim(id, "claim=no").headers, "Location"),
            "/s/" + id + "/");
  const HttpResponse claimed = claim(id, "claim=yes&username=will");
  EXPECT_EQ(claimed.status, 303);
  const std::string path = "/will/" + id + "/";
  EXPECT_EQ(FindHeader(claimed.headers, "Location"), path);
  // The page shows the password once.
  const std::string page = Get(path).body;
  const std::string mark = "class=\"secret\">";
  const size_t begin = page.find(mark) + mark.size();
  const std::string password =
      page.substr(begin, page.find('<', begin) - begin);
  EXPECT_EQ(password.size(), 8u);
  EXPECT_THAT(page, HasSubstr("<strong>will</strong> claimed stream"));
  EXPECT_THAT(Get(path).body, Not(HasSubstr(password)));
  const std::string post = "title=t&stream=" + id;
  EXPECT_EQ(Submit("/api/new-event/?format=json", post).at("status"), "fail");
  EXPECT_EQ(
      Submit("/api/new-event/?format=json", post + "&password=" + password)
          .at("status"),
      "ok");
  EXPECT_EQ(Submit(path + "add/?format=json", "title=t&password=" + password)
                .at("status"),
            "ok");
  EXPECT_THAT(claim(id, "claim=yes&username=other").body,
              HasSubstr("Sorry, this stream has an owner."));
  for (int i = 1; i < 10; ++i) {
    EXPECT_EQ(claim(NewStream(), "claim=yes&username=will").status, 303);
  }
  EXPECT_THAT(claim(NewStream(), "claim=yes&username=will").body,
              HasSubstr("you have reached your limit"));
  EXPECT_THAT(Get("/will").body, HasSubstr(path));
  EXPECT_EQ(FindHeader(Get("/will/").headers, "Location"), "/will");
}

TEST_F(InthingEmulatorTest, StrictIsAsTheSiteWas) {
  SetMode("strict");
  const auto status = [this](const std::string& path, const std::string& body) {
    return Say(MakeRequest("POST", path, {}, body)).status;
  };
  const std::string id = NewStream();
  const std::string api = "/api/new-event/?format=json";
  const std::string title = "&title=t";
  EXPECT_EQ(status(api, "title=t"), 500);
  EXPECT_EQ(status(api, "stream=https://x/s/" + id + "/" + title), 500);
  EXPECT_EQ(status("/s/" + id + "/add/?format=json", "title=t"), 500);
  EXPECT_EQ(Submit(api, "stream=" + absl::AsciiStrToUpper(id) + title)
                .at("field_errors")
                .at("stream")
                .at(0),
            "stream does not exist");
  const std::string to = "stream=" + id + title;
  EXPECT_EQ(Submit(api, to + "&priority=x").at("status"), "error");
  for (const char* odd : {"&type=meta", "&type=x", "&markup=rst", "&priority=9",
                          "&code_language=rust", "&time=noon"}) {
    EXPECT_EQ(Submit(api, to + odd).at("status"), "ok") << odd;
  }
  EXPECT_EQ(Submit(api, "stream=" + id + "&title=" + std::string(200, 'x'))
                .at("status"),
            "ok");
}

TEST_F(InthingEmulatorTest, LenientNamesWhatTheSiteBrokeAt) {
  const auto field = [this](const std::string& more) {
    const json::value answer = Post("title=t" + more);
    return answer.at("status") == "fail"
               ? std::string(
                     answer.at("field_errors").as_object().begin()->key())
               : std::string();
  };
  EXPECT_EQ(field("&type=meta"), "type");
  EXPECT_EQ(field("&markup=rst"), "markup");
  EXPECT_EQ(field("&priority=9"), "priority");
  EXPECT_EQ(field("&priority=x"), "priority");
  EXPECT_EQ(field("&priority=%2B2"), "");
  EXPECT_EQ(field("&code_language=rust"), "code_language");
  EXPECT_EQ(field("&time=noon"), "time");
  EXPECT_EQ(field("&time=1e300"), "time");
  EXPECT_EQ(field("&generator=" + std::string(101, 'x')), "generator");
  EXPECT_EQ(field("&description=" + std::string(16'385, 'x')), "description");
  EXPECT_EQ(field("&text=" + std::string(65'537, 'x')), "text");
  SetMode("permissive");
  EXPECT_EQ(field("&type=x&markup=rst&priority=9"), "");
  EXPECT_EQ(field("&priority=x"), "priority");
  EXPECT_EQ(Control("POST", "/inthing/settings", R"({"mode":"x"})").status,
            400);
}

TEST_F(InthingEmulatorTest, CountsEachSpellingApartIfTheSiteDid) {
  executor_.Advance(
      absl::Seconds(900 - absl::ToUnixSeconds(executor_.Now()) % 900));
  const auto post = [this](const char* name) {
    return Submit(
               "/api/new-event/?format=json",
               absl::StrCat("title=t&stream=", name, "&password=", password_))
        .at("status");
  };
  for (int i = 0; i < 20; ++i) Post("title=t");
  EXPECT_EQ(post("/sluice/sandbox/"), "ratelimited");
  SetMode("strict");
  EXPECT_EQ(post("/sluice/sandbox/"), "ok");
}

TEST_F(InthingEmulatorTest, ShowsAFormAndWhatCameOfIt) {
  const std::string id = NewStream();
  EXPECT_THAT(Get("/api/new-event/").body, HasSubstr("name=\"stream\""));
  const std::string form = Get("/s/" + id + "/add/").body;
  EXPECT_THAT(form, Not(HasSubstr("name=\"stream\"")));
  EXPECT_THAT(form, Not(HasSubstr("name=\"password\"")));
  const HttpResponse result = Say(
      MakeRequest("POST", "/s/" + id + "/add/", {}, "title=%3Cb%3E&text=x"));
  EXPECT_THAT(result.body, HasSubstr("&quot;status&quot;:&quot;ok&quot;"));
  EXPECT_EQ(FindHeader(result.headers, "Content-Type"),
            "text/html; charset=utf-8");
}

TEST_F(InthingEmulatorTest, ListsEventsByTag) {
  Post("title=Warm&description=%23Room_12+and+%23warm+a%23b+http://x/%23no");
  const std::string page = Get("/tag/room_12/").body;
  EXPECT_THAT(page, HasSubstr("Warm"));
  EXPECT_THAT(page, HasSubstr("href=\"/tag/warm/\""));
  EXPECT_THAT(Get("/tag/no/").body, HasSubstr("No event has this tag"));
  EXPECT_THAT(Get("/tag/b/").body, HasSubstr("No event has this tag"));
  EXPECT_EQ(FindHeader(Get("/tag/Room_12/").headers, "Location"),
            "/tag/room_12/");
}

TEST_F(InthingEmulatorTest, TellsPagesWhatIsNew) {
  const std::string page = Get("/sluice/sandbox/").body;
  const std::string mark = "data-source=\"";
  const size_t begin = page.find(mark) + mark.size();
  const std::string source = page.substr(begin, page.find('"', begin) - begin);
  auto watcher = std::make_shared<FakeResponder>();
  emulator_->Handle(MakeRequest("GET", "/s/" + stream_ + "/live/"), watcher);
  EXPECT_TRUE(watcher->streaming);
  for (const char* title : {"one", "two", "three"}) {
    Post(absl::StrCat("title=", title, "&description=%23x"));
  }
  EXPECT_THAT(watcher->written, HasSubstr("update-stream"));
  const json::value events =
      Updates(R"({"source":")" + source + R"(","order":0,"max_results":2})");
  ASSERT_EQ(events.as_array().size(), 2u);
  EXPECT_THAT(std::string(events.at(0).at("html").as_string()),
              HasSubstr(">three</a>"));
  EXPECT_EQ(Updates(R"({"source":"tag-x"})").as_array().size(), 3u);
  EXPECT_EQ(Updates(R"({"source":"user-sluice"})").as_array().size(), 4u);
  EXPECT_EQ(Updates(R"({"source":"user-sluice","new":false,"order":2})")
                .as_array()
                .size(),
            1u);
  EXPECT_EQ(Updates(R"({"source":"stream-9999"})").as_array().size(), 0u);
  EXPECT_EQ(Updates(R"({"source":"tag-x","order":1e300})").as_array().size(),
            0u);
}

TEST_F(InthingEmulatorTest, KnowsNoOtherMethods) {
  const HttpResponse response = Say(MakeRequest("PUT", "/"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FindHeader(response.headers, "Allow"), "GET, HEAD, POST");
}

TEST_F(InthingEmulatorTest, BytesThatAreNoTextBecomeText) {
  const json::value posted = Post("title=%FF&description=%C3&generator=a%80");
  EXPECT_EQ(posted.at("status"), "ok");
  EXPECT_THAT(Get(PathOf(posted)).body, HasSubstr("\uFFFD"));
  EXPECT_EQ(Get("/%FF/%00/").status, 404);
}

TEST_F(InthingEmulatorTest, ANameOfAHostThatIsNoneIsNotRepeated) {
  HttpServerRequest request = MakeRequest(
      "POST", "/api/new-event/?format=json", {{"Host", "evil\" onclick="}},
      "title=t&stream=" + stream_ + "&password=" + password_);
  auto responder = std::make_shared<FakeResponder>();
  emulator_->Handle(std::move(request), responder);
  EXPECT_THAT(responder->answer->body, HasSubstr("http://127.0.0.1:8083/e/"));
}

TEST_F(InthingEmulatorTest, TestsMakeStreamsAndSeeWhatIsStored) {
  const json::value made = json::parse(
      Control("POST", "/inthing/streams",
              R"({"user":"will","title":"My -- Test!","password":"daffodil"})")
          .body);
  EXPECT_EQ(made.at("path"), "/will/my-test/");
  EXPECT_EQ(made.at("password"), "daffodil");
  Submit("/api/new-event/?format=json",
         "stream=/will/my-test/&password=daffodil&title=T&description=%23x");
  const std::string id(made.at("id").as_string());
  const json::value events =
      json::parse(Control("GET", "/inthing/streams/" + id + "/events").body)
          .at("events");
  ASSERT_EQ(events.as_array().size(), 2u);
  EXPECT_EQ(events.at(0).at("title"), "T");
  EXPECT_EQ(events.at(0).at("tags").at(0), "x");
  EXPECT_THAT(json::serialize(events.at(0).at("headers")),
              HasSubstr(R"(["Host","localhost:8083"])"));
  EXPECT_EQ(events.at(1).at("type"), "meta");
  for (const char* bad :
       {R"({"user":"api"})", R"({"user":"will","title":"my test"})",
        R"({"user":"will","title":"!"})", R"({"user":7})", "{"}) {
    EXPECT_EQ(Control("POST", "/inthing/streams", bad).status, 400) << bad;
  }
  EXPECT_EQ(Control("GET", "/inthing/streams/none/events").status, 404);
  EXPECT_EQ(Control("POST", "/inthing/reset").status, 200);
  EXPECT_EQ(Get("/will/my-test/").status, 404);
  EXPECT_EQ(Post("title=t").at("status"), "ok");
}

TEST_F(InthingEmulatorTest, TellsTheLedgerOfTheEventsInAPost) {
  for (const char* id : {"event001", "event002", "event003"})
    ledger_.Published(id, "d");
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
