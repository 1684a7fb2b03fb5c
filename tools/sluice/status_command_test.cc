#include "tools/sluice/status_command.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/admin_server.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

// One pipeline, with three events for one sink.
class SmallProcess final : public Process {
 public:
  void Stop(absl::Duration) override {}
  admin::v1::ProcessStatus Status() const override {
    if (++asked_ == 3 && !asked_thrice_.HasBeenNotified()) {
      asked_thrice_.Notify();
    }
    admin::v1::ProcessStatus status;
    admin::v1::PipelineStatus* pipeline = status.add_pipelines();
    pipeline->set_name("office");
    admin::v1::SinkStatus* sink = pipeline->add_sinks();
    sink->set_name("room-feed");
    sink->set_delivered(3);
    return status;
  }
  void WhenFinished(absl::AnyInvocable<void()>) override {}

  void WaitUntilAskedThrice() { asked_thrice_.WaitForNotification(); }

 private:
  mutable std::atomic<int> asked_{0};
  mutable absl::Notification asked_thrice_;
};

class StatusCommandTest : public testing::Test {
 protected:
  StatusCommandTest() {
    char folder[] = "/tmp/status_command_test.XXXXXX";
    folder_ = mkdtemp(folder);
    options_.admin.data_dir = folder_;
    AdminSpec spec;
    spec.listen = "unix:" + folder_ + "/admin.sock";
    admin::v1::ProcessInfo info;
    info.add_pipelines("office");
    server_ = AdminServer::Start(spec, &process_, std::move(info)).value();
  }
  ~StatusCommandTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  int Run() { return RunStatus(options_, out_, err_); }

  std::string folder_;
  SmallProcess process_;
  std::unique_ptr<AdminServer> server_;
  StatusOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(StatusCommandTest, ShowsTheLedger) {
  EXPECT_EQ(Run(), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("pipeline office"));
  EXPECT_THAT(out_.str(), HasSubstr("room-feed  3"));
}

TEST_F(StatusCommandTest, SpeaksJson) {
  options_.output = OutputFormat::kJson;
  ASSERT_EQ(Run(), kExitOk) << err_.str();
  const boost::json::value status = boost::json::parse(out_.str());
  EXPECT_EQ(status.at("pipelines").at(0).at("sinks").at(0).at("delivered"), 3);
}

TEST_F(StatusCommandTest, WatchesUntilTheProcessIsGone) {
  options_.watch = absl::Milliseconds(200);
  int code = -1;
  std::thread watch([&] { code = Run(); });
  process_.WaitUntilAskedThrice();
  server_.reset();
  watch.join();
  EXPECT_EQ(code, kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("room-feed delivered 3"));
}

TEST_F(StatusCommandTest, SaysWhichPipelineThereIs) {
  options_.pipelines = {"ofice"};
  EXPECT_EQ(Run(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean \"office\"?"));
}

TEST_F(StatusCommandTest, SaysThatNobodyAnswers) {
  server_.reset();
  EXPECT_EQ(Run(), kExitFailure);
  EXPECT_THAT(err_.str(),
              HasSubstr("nobody answers at unix:" + folder_ + "/admin.sock"));
}

TEST_F(StatusCommandTest, SaysWhatIsMissingOnTheCommandLine) {
  options_.admin = {};
  EXPECT_EQ(Run(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--data-dir DIR"));
  options_.admin = {.address = "10.0.0.1:7", .insecure_loopback = true};
  EXPECT_EQ(Run(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("no loopback address"));
  options_.admin = {.address = "10.0.0.1:7", .token_file = "/none"};
  EXPECT_EQ(Run(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--token-file: /none cannot be read"));
}

}  // namespace
}  // namespace sluice
