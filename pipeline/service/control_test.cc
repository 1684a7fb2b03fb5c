// ConfigService, PipelineService, SinkService and EventService of a real
// process, through their stubs.
#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/admin_server.h"
#include "pipeline/topology/config_loader.h"
#include "pipeline/topology/test_plugins.h"
#include "proto/admin/v1/config.grpc.pb.h"
#include "proto/admin/v1/events.grpc.pb.h"
#include "proto/admin/v1/pipelines.grpc.pb.h"
#include "proto/admin/v1/plugins.grpc.pb.h"
#include "proto/admin/v1/process.grpc.pb.h"
#include "proto/admin/v1/sinks.grpc.pb.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
namespace v1 = admin::v1;
using testing::HasSubstr;

constexpr char kViewer[] = "viewer-token-0123456789";
constexpr char kOperator[] = "operator-token-0123456789";
constexpr char kAdmin[] = "admin-token-0123456789";

class ControlTest : public testing::Test {
 protected:
  ControlTest() {
    RegisterTestPlugins(registry_);
    char folder[] = "/tmp/control_test.XXXXXX";
    folder_ = mkdtemp(folder);
    const std::string tokens = folder_ + "/tokens";
    std::ofstream(tokens) << "watcher viewer " << kViewer << "\nops operator "
                          << kOperator << "\nboss admin " << kAdmin << "\n";
    chmod(tokens.c_str(), 0600);
    Start(Config());
  }
  ~ControlTest() override {
    End();
    fs::remove_all(folder_);
  }

  // One pipeline, whose sink has this `when`; `more` stands behind it.
  std::string Config(const std::string& when = "now",
                     const std::string& more = "") const {
    return absl::StrCat(
        "data_dir: ", folder_, "/data\n",
        "admin: {listen: \"127.0.0.1:0\", insecure_loopback: true, "
        "tokens_file: ",
        folder_, "/tokens}\n",
        "pipelines:\n  office:\n    sources: {in: {ticker: {rate: 1}}}\n"
        "    sinks:\n      out: {\"null\": {when: ",
        when, "}}\n", more);
  }

  void Start(const std::string& text) {
    LoadResult config =
        LoadConfigText(text, "first.yaml", registry_, ProcessEnvironment());
    ASSERT_TRUE(config.ok()) << config.problems[0].ToString();
    const ProcessSpec& spec = config.loaded->spec;
    auto process = Process::Start(spec);
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
    ConfigOrigin origin;
    origin.registry = &registry_;
    origin.text = config.loaded->text;
    origin.file = config.loaded->file;
    origin.history = folder_ + "/data/config";
    auto server = AdminServer::Start(spec.admin, process_.get(), {}, origin);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel = grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials());
    configs_ = v1::ConfigService::NewStub(channel);
    pipelines_ = v1::PipelineService::NewStub(channel);
    sinks_ = v1::SinkService::NewStub(channel);
    events_ = v1::EventService::NewStub(channel);
    plugins_ = v1::PluginService::NewStub(channel);
  }

  void End() {
    server_.reset();
    if (process_ != nullptr) process_->Stop(absl::Seconds(1));
    process_.reset();
  }

  std::unique_ptr<grpc::ClientContext> As(const std::string& token) const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(60));
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }

  grpc::Status Apply(const std::string& text, uint64_t expected = 0,
                     bool validate_only = false) {
    v1::ApplyConfigRequest request;
    request.set_text(text);
    request.set_file("next.yaml");
    request.set_comment("because");
    request.set_expected_generation(expected);
    request.set_validate_only(validate_only);
    applied_.Clear();
    return configs_->ApplyConfig(As(kAdmin).get(), request, &applied_);
  }

  std::string Changes() const {
    std::string text;
    for (const v1::ComponentChange& change : applied_.changes()) {
      absl::StrAppend(&text, v1::ComponentChange::Action_Name(change.action()),
                      " ", change.pipeline(), ".", change.component(), "\n");
    }
    return text;
  }

  v1::PipelineStatus Office() {
    v1::PipelineStatus status;
    v1::GetPipelineRequest request;
    request.set_pipeline("office");
    const grpc::Status answer =
        pipelines_->GetPipeline(As(kViewer).get(), request, &status);
    EXPECT_TRUE(answer.ok()) << answer.error_message();
    return status;
  }

  PluginRegistry registry_;
  std::string folder_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<AdminServer> server_;
  std::unique_ptr<v1::ConfigService::Stub> configs_;
  std::unique_ptr<v1::PipelineService::Stub> pipelines_;
  std::unique_ptr<v1::SinkService::Stub> sinks_;
  std::unique_ptr<v1::EventService::Stub> events_;
  std::unique_ptr<v1::PluginService::Stub> plugins_;
  v1::ApplyConfigResponse applied_;
};

TEST_F(ControlTest, AppliesWhatDiffersAndRemembersIt) {
  ASSERT_TRUE(Apply(Config("later")).ok());
  EXPECT_EQ(applied_.generation(), 2u);
  EXPECT_EQ(Changes(), "REPLACED office.out\n");
  ASSERT_EQ(applied_.differences_size(), 1);
  EXPECT_EQ(applied_.differences(0).path(),
            "pipelines.office.sinks.out.null.when");
  EXPECT_EQ(applied_.differences(0).before(), "now");
  EXPECT_EQ(applied_.differences(0).after(), "later");

  v1::Configuration config;
  ASSERT_TRUE(configs_->GetConfig(As(kViewer).get(), {}, &config).ok());
  EXPECT_EQ(config.text(), Config("later"));
  EXPECT_EQ(config.by(), "boss");
  EXPECT_EQ(config.comment(), "because");
  v1::ListConfigsResponse list;
  ASSERT_TRUE(configs_->ListConfigs(As(kViewer).get(), {}, &list).ok());
  ASSERT_EQ(list.configs_size(), 2);
  EXPECT_TRUE(list.configs(0).current());
  EXPECT_EQ(list.configs(1).by(), "start");
  EXPECT_EQ(list.configs(1).file(), "first.yaml");
}

TEST_F(ControlTest, StartsAndStopsPipelines) {
  const std::string second =
      "  harbour:\n    sources: {in: {ticker: {rate: 1}}}\n"
      "    sinks: {out: {\"null\": {}}}\n";
  ASSERT_TRUE(Apply(Config("now", second)).ok());
  // Two share the memory of one.
  EXPECT_EQ(Changes(), "STARTED harbour.\nREPLACED office.\n");
  v1::ListPipelinesRequest page;
  page.set_page_size(1);
  v1::ListPipelinesResponse list;
  ASSERT_TRUE(pipelines_->ListPipelines(As(kViewer).get(), page, &list).ok());
  ASSERT_EQ(list.pipelines_size(), 1);
  EXPECT_EQ(list.pipelines(0).name(), "harbour");
  page.set_page_token(list.next_page_token());
  list.Clear();
  ASSERT_TRUE(pipelines_->ListPipelines(As(kViewer).get(), page, &list).ok());
  EXPECT_EQ(list.pipelines(0).name(), "office");
  EXPECT_EQ(list.next_page_token(), "");

  ASSERT_TRUE(Apply(Config()).ok());
  EXPECT_EQ(Changes(), "STOPPED harbour.\nREPLACED office.\n");
  EXPECT_EQ(process_->Status().pipelines_size(), 1);
}

TEST_F(ControlTest, OnlySaysWhatItWouldDo) {
  ASSERT_TRUE(Apply(Config("later"), 0, /*validate_only=*/true).ok());
  EXPECT_EQ(applied_.generation(), 1u);
  EXPECT_EQ(Changes(), "REPLACED office.out\n");
  ASSERT_TRUE(Apply(Config("now")).ok());
  EXPECT_EQ(Changes(), "") << "it ran already";
}

TEST_F(ControlTest, RefusesMistakesWithTheirPlaces) {
  const grpc::Status refused =
      Apply(Config("now", "      in: {\"nul\": {}}\n    size: 3\n"));
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.error_message(), HasSubstr("next.yaml:8: "));
  EXPECT_THAT(refused.error_message(), HasSubstr("next.yaml:9: "));
  EXPECT_THAT(refused.error_message(), HasSubstr("null"));
  EXPECT_EQ(Office().sinks_size(), 1);
}

TEST_F(ControlTest, RefusesWhatOnlyARestartCanChange) {
  std::string text = Config();
  text += "memory_bytes: 300MiB\n";
  const grpc::Status refused = Apply(text);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(),
              HasSubstr("memory_bytes: only a restart"));
}

TEST_F(ControlTest, BoundsWhatItKeeps) {
  v1::ApplyConfigRequest request;
  request.set_text(Config("later"));
  request.set_comment(std::string(5000, 'x'));
  EXPECT_EQ(configs_->ApplyConfig(As(kAdmin).get(), request, &applied_)
                .error_message(),
            "comment: must have at most 4096 bytes");
}

TEST_F(ControlTest, ASinkThatComesBackIsAsPausedAsItWas) {
  const std::string other = "      other: {\"null\": {}}\n";
  ASSERT_TRUE(Apply(Config("now", other)).ok());
  v1::PauseSinkRequest pause;
  pause.set_pipeline("office");
  pause.set_sink("other");
  v1::PipelineStatus status;
  ASSERT_TRUE(sinks_->PauseSink(As(kOperator).get(), pause, &status).ok());
  ASSERT_TRUE(Apply(Config()).ok());
  ASSERT_TRUE(Apply(Config("now", other)).ok());
  status = Office();
  for (const v1::SinkStatus& sink : status.sinks()) {
    EXPECT_EQ(sink.paused(), sink.name() == "other");
  }
}

TEST_F(ControlTest, RefusesAChangeMadeOnAnotherBase) {
  ASSERT_TRUE(Apply(Config("later"), 1).ok());
  const grpc::Status refused = Apply(Config("now"), 1);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(refused.error_message(), "generation 2 runs, not 1");
}

TEST_F(ControlTest, GoesBackToWhatItWasWhenALogCannotBeOpened) {
  // A file where the folder of the new pipeline has to be.
  std::ofstream(folder_ + "/data/pipelines/harbour") << "in the way";
  const grpc::Status failed =
      Apply(Config("later",
                   "  harbour:\n    sources: {in: {ticker: {rate: 1}}}\n"
                   "    sinks: {out: {\"null\": {}}}\n"));
  EXPECT_FALSE(failed.ok());
  EXPECT_THAT(failed.error_message(), HasSubstr("pipeline harbour: "));
  v1::Configuration config;
  ASSERT_TRUE(configs_->GetConfig(As(kViewer).get(), {}, &config).ok());
  EXPECT_EQ(config.generation(), 1u);
  ASSERT_TRUE(Apply(Config()).ok());
  EXPECT_EQ(Changes(), "") << "everything is as it was";
}

TEST_F(ControlTest, RollsBack) {
  ASSERT_TRUE(Apply(Config("later")).ok());
  v1::RollbackConfigRequest request;
  ASSERT_TRUE(
      configs_->RollbackConfig(As(kAdmin).get(), request, &applied_).ok());
  EXPECT_EQ(applied_.generation(), 3u);
  v1::Configuration config;
  ASSERT_TRUE(configs_->GetConfig(As(kViewer).get(), {}, &config).ok());
  EXPECT_EQ(config.text(), Config("now"));
  EXPECT_EQ(config.comment(), "back to generation 1");
  request.set_generation(17);
  EXPECT_EQ(configs_->RollbackConfig(As(kAdmin).get(), request, &applied_)
                .error_message(),
            "there is no generation 17; those from 1 to 3 are kept");
}

TEST_F(ControlTest, PausesUntilItIsResumedAlsoAcrossRestarts) {
  v1::PausePipelineRequest pause;
  pause.set_pipeline("office");
  v1::PipelineStatus status;
  ASSERT_TRUE(
      pipelines_->PausePipeline(As(kOperator).get(), pause, &status).ok());
  EXPECT_EQ(status.state(), v1::PIPELINE_PAUSED);
  End();
  Start(Config());
  EXPECT_EQ(Office().state(), v1::PIPELINE_PAUSED);
  EXPECT_EQ(Office().sinks(0).health().message(), "paused by an operator");
  ASSERT_TRUE(Apply(Config("later")).ok());
  EXPECT_EQ(Office().state(), v1::PIPELINE_PAUSED);

  v1::ResumePipelineRequest resume;
  resume.set_pipeline("office");
  ASSERT_TRUE(
      pipelines_->ResumePipeline(As(kOperator).get(), resume, &status).ok());
  EXPECT_EQ(status.state(), v1::PIPELINE_RUNNING);
  End();
  Start(Config("later"));
  EXPECT_EQ(Office().state(), v1::PIPELINE_RUNNING);
}

TEST_F(ControlTest, PausesASink) {
  v1::PauseSinkRequest pause;
  pause.set_pipeline("office");
  pause.set_sink("ot");
  v1::PipelineStatus status;
  const grpc::Status unknown =
      sinks_->PauseSink(As(kOperator).get(), pause, &status);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(unknown.error_message(), HasSubstr("did you mean \"out\"?"));
  pause.set_sink("out");
  ASSERT_TRUE(sinks_->PauseSink(As(kOperator).get(), pause, &status).ok());
  EXPECT_TRUE(status.sinks(0).paused());
  v1::ResumeSinkRequest resume;
  resume.set_pipeline("office");
  resume.set_sink("out");
  ASSERT_TRUE(sinks_->ResumeSink(As(kOperator).get(), resume, &status).ok());
  EXPECT_FALSE(status.sinks(0).paused());
}

TEST_F(ControlTest, TellsOfADrainUntilItIsDone) {
  v1::DrainPipelineRequest request;
  request.set_pipeline("office");
  const auto context = As(kOperator);
  const auto reader = pipelines_->DrainPipeline(context.get(), request);
  v1::DrainPipelineResponse drain;
  while (reader->Read(&drain)) {
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(drain.done());
  EXPECT_EQ(drain.sinks(0).name(), "out");
  EXPECT_EQ(Office().state(), v1::PIPELINE_DRAINING);
}

TEST_F(ControlTest, KnowsItsPipelines) {
  v1::PausePipelineRequest pause;
  pause.set_pipeline("ofice");
  v1::PipelineStatus status;
  const grpc::Status unknown =
      pipelines_->PausePipeline(As(kOperator).get(), pause, &status);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(unknown.error_message(), HasSubstr("did you mean \"office\"?"));
  pause.set_pipeline("office");
  pause.mutable_grace()->set_seconds(-1);
  EXPECT_EQ(pipelines_->PausePipeline(As(kOperator).get(), pause, &status)
                .error_message(),
            "grace: must be from 0s to 5m");
}

TEST_F(ControlTest, DeletesAPipelineThatIsGoneIfNothingIsLost) {
  ASSERT_TRUE(Apply(Config("now",
                           "  harbour:\n    sources: {in: {ticker: {rate: 1}}}"
                           "\n    sinks: {out: {\"null\": {}}}\n"))
                  .ok());
  absl::Notification stored;
  ASSERT_TRUE(
      process_
          ->PostToLog("harbour",
                      [&stored](EventLog& log) {
                        AppendRequest request;
                        request.dead_letters.emplace_back().set_component("in");
                        EXPECT_TRUE(
                            log.Append(request, Durability::kDurable).ok());
                        stored.Notify();
                      })
          .ok());
  stored.WaitForNotification();
  ASSERT_TRUE(Apply(Config()).ok());
  v1::ListPipelinesResponse list;
  ASSERT_TRUE(pipelines_->ListPipelines(As(kViewer).get(), {}, &list).ok());
  EXPECT_THAT(list.removed(), testing::ElementsAre("harbour"));

  v1::DeletePipelineRequest request;
  request.set_pipeline("harbour");
  v1::DeletePipelineResponse response;
  const grpc::Status refused =
      pipelines_->DeletePipeline(As(kAdmin).get(), request, &response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(refused.error_message(),
            "pipeline harbour: events that wait for its sinks: 0, dead "
            "letters: 1; run it again until there are none, or discard them");
  request.set_discard(true);
  for (const bool dry_run : {true, false}) {
    request.set_dry_run(dry_run);
    response.Clear();
    ASSERT_TRUE(
        pipelines_->DeletePipeline(As(kAdmin).get(), request, &response).ok());
    EXPECT_EQ(response.dead_letters(), 1u);
  }
  ASSERT_TRUE(pipelines_->ListPipelines(As(kViewer).get(), {}, &list).ok());
  EXPECT_THAT(list.removed(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(folder_ + "/data/pipelines/harbour"));
}

TEST_F(ControlTest, TellsWhatConfigurationsCanName) {
  v1::ListPluginsResponse list;
  ASSERT_TRUE(plugins_->ListPlugins(As(kViewer).get(), {}, &list).ok());
  std::vector<std::string> names;
  for (const v1::Plugin& plugin : list.plugins()) {
    names.push_back(plugin.name());
  }
  EXPECT_THAT(names, testing::ElementsAre("ticker", "keep", "null", "post"));
  EXPECT_EQ(list.plugins(0).kind(), v1::Plugin::SOURCE);
  EXPECT_THAT(list.plugins(0).fields(), testing::Contains("rate"));
  v1::ConfigSchema schema;
  ASSERT_TRUE(plugins_->GetConfigSchema(As(kViewer).get(), {}, &schema).ok());
  EXPECT_THAT(schema.json(), HasSubstr("\"ticker\""));
}

TEST_F(ControlTest, AsksForTheRoleOfEachCall) {
  v1::PipelineStatus status;
  const auto expect = [](const grpc::Status& answer, const char* role) {
    EXPECT_EQ(answer.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(answer.error_message(), HasSubstr(role));
  };
  expect(configs_->ApplyConfig(As(kOperator).get(), {}, &applied_), "admin");
  expect(configs_->RollbackConfig(As(kOperator).get(), {}, &applied_), "admin");
  expect(pipelines_->PausePipeline(As(kViewer).get(), {}, &status), "operator");
  expect(pipelines_->ResumePipeline(As(kViewer).get(), {}, &status),
         "operator");
  expect(sinks_->PauseSink(As(kViewer).get(), {}, &status), "operator");
  expect(sinks_->ResumeSink(As(kViewer).get(), {}, &status), "operator");
  const auto context = As(kViewer);
  const auto reader = pipelines_->DrainPipeline(context.get(), {});
  v1::DrainPipelineResponse drain;
  while (reader->Read(&drain)) {
  }
  expect(reader->Finish(), "operator");
}

}  // namespace
}  // namespace sluice
