// What the emulated inthing.io keeps on disk.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/inthing/inthing_emulator.h"
#include "tools/sandbox/journaled_emulator.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

const char kNew[] = R"({"jsonrpc":"2.0","method":"stream.new","id":2})";

class InthingStateTest : public ::testing::Test {
 protected:
  InthingStateTest() {
    journal_.folder = absl::StrCat(
        ::testing::TempDir(), "/inthing-state-",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(journal_.folder);
    Restart();
  }
  ~InthingStateTest() override { emulator_->Stop(); }

  void Restart() {
    if (emulator_ != nullptr) emulator_->Stop();
    emulator_.reset();
    executor_.Advance(absl::Hours(1));
    emulator_ = JournaledEmulator::Create(
                    std::make_unique<InthingEmulator>(options_, &ledger_),
                    journal_, executor_.Now())
                    .value();
    emulator_->Start("http://127.0.0.1:8083", &executor_);
  }
  auto JournalSize() const {
    return std::filesystem::file_size(journal_.folder + "/inthing.journal");
  }

  HttpResponse Say(
      const std::string& method, const std::string& target,
      const std::string& body = "",
      const std::string& type = "application/x-www-form-urlencoded") {
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(
        MakeRequest(method, target, {{"Content-Type", type}}, body), responder);
    return *responder->answer;
  }
  HttpResponse Control(const std::string& method, const std::string& path,
                       const std::string& body = "") {
    auto responder = std::make_shared<FakeResponder>();
    EXPECT_TRUE(
        emulator_->Control(MakeRequest(method, path, {}, body), responder));
    return *responder->answer;
  }
  std::string ReadyStream() {
    return std::string(
        json::parse(emulator_->ReadyJson()).at("stream").as_string());
  }
  std::string NewStream() {
    return std::string(json::parse(Say("POST", "/api/public/", kNew).body)
                           .at("result")
                           .at("id")
                           .as_string());
  }
  std::string Post(const std::string& stream, const std::string& fields) {
    executor_.Advance(absl::Seconds(1));
    return Say("POST", "/api/new-event/?format=json",
               absl::StrCat("stream=", stream, "&", fields))
        .body;
  }
  std::string PostPicture(const std::string& stream) {
    const std::string body = absl::StrCat(
        "--b\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\n",
        stream,
        "\r\n--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nP"
        "\r\n--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage"
        "\r\n--b\r\nContent-Disposition: form-data; name=\"image\"; "
        "filename=\"p.png\"\r\n\r\n",
        std::string("\x89PNG\r\n\x1A\n\0\xff\xfe", 11), "\r\n--b--\r\n");
    return Say("POST", "/api/new-event/?format=json", body,
               "multipart/form-data; boundary=b")
        .body;
  }

  InthingOptions options_;
  JournalOptions journal_;
  ManualExecutor executor_;
  Ledger ledger_;
  std::unique_ptr<Emulator> emulator_;
};

TEST_F(InthingStateTest, IsAfterARestartAsItWasBefore) {
  const std::string claimed = NewStream();
  const std::string open = NewStream();
  Post(claimed, "title=before");
  Say("POST", "/s/" + claimed + "/claim/", "claim=yes&username=ann");
  Post(open, "title=T&description=a+%23Tag&priority=1");
  const std::string picture(
      json::parse(PostPicture(open)).at("event").at("id").as_string());
  Control("POST", "/inthing/streams",
          R"({"user":"bob","title":"Bob's","password":"p"})");
  Control("POST", "/inthing/settings", R"({"mode":"permissive"})");
  EXPECT_THAT(Post("/bob/bobs/", "password=p&title=T&type=strange"),
              HasSubstr(R"("status":"ok")"));

  const std::vector<std::string> pages = {
      "/",
      "/s/" + open + "/",
      "/s/" + claimed + "/",
      "/bob",
      "/bob/bobs/",
      "/e/" + picture + "/",
      "/in/uploads/" + open + "/" + picture + ".png",
      "/tag/tag/"};
  const auto read = [&] {
    std::vector<std::string> answers = {emulator_->ReadyJson()};
    for (const std::string& path : pages) {
      const HttpResponse answer = Say("GET", path);
      answers.push_back(absl::StrCat(path, " ", answer.status, answer.body));
    }
    for (const std::string& id : {claimed, open, ReadyStream()}) {
      answers.push_back(
          Control("GET", "/inthing/streams/" + id + "/events").body);
    }
    return answers;
  };
  const std::vector<std::string> before = read();
  EXPECT_THAT(before[7], HasSubstr(".png 200\x89PNG"));
  for (int i = 0; i < 2; ++i) {
    Restart();
    EXPECT_EQ(read(), before);
  }
  // Reading changed nothing, and it goes on from there.
  const auto size = JournalSize();
  read();
  EXPECT_EQ(JournalSize(), size);
  const std::string next = NewStream();
  Restart();
  EXPECT_EQ(Say("GET", "/s/" + next + "/").status, 200);
}

TEST_F(InthingStateTest, ShowsANewPasswordOnceEvenOverARestart) {
  const std::string id = NewStream();
  Say("POST", "/s/" + id + "/claim/", "claim=yes&username=ann");
  const std::string path = "/ann/" + id + "/";
  Restart();
  EXPECT_THAT(Say("HEAD", path).body, HasSubstr("shown only now"));
  EXPECT_THAT(Say("GET", path).body, HasSubstr("shown only now"));
  Restart();
  EXPECT_THAT(Say("GET", path).body, Not(HasSubstr("shown only now")));
}

TEST_F(InthingStateTest, GoesOnCountingTowardsTheLimits) {
  const std::string id = NewStream();
  options_.limits.minute = absl::Hours(10);
  Restart();
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(Post(id, "title=T"), HasSubstr("ok"));
    if (i == 5) Restart();
  }
  Restart();
  EXPECT_THAT(Post(id, "title=T"), HasSubstr("ratelimited"));
}

TEST_F(InthingStateTest, KeepsStreamsHoweverTheirMethodIsWritten) {
  Say("POST", "/api/public/",
      R"({"jsonrpc":"2.0","method":"stream\u002enew","id":2})");
  Restart();
  EXPECT_THAT(emulator_->StatusJson(), HasSubstr("\"streams\":2"));
}

TEST_F(InthingStateTest, WritesDownNothingThatChangesNothing) {
  const auto size = JournalSize();
  EXPECT_THAT(Post("4d9f242c-0805-11e6-8d28-fb90f1f704e0", "title=T"),
              HasSubstr(R"("status":"fail")"));
  Say("POST", "/api/private/",
      R"({"jsonrpc":"2.0","method":"events.get_updates","id":1,)"
      R"("params":{"source":"stream-1"}})");
  Say("POST", "/api/public/",
      R"({"jsonrpc":"2.0","method":"greet","id":1,"params":{"who":"you"}})");
  Say("GET", "/");
  Control("GET", "/inthing/streams/" + ReadyStream() + "/events");
  Control("POST", "/inthing/streams", R"({"user":"in"})");
  EXPECT_EQ(JournalSize(), size);
}

TEST_F(InthingStateTest, ForgetsWhatWasReset) {
  Post(ReadyStream(), "title=T&password=sandbox1");
  NewStream();
  Control("POST", "/inthing/reset");
  Restart();
  EXPECT_THAT(emulator_->StatusJson(), HasSubstr("\"streams\":1"));
}

TEST_F(InthingStateTest, TellsTheLedgerNothingOfEarlierRuns) {
  Post(ReadyStream(), "title=T&password=sandbox1");
  ledger_.Reset();
  Restart();
  EXPECT_EQ(ledger_.Totals().destinations[0].unknown, 0);
}

TEST_F(InthingStateTest, SaysItsOwnErrorWhenNothingMoreFits) {
  journal_.max_bytes = static_cast<int64_t>(JournalSize());
  Restart();
  const HttpResponse post =
      Say("POST", "/api/new-event/?format=json", "title=T");
  EXPECT_EQ(post.status, 503);
  EXPECT_EQ(json::parse(post.body).at("status"), "error");
  EXPECT_THAT(post.body, HasSubstr("inthing.journal"));
  const HttpResponse control =
      Control("POST", "/inthing/streams", R"({"user":"bob"})");
  EXPECT_EQ(control.status, 503);
  EXPECT_TRUE(json::parse(control.body).as_object().contains("error"));
  EXPECT_THAT(emulator_->StatusJson(), HasSubstr("\"streams\":1"));
}

}  // namespace
}  // namespace sluice::sandbox
