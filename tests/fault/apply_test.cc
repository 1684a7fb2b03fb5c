// A hundred changes of the configuration while events flow and things go wrong.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "proto/admin/v1/config.grpc.pb.h"
#include "proto/admin/v1/pipelines.grpc.pb.h"
#include "proto/admin/v1/sinks.grpc.pb.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::fault {
namespace {

namespace v1 = admin::v1;

constexpr int kApplies = 100;
constexpr int kReadingsPerSecond = 200;
constexpr absl::Duration kDrainLimit = absl::Seconds(90);

// A second pipeline, so that the first gets another share of the memory.
constexpr char kSidePipeline[] = R"(  side:
    sources: {g: {generate: {rate: 50}}}
    sinks: {n: {"null": {}}}
)";

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ApplyTest : public SandboxPipelineTest {
 protected:
  void StartProcess() {
    // The path of a socket is short.
    char folder[] = "/tmp/apply_test.XXXXXX";
    socket_folder_ = mkdtemp(folder);
    const std::string address = "unix:" + socket_folder_ + "/admin.sock";
    RunOptions options = Options();
    base_ = absl::StrCat("admin: {listen: \"", address, "\"}\n",
                         ReadAll(options.config));
    options.config = Write("applied.yaml", base_);
    process_ = std::make_unique<SluiceProcess>(options);
    ASSERT_TRUE(process_->WaitReady());
    const auto channel =
        grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    configs_ = v1::ConfigService::NewStub(channel);
    pipelines_ = v1::PipelineService::NewStub(channel);
    sinks_ = v1::SinkService::NewStub(channel);
  }

  // Another configuration of the same pipeline; the same dice, the same one.
  std::string Variant(Dice& dice) const {
    std::string text = absl::StrReplaceAll(
        base_, {{"reconnect_max: 300ms",
                 absl::StrCat("reconnect_max: ", 300 + dice.Roll(2), "ms")},
                {"retry: {initial: 50ms",
                 absl::StrCat("retry: {initial: ", 50 + dice.Roll(3), "ms")},
                {"max_bytes: 1MiB",
                 absl::StrCat("max_bytes: ", 1 + dice.Roll(2), "MiB")}});
    if (dice.Roll(4) == 0) text += kSidePipeline;
    if (dice.Roll(4) == 0) {
      absl::StrReplaceAll(
          {{"  main:\n", "  main:\n    log: {max_bytes: 9GiB}\n"}}, &text);
    }
    return text;
  }

  grpc::Status Apply(const std::string& text,
                     v1::ApplyConfigResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::minutes(2));
    v1::ApplyConfigRequest request;
    request.set_text(text);
    request.mutable_grace()->set_seconds(2);
    return configs_->ApplyConfig(&context, request, response);
  }

  // Lets something go wrong.
  void Trouble(Dice& dice) {
    sandbox::Fault fault;
    fault.service = "feed";
    fault.method = "POST";
    switch (dice.Roll(6)) {
      case 0:
        fault.status = 503;
        fault.count = 2;
        break;
      case 1:
        fault.kind = sandbox::FaultKind::kLoseAnswer;
        fault.count = 1;
        break;
      case 2:
        fault.kind = sandbox::FaultKind::kSlow;
        fault.delay = absl::Milliseconds(200);
        fault.count = 5;
        break;
      case 3:
        Control("POST", "/streams/cut", R"({"how": "reset"})");
        return;
      default:
        return;
    }
    sandbox().faults().Add(fault);
  }

  // Stops some of the pipeline and lets it go on.
  void PauseAndResume(Dice& dice) {
    grpc::Status status;
    v1::PipelineStatus after;
    {
      grpc::ClientContext context;
      if (dice.Roll(2) == 0) {
        v1::PausePipelineRequest request;
        request.set_pipeline("main");
        status = pipelines_->PausePipeline(&context, request, &after);
      } else {
        v1::PauseSinkRequest request;
        request.set_pipeline("main");
        request.set_sink("room-feed");
        status = sinks_->PauseSink(&context, request, &after);
      }
    }
    ASSERT_TRUE(status.ok()) << status.error_message();
    {
      grpc::ClientContext context;
      v1::ResumePipelineRequest request;
      request.set_pipeline("main");
      status = pipelines_->ResumePipeline(&context, request, &after);
    }
    ASSERT_TRUE(status.ok()) << status.error_message();
    {
      grpc::ClientContext context;
      v1::ResumeSinkRequest request;
      request.set_pipeline("main");
      request.set_sink("room-feed");
      status = sinks_->ResumeSink(&context, request, &after);
    }
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  void TearDown() override {
    process_.reset();
    if (!socket_folder_.empty()) std::filesystem::remove_all(socket_folder_);
    SandboxPipelineTest::TearDown();
  }

  std::string socket_folder_;
  std::string base_;
  std::unique_ptr<SluiceProcess> process_;
  std::unique_ptr<v1::ConfigService::Stub> configs_;
  std::unique_ptr<v1::PipelineService::Stub> pipelines_;
  std::unique_ptr<v1::SinkService::Stub> sinks_;
};

TEST_F(ApplyTest, LosesAndDoublesNothingThroughAHundredChanges) {
  Dice dice(CampaignSeed());
  ASSERT_NO_FATAL_FAILURE(StartProcess());
  Control("POST", "/devices/start",
          absl::StrCat("{\"rate\":", kReadingsPerSecond, "}"));
  size_t changes = 0;
  uint64_t generation = 1;
  for (int i = 0; i < kApplies && !HasFailure(); ++i) {
    Trouble(dice);
    v1::ApplyConfigResponse response;
    if (dice.Roll(10) == 0) {
      const grpc::Status refused =
          Apply(absl::StrCat(base_, "      broken: {feed: {}}\n"), &response);
      EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
          << refused.error_message();
    }
    if (dice.Roll(10) == 0) PauseAndResume(dice);
    const grpc::Status applied = Apply(Variant(dice), &response);
    ASSERT_TRUE(applied.ok()) << applied.error_message();
    EXPECT_EQ(response.generation(), ++generation);
    changes += response.changes().size();
  }
  v1::ApplyConfigResponse response;
  const grpc::Status applied = Apply(base_, &response);
  ASSERT_TRUE(applied.ok()) << applied.error_message();
  Control("POST", "/devices/stop");

  EXPECT_TRUE(WaitDelivered(*process_, kDrainLimit)) << process_->last_line();
  EXPECT_EQ(process_->Stop(), 0);
  const FileVerdict file = ExpectAllDelivered(*process_);
  ExpectSoundLog();
  std::cout << Published() << " events through " << kApplies << " applies with "
            << changes << " changes of components; repeats: feed "
            << Feed().repeated << ", file " << file.repeated << "; faults "
            << sandbox().faults().fired("feed") << std::endl;
  EXPECT_GT(changes, size_t{kApplies});
}

}  // namespace
}  // namespace sluice::fault
