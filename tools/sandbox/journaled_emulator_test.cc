#include "tools/sandbox/journaled_emulator.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/feed/feed_emulator.h"
#include "tools/sandbox/ledger.h"
#include "tools/sandbox/request_journal.h"

namespace sluice::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class JournaledEmulatorTest : public ::testing::Test {
 protected:
  JournaledEmulatorTest() {
    options_.folder = absl::StrCat(
        ::testing::TempDir(), "/journal-",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(options_.folder);
    Restart();
  }

  std::string Path() const { return options_.folder + "/feed.journal"; }

  absl::Status TryRestart() {
    emulator_.reset();
    auto emulator = JournaledEmulator::Create(
        std::make_unique<FeedEmulator>(FeedOptions(), &ledger_), options_,
        executor_.Now());
    if (!emulator.ok()) return emulator.status();
    emulator_ = *std::move(emulator);
    emulator_->Start("http://127.0.0.1:8082", &executor_);
    return absl::OkStatus();
  }
  void Restart() {
    const absl::Status status = TryRestart();
    ASSERT_TRUE(status.ok()) << status;
  }

  // The answer without its duration.
  boost::json::object Ask(const std::string& method, const std::string& path,
                          const std::string& body = "") {
    auto responder = std::make_shared<FakeResponder>();
    emulator_->Handle(
        MakeRequest(
            method,
            absl::StrCat("/api/v1.0/", path,
                         path.find('?') == std::string::npos ? "?" : "&",
                         "api_key=sandbox_key"),
            {{"Authorization",
              SignJwt(R"({"alg":"HS256","typ":"JWT"})",
                      R"({"resource":"*","action":"*","feed_id":"*"})",
                      FeedOptions().api_secret)}},
            body),
        responder);
    boost::json::object answer =
        boost::json::parse(responder->answer->body).get_object();
    answer.erase("duration");
    return answer;
  }

  JournalOptions options_;
  ManualExecutor executor_;
  Ledger ledger_;
  std::unique_ptr<Emulator> emulator_;
};

constexpr char kActivity[] = R"({"actor":"a","verb":"v","object":"o"})";

TEST_F(JournaledEmulatorTest, IsAfterARestartAsItWasBefore) {
  Ask("POST", "feed/user/1/", kActivity);
  executor_.Advance(absl::Seconds(1));
  Ask("POST", "feed/user/1/", R"({"verb":"refused"})");
  Ask("POST", "feed/notification/1/", kActivity);
  Ask("POST", "reaction/",
      R"({"kind":"like","activity_id":"a","user_id":"u"})");
  Ask("POST", "collections/food/", R"({"data":{"text":"\u2028 h\u00e9"}})");
  Ask("POST", "feed/timeline/1/follows/", R"({"target":"user:1"})");
  Ask("GET", "feed/notification/1/?mark_seen=true");
  const char* const paths[] = {"feed/user/1/", "feed/notification/1/",
                               "feed/timeline/1/", "feed/timeline/1/follows/",
                               "reaction/user_id/u/"};
  std::vector<boost::json::object> before;
  for (const char* path : paths) before.push_back(Ask("GET", path));
  EXPECT_EQ(before[1].at("unseen"), 0);
  executor_.Advance(absl::Hours(1));
  for (int i = 0; i < 2; ++i) {
    Restart();
    for (size_t p = 0; p < before.size(); ++p) {
      EXPECT_EQ(Ask("GET", paths[p]), before[p]) << paths[p];
    }
  }
}

TEST_F(JournaledEmulatorTest, GoesOnFromThere) {
  Ask("POST", "feed/user/1/", kActivity);
  Restart();
  Ask("POST", "feed/user/1/", kActivity);
  Restart();
  EXPECT_THAT(Ask("GET", "feed/user/1/").at("results").as_array(), SizeIs(2));
}

TEST_F(JournaledEmulatorTest, WritesDownNothingThatWasRefused) {
  const auto before = std::filesystem::file_size(Path());
  Ask("POST", "feed/user/1/", R"({"verb":"refused"})");
  EXPECT_EQ(std::filesystem::file_size(Path()), before);
}

TEST_F(JournaledEmulatorTest, ChangesNothingThatItCannotKeep) {
  Ask("POST", "feed/user/1/", kActivity);
  options_.max_bytes = static_cast<int64_t>(std::filesystem::file_size(Path()));
  Restart();
  const boost::json::object full = Ask("POST", "feed/user/1/", kActivity);
  EXPECT_EQ(full.at("status_code"), 503);
  EXPECT_THAT(std::string(full.at("detail").get_string()), HasSubstr(Path()));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Ask("GET", "feed/user/1/").at("results").as_array(), SizeIs(1));
    Restart();
  }
}

TEST_F(JournaledEmulatorTest, SaysWhichLineIsNone) {
  std::ofstream(Path(), std::ios::app) << "{\"unix_nanos\":1}\n";
  const absl::Status status = TryRestart();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("line 2"));
}

}  // namespace
}  // namespace sluice::sandbox
