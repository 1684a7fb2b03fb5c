#include "pipeline/service/dead_letter_service.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/service/admin_server.h"
#include "proto/event/v1/event.pb.h"
#include "storage/base/clock.h"
#include "storage/log/memory_event_log.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
namespace v1 = admin::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kViewer[] = "viewer-token-0123456789";
constexpr char kOperator[] = "operator-token-0123456789";

// One pipeline, "office", of which there is only the log.
class LogProcess final : public Process {
 public:
  void Stop(absl::Duration) override {}
  v1::ProcessStatus Status() const override { return {}; }
  void WhenFinished(absl::AnyInvocable<void()>) override {}
  absl::Status PostToLog(std::string_view pipeline,
                         absl::AnyInvocable<void(EventLog&)> task) override {
    if (pipeline != "office") return absl::NotFoundError("no such pipeline");
    executor_.Post([this, task = std::move(task)]() mutable { task(log_); });
    return absl::OkStatus();
  }
  MemoryEventLog& log() { return log_; }

 private:
  MemoryEventLog log_{LogOptions(), Clock::Real()};
  ThreadExecutor executor_{"log"};
};

class DeadLetterServiceTest : public testing::Test {
 protected:
  DeadLetterServiceTest() {
    char folder[] = "/tmp/dead_letter_service_test.XXXXXX";
    folder_ = mkdtemp(folder);
    AdminSpec spec;
    spec.listen = "127.0.0.1:0";
    spec.tokens_file = folder_ + "/tokens";
    std::ofstream(spec.tokens_file)
        << "watcher viewer " << kViewer << "\nops operator " << kOperator
        << "\nboss admin " << kAdmin << "\n";
    chmod(spec.tokens_file.c_str(), 0600);
    EXPECT_TRUE(process_.log().OpenCursor("feed", true).ok());
    EXPECT_TRUE(process_.log().OpenCursor("archive", true).ok());
    auto server = AdminServer::Start(spec, &process_, {});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::DeadLetterService::NewStub(grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials()));
  }
  ~DeadLetterServiceTest() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  static constexpr char kAdmin[] = "admin-token-0123456789";

  // Letters 1 .. count of sink "feed", of events e1 .. ecount.
  void AddLetters(int count, const std::string& data = "{}") {
    for (int i = 1; i <= count; ++i) {
      event::v1::Event event;
      event.set_id("e" + std::to_string(i));
      event.set_data(data);
      storage::v1::DeadLetter letter;
      letter.set_component("feed");
      letter.set_reason(i % 2 == 0 ? "rejected" : "expired");
      letter.set_message("it was refused");
      letter.set_event(event.SerializeAsString());
      letter.set_dead_unix_nanos(1'600'000'000'123'456'789);
      AppendRequest request;
      request.dead_letters = {std::move(letter)};
      ASSERT_TRUE(process_.log().Append(request, Durability::kDurable).ok());
    }
  }

  std::unique_ptr<grpc::ClientContext> Context(const std::string& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(30));
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }

  grpc::Status List(const v1::ListDeadLettersRequest& request,
                    v1::ListDeadLettersResponse* response) {
    return stub_->ListDeadLetters(Context(kViewer).get(), request, response);
  }

  std::vector<uint64_t> IdsOf(const v1::ListDeadLettersResponse& response) {
    std::vector<uint64_t> ids;
    for (const v1::DeadLetter& letter : response.dead_letters()) {
      ids.push_back(letter.id());
    }
    return ids;
  }

  // The last answer, or the error.
  grpc::Status Redrive(const v1::RedriveDeadLettersRequest& request,
                       v1::RedriveDeadLettersResponse* last,
                       const std::string& token = kOperator) {
    const auto context = Context(token);
    const auto reader = stub_->RedriveDeadLetters(context.get(), request);
    while (reader->Read(last)) {
    }
    return reader->Finish();
  }
  grpc::Status Purge(const v1::PurgeDeadLettersRequest& request,
                     v1::PurgeDeadLettersResponse* last,
                     const std::string& token = kAdmin) {
    const auto context = Context(token);
    const auto reader = stub_->PurgeDeadLetters(context.get(), request);
    while (reader->Read(last)) {
    }
    return reader->Finish();
  }

  uint64_t Left() { return process_.log().stats().dead_letters; }

  std::string folder_;
  LogProcess process_;
  std::unique_ptr<AdminServer> server_;
  std::unique_ptr<v1::DeadLetterService::Stub> stub_;
};

TEST_F(DeadLetterServiceTest, ListsPageByPage) {
  AddLetters(70);
  v1::ListDeadLettersRequest request;
  request.set_pipeline("office");
  request.set_page_size(3);
  v1::ListDeadLettersResponse page;
  ASSERT_TRUE(List(request, &page).ok());
  EXPECT_THAT(IdsOf(page), ElementsAre(1, 2, 3));
  EXPECT_EQ(page.total(), 70u);
  EXPECT_EQ(page.dead_letters(0).message(), "it was refused");
  EXPECT_EQ(page.dead_letters(0).died().seconds(), 1'600'000'000);
  EXPECT_EQ(page.dead_letters(0).died().nanos(), 123'456'789);
  EXPECT_FALSE(page.dead_letters(0).has_event());
  request.set_page_token(page.next_page_token());
  request.set_with_content(true);
  request.set_page_size(0);
  ASSERT_TRUE(List(request, &page).ok());
  EXPECT_EQ(page.dead_letters_size(), 50);
  EXPECT_EQ(page.dead_letters(0).event().id(), "e4");
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(List(request, &page).ok());
  EXPECT_EQ(page.dead_letters_size(), 17);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(DeadLetterServiceTest, ListsWhatIsAskedFor) {
  AddLetters(6);
  v1::ListDeadLettersRequest request;
  request.set_pipeline("office");
  request.mutable_filter()->add_reasons("rejected");
  request.mutable_filter()->add_ids(4);
  request.mutable_filter()->add_ids(5);
  v1::ListDeadLettersResponse page;
  ASSERT_TRUE(List(request, &page).ok());
  EXPECT_THAT(IdsOf(page), ElementsAre(4));
  request.mutable_filter()->mutable_until()->set_seconds(1'600'000'000);
  ASSERT_TRUE(List(request, &page).ok());
  EXPECT_THAT(IdsOf(page), IsEmpty());
}

TEST_F(DeadLetterServiceTest, SaysWhatIsWrongWithARequest) {
  v1::ListDeadLettersRequest request;
  v1::ListDeadLettersResponse page;
  EXPECT_EQ(List(request, &page).error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_pipeline("office");
  request.set_page_size(-1);
  EXPECT_THAT(List(request, &page).error_message(), HasSubstr("page_size"));
  request.set_page_size(1001);
  EXPECT_THAT(List(request, &page).error_message(), HasSubstr("page_size"));
  request.set_page_size(1);
  request.set_page_token("x");
  EXPECT_THAT(List(request, &page).error_message(), HasSubstr("page_token"));
  request.clear_page_token();
  request.mutable_filter()->mutable_since()->set_nanos(-1);
  EXPECT_THAT(List(request, &page).error_message(), HasSubstr("since"));
}

TEST_F(DeadLetterServiceTest, ShowsOneWhole) {
  AddLetters(2);
  v1::GetDeadLetterRequest request;
  request.set_pipeline("office");
  request.set_id(2);
  v1::DeadLetter letter;
  ASSERT_TRUE(
      stub_->GetDeadLetter(Context(kViewer).get(), request, &letter).ok());
  EXPECT_EQ(letter.event().id(), "e2");
  EXPECT_FALSE(letter.edited());
  request.set_id(3);
  EXPECT_EQ(stub_->GetDeadLetter(Context(kViewer).get(), request, &letter)
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(DeadLetterServiceTest, ExportsAllInOrder) {
  AddLetters(100);
  v1::ExportDeadLettersRequest request;
  request.set_pipeline("office");
  const auto context = Context(kViewer);
  const auto reader = stub_->ExportDeadLetters(context.get(), request);
  v1::DeadLetter letter;
  uint64_t expected = 0;
  while (reader->Read(&letter)) {
    EXPECT_EQ(letter.id(), ++expected);
    EXPECT_TRUE(letter.has_event());
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(expected, 100u);
}

TEST_F(DeadLetterServiceTest, ACallerThatGoesEndsItsCall) {
  AddLetters(200);
  v1::ExportDeadLettersRequest request;
  request.set_pipeline("office");
  auto context = Context(kViewer);
  auto reader = stub_->ExportDeadLetters(context.get(), request);
  v1::DeadLetter letter;
  ASSERT_TRUE(reader->Read(&letter));
  context->TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(DeadLetterServiceTest, BoundsTheCallsThatHoldLetters) {
  // More than a connection takes in before its other side reads.
  AddLetters(64, std::string(size_t{1} << 19, 'x'));
  v1::ExportDeadLettersRequest request;
  request.set_pipeline("office");
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::DeadLetter>>> exports;
  v1::DeadLetter letter;
  for (int i = 0; i < 16; ++i) {
    contexts.push_back(Context(kViewer));
    exports.push_back(stub_->ExportDeadLetters(contexts.back().get(), request));
    ASSERT_TRUE(exports.back()->Read(&letter)) << i;
  }
  const auto context = Context(kViewer);
  const auto one_more = stub_->ExportDeadLetters(context.get(), request);
  EXPECT_FALSE(one_more->Read(&letter));
  EXPECT_EQ(one_more->Finish().error_message(),
            "16 calls go through dead letters already");
  v1::PurgeDeadLettersRequest purge;
  purge.set_pipeline("office");
  purge.set_all(true);
  v1::PurgeDeadLettersResponse purged;
  EXPECT_EQ(Purge(purge, &purged).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Left(), 64u);
  for (auto& each : contexts) each->TryCancel();
  for (auto& each : exports) each->Finish();
  // Their places are free again, once the server has heard of it.
  grpc::Status answer;
  do {
    answer = Purge(purge, &purged);
  } while (answer.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(answer.ok()) << answer.error_message();
  EXPECT_EQ(purged.purged(), 64u);
}

TEST_F(DeadLetterServiceTest, RedrivesAndTellsHowFarItIs) {
  AddLetters(100);
  v1::RedriveDeadLettersRequest request;
  request.set_pipeline("office");
  request.set_all(true);
  request.set_dry_run(true);
  v1::RedriveDeadLettersResponse last;
  ASSERT_TRUE(Redrive(request, &last).ok());
  EXPECT_EQ(last.redriven(), 100u);
  EXPECT_EQ(Left(), 100u);
  request.set_dry_run(false);
  request.clear_all();
  request.mutable_filter()->add_reasons("rejected");
  ASSERT_TRUE(Redrive(request, &last).ok());
  EXPECT_TRUE(last.done());
  EXPECT_EQ(last.redriven(), 50u);
  EXPECT_EQ(last.by_sink().at("feed"), 50u);
  EXPECT_EQ(last.seen(), 100u);
  EXPECT_EQ(last.total(), 100u);
  EXPECT_EQ(Left(), 50u);
  EXPECT_EQ(process_.log().stats().next_sequence, 51u);
}

TEST_F(DeadLetterServiceTest, RedrivesToAnotherSinkThatIsThere) {
  AddLetters(1);
  v1::RedriveDeadLettersRequest request;
  request.set_pipeline("office");
  request.set_all(true);
  request.add_sinks("nowhere");
  v1::RedriveDeadLettersResponse last;
  EXPECT_EQ(Redrive(request, &last).error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_sinks(0, "archive");
  ASSERT_TRUE(Redrive(request, &last).ok());
  EXPECT_EQ(last.by_sink().at("archive"), 1u);
  // With nothing to redrive a wrong name is wrong, too.
  request.set_sinks(0, "nowhere");
  EXPECT_EQ(Redrive(request, &last).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(DeadLetterServiceTest, EditsAnEvent) {
  AddLetters(1);
  v1::EditDeadLetterRequest request;
  request.set_pipeline("office");
  request.set_id(1);
  (*request.mutable_set())["subject"] = "dev-1";
  (*request.mutable_set())["labels.room"] = "99";
  request.set_data("\"x\"");
  v1::DeadLetter letter;
  ASSERT_TRUE(
      stub_->EditDeadLetter(Context(kOperator).get(), request, &letter).ok());
  EXPECT_EQ(letter.event().subject(), "dev-1");
  EXPECT_EQ(letter.event().labels(0).value(), "99");
  EXPECT_EQ(letter.event().data(), "\"x\"");
  EXPECT_TRUE(letter.edited());
  EXPECT_THAT(letter.past(0).edited().fields(),
              testing::UnorderedElementsAre("subject", "labels.room", "data"));
  (*request.mutable_set())["nonsense"] = "";
  EXPECT_EQ(stub_->EditDeadLetter(Context(kOperator).get(), request, &letter)
                .error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(DeadLetterServiceTest, PurgesWhatIsMeant) {
  AddLetters(70);
  v1::PurgeDeadLettersRequest request;
  request.set_pipeline("office");
  v1::PurgeDeadLettersResponse last;
  EXPECT_THAT(Purge(request, &last).error_message(), HasSubstr("filter"));
  request.set_all(true);
  request.mutable_filter()->add_ids(1);
  EXPECT_THAT(Purge(request, &last).error_message(), HasSubstr("all"));
  request.clear_all();
  ASSERT_TRUE(Purge(request, &last).ok());
  EXPECT_EQ(last.purged(), 1u);
  request.clear_filter();
  request.set_all(true);
  ASSERT_TRUE(Purge(request, &last).ok());
  EXPECT_EQ(last.purged(), 69u);
  EXPECT_TRUE(last.done());
  EXPECT_EQ(Left(), 0u);
}

TEST_F(DeadLetterServiceTest, AsksForARole) {
  AddLetters(1);
  v1::RedriveDeadLettersRequest redrive;
  redrive.set_pipeline("office");
  redrive.set_all(true);
  v1::RedriveDeadLettersResponse redriven;
  EXPECT_EQ(Redrive(redrive, &redriven, kViewer).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Redrive(redrive, &redriven, "nobody-knows-this-one").error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  v1::PurgeDeadLettersRequest purge;
  purge.set_pipeline("office");
  purge.set_all(true);
  v1::PurgeDeadLettersResponse purged;
  EXPECT_EQ(Purge(purge, &purged, kOperator).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  v1::EditDeadLetterRequest edit;
  v1::DeadLetter letter;
  EXPECT_EQ(
      stub_->EditDeadLetter(Context(kViewer).get(), edit, &letter).error_code(),
      grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Left(), 1u);
}

}  // namespace
}  // namespace sluice
