#include "pipeline/service/admin_server.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proto/admin/v1/process.grpc.pb.h"
#include "tests/testing/test_certificates.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
namespace v1 = admin::v1;

constexpr char kViewer[] = "viewer-token-0123456789";
constexpr char kOperator[] = "operator-token-0123456789";

// Two pipelines that never do anything; each status has a number.
class QuietProcess final : public Process {
 public:
  void Stop(absl::Duration) override {}
  v1::ProcessStatus Status() const override {
    v1::ProcessStatus status;
    status.mutable_time()->set_seconds(++asked_);
    status.mutable_memory()->set_limit_bytes(7);
    for (const char* name : {"office", "harbour"}) {
      v1::PipelineStatus* pipeline = status.add_pipelines();
      pipeline->set_name(name);
      pipeline->add_sinks()->set_waiting(3);
    }
    return status;
  }
  void WhenFinished(absl::AnyInvocable<void()>) override {}

 private:
  mutable std::atomic<int> asked_{0};
};

v1::ProcessInfo Info() {
  v1::ProcessInfo info;
  info.set_version("1.2.3");
  return info;
}

class AdminServerTest : public testing::Test {
 protected:
  AdminServerTest() {
    char folder[] = "/tmp/admin_server_test.XXXXXX";
    folder_ = mkdtemp(folder);
    spec_.listen = "unix:" + folder_ + "/admin.sock";
  }
  ~AdminServerTest() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  void UseTokens() {
    spec_.tokens_file = folder_ + "/tokens";
    std::ofstream(spec_.tokens_file) << "watcher viewer " << kViewer
                                     << "\nops operator " << kOperator << "\n";
    chmod(spec_.tokens_file.c_str(), 0600);
  }

  void ServeOnLoopback() {
    UseTokens();
    spec_.listen = "127.0.0.1:0";
  }

  void Start() {
    auto server = AdminServer::Start(spec_, &process_, Info());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(server_->address(),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::ProcessService::NewStub(channel_);
  }

  std::unique_ptr<grpc::ClientContext> Context(const std::string& token = "") {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() +
                          std::chrono::seconds(30));
    if (!token.empty()) {
      context->AddMetadata("authorization", "Bearer " + token);
    }
    return context;
  }

  grpc::Status GetInfo(const std::string& token = "",
                       v1::ProcessInfo* info = nullptr) {
    v1::ProcessInfo unused;
    return stub_->GetInfo(Context(token).get(), {},
                          info == nullptr ? &unused : info);
  }

  grpc::Status SetLogLevel(v1::LogLevel level, const std::string& token = "") {
    v1::SetLogLevelRequest request;
    request.set_level(level);
    v1::LogLevelResponse response;
    return stub_->SetLogLevel(Context(token).get(), request, &response);
  }

  grpc::Status GetStatus(const v1::GetStatusRequest& request,
                         v1::ProcessStatus* status) {
    return stub_->GetStatus(Context().get(), request, status);
  }

  std::string folder_;
  AdminSpec spec_;
  QuietProcess process_;
  std::unique_ptr<AdminServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ProcessService::Stub> stub_;
};

TEST_F(AdminServerTest, ServesOnASocketThatOnlyItsOwnerCanUse) {
  Start();
  struct stat info;
  ASSERT_EQ(stat(spec_.listen.substr(5).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  v1::ProcessInfo answer;
  ASSERT_TRUE(GetInfo("", &answer).ok());
  EXPECT_EQ(answer.version(), "1.2.3");
  EXPECT_EQ(answer.caller(), "local");
  EXPECT_EQ(answer.role(), "admin");
}

TEST_F(AdminServerTest, RemovesItsSocketAtTheEnd) {
  Start();
  server_.reset();
  EXPECT_FALSE(fs::exists(spec_.listen.substr(5)));
}

TEST_F(AdminServerTest, DoesNotTakeTheAddressOfAnother) {
  Start();
  EXPECT_EQ(AdminServer::Start(spec_, &process_, Info()).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(GetInfo().ok());
  UseTokens();
  server_.reset();
  spec_.listen = "127.0.0.1:0";
  Start();
  AdminSpec same = spec_;
  same.listen = server_->address();
  EXPECT_EQ(AdminServer::Start(same, &process_, Info()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(AdminServerTest, WantsATokenOverAnAddress) {
  ServeOnLoopback();
  Start();
  const grpc::Status nobody = GetInfo();
  EXPECT_EQ(nobody.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(nobody.error_message(),
            "a token is needed, as metadata \"authorization: Bearer TOKEN\"");
  EXPECT_EQ(GetInfo("not-a-token-at-all").error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  v1::ProcessInfo answer;
  ASSERT_TRUE(GetInfo(kViewer, &answer).ok());
  EXPECT_EQ(answer.caller(), "watcher");
  EXPECT_EQ(answer.role(), "viewer");
}

TEST_F(AdminServerTest, GivesEachRoleItsCalls) {
  ServeOnLoopback();
  Start();
  const grpc::Status refused = SetLogLevel(v1::LOG_LEVEL_ERROR, kViewer);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(refused.error_message(),
            "this call needs the role operator; watcher has the role viewer");
  EXPECT_TRUE(SetLogLevel(v1::LOG_LEVEL_INFO, kOperator).ok());
  grpc::ClientContext anonymous;
  auto watch = stub_->WatchStatus(&anonymous, {});
  v1::ProcessStatus status;
  EXPECT_FALSE(watch->Read(&status));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AdminServerTest, ATokenCountsMoreThanTheSocket) {
  UseTokens();
  Start();
  EXPECT_TRUE(SetLogLevel(v1::LOG_LEVEL_INFO).ok());
  EXPECT_EQ(SetLogLevel(v1::LOG_LEVEL_INFO, kViewer).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(GetInfo("not-a-token-at-all").error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AdminServerTest, ShowsTheStatusOfWhatIsAskedFor) {
  Start();
  v1::GetStatusRequest request;
  v1::ProcessStatus status;
  ASSERT_TRUE(GetStatus(request, &status).ok());
  EXPECT_EQ(status.pipelines_size(), 2);
  request.add_pipelines("office");
  request.mutable_read_mask()->add_paths("pipelines");
  ASSERT_TRUE(GetStatus(request, &status).ok());
  ASSERT_EQ(status.pipelines_size(), 1);
  EXPECT_EQ(status.pipelines(0).name(), "office");
  EXPECT_EQ(status.pipelines(0).sinks(0).waiting(), 3u);
  EXPECT_FALSE(status.has_memory());
}

TEST_F(AdminServerTest, SaysWhatIsWrongWithARequest) {
  Start();
  v1::GetStatusRequest request;
  v1::ProcessStatus status;
  request.add_pipelines("ofice");
  grpc::Status answer = GetStatus(request, &status);
  EXPECT_EQ(answer.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.error_message(),
            "there is no pipeline \"ofice\"; did you mean \"office\"? allowed: "
            "harbour, office");
  request.Clear();
  request.mutable_read_mask()->add_paths("pipes");
  answer = GetStatus(request, &status);
  EXPECT_EQ(answer.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(SetLogLevel(v1::LOG_LEVEL_UNSPECIFIED).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AdminServerTest, WatchesUntilTheCallerGoes) {
  Start();
  auto context = Context();
  v1::WatchStatusRequest request;
  request.mutable_interval()->set_nanos(200'000'000);
  auto watch = stub_->WatchStatus(context.get(), request);
  v1::ProcessStatus first;
  v1::ProcessStatus second;
  ASSERT_TRUE(watch->Read(&first));
  ASSERT_TRUE(watch->Read(&second));
  EXPECT_LT(first.time().seconds(), second.time().seconds());
  context->TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(AdminServerTest, RefusesAnIntervalOutOfRange) {
  Start();
  for (int seconds : {0, -1, 3601}) {
    v1::WatchStatusRequest request;
    request.mutable_interval()->set_seconds(seconds);
    auto context = Context();
    auto watch = stub_->WatchStatus(context.get(), request);
    v1::ProcessStatus status;
    EXPECT_FALSE(watch->Read(&status));
    EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << seconds;
  }
}

TEST_F(AdminServerTest, BoundsTheNumberOfWatches) {
  Start();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::ProcessStatus>>> watches;
  v1::ProcessStatus status;
  for (int i = 0; i < 64; ++i) {
    // Each on a connection of its own: calls per connection are bounded too.
    grpc::ChannelArguments own;
    own.SetInt("test.channel", i);
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto stub = v1::ProcessService::NewStub(grpc::CreateCustomChannel(
        server_->address(), grpc::InsecureChannelCredentials(), own));
    contexts.push_back(Context());
    watches.push_back(stub->WatchStatus(contexts.back().get(), {}));
    ASSERT_TRUE(watches.back()->Read(&status)) << i;
  }
  auto context = Context();
  auto one_more = stub_->WatchStatus(context.get(), {});
  EXPECT_FALSE(one_more->Read(&status));
  EXPECT_EQ(one_more->Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (auto& each : contexts) each->TryCancel();
  for (auto& each : watches) each->Finish();
}

TEST_F(AdminServerTest, EndsWatchesWhenItStops) {
  Start();
  auto context = Context();
  auto watch = stub_->WatchStatus(context.get(), {});
  v1::ProcessStatus status;
  ASSERT_TRUE(watch->Read(&status));
  server_.reset();
  while (watch->Read(&status)) {
  }
  EXPECT_FALSE(watch->Finish().ok());
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class AdminServerTlsTest : public AdminServerTest {
 protected:
  AdminServerTlsTest()
      : authority_(folder_, "ca"), stranger_(folder_, "stranger") {
    const TestAuthority::Files files = authority_.Issue("admin.example");
    spec_.listen = "127.0.0.1:0";
    spec_.certificate_file = files.certificate_file;
    spec_.private_key_file = files.private_key_file;
  }

  // Calls with TLS; `own`: with a certificate.
  grpc::Status Call(const TestAuthority& trusted,
                    const TestAuthority::Files* own,
                    const std::string& token = "",
                    v1::ProcessInfo* info = nullptr) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadFile(trusted.ca_file());
    if (own != nullptr) {
      tls.pem_cert_chain = ReadFile(own->certificate_file);
      tls.pem_private_key = ReadFile(own->private_key_file);
    }
    stub_ = v1::ProcessService::NewStub(
        grpc::CreateChannel(server_->address(), grpc::SslCredentials(tls)));
    return GetInfo(token, info);
  }

  TestAuthority authority_;
  TestAuthority stranger_;
};

TEST_F(AdminServerTlsTest, ShowsACertificateThatCallersCanCheck) {
  UseTokens();
  Start();
  EXPECT_TRUE(Call(authority_, nullptr, kViewer).ok());
  EXPECT_EQ(Call(authority_, nullptr).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Call(stranger_, nullptr, kViewer).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  // Without TLS there is no way in.
  stub_ = v1::ProcessService::NewStub(grpc::CreateChannel(
      server_->address(), grpc::InsecureChannelCredentials()));
  EXPECT_EQ(GetInfo(kViewer).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AdminServerTlsTest, KnowsCallersByTheirCertificates) {
  spec_.client_ca_file = authority_.ca_file();
  spec_.clients["ops.example"] = config::v1::OPERATOR;
  Start();
  const TestAuthority::Files ops = authority_.Issue("ops.example", false);
  v1::ProcessInfo info;
  ASSERT_TRUE(Call(authority_, &ops, "", &info).ok());
  EXPECT_EQ(info.caller(), "ops.example");
  EXPECT_EQ(info.role(), "operator");
  const TestAuthority::Files other = authority_.Issue("other.example", false);
  EXPECT_EQ(Call(authority_, &other).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  const TestAuthority::Files forged = stranger_.Issue("ops.example", false);
  EXPECT_EQ(Call(authority_, &forged).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(authority_, nullptr).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AdminServerTlsTest, TakesTokensBesideCertificates) {
  UseTokens();
  spec_.client_ca_file = authority_.ca_file();
  spec_.clients["ops.example"] = config::v1::OPERATOR;
  Start();
  EXPECT_TRUE(Call(authority_, nullptr, kViewer).ok());
  const TestAuthority::Files ops = authority_.Issue("ops.example", false);
  EXPECT_TRUE(Call(authority_, &ops).ok());
  const TestAuthority::Files forged = stranger_.Issue("ops.example", false);
  EXPECT_FALSE(Call(authority_, &forged).ok());
}

TEST_F(AdminServerTest, SaysWhichFileCannotBeUsed) {
  spec_.tokens_file = folder_ + "/none";
  const absl::Status status =
      AdminServer::Start(spec_, &process_, Info()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("/none"), absl::string_view::npos);
  spec_.tokens_file.clear();
  spec_.listen = "127.0.0.1:0";
  spec_.certificate_file = folder_ + "/cert.pem";
  spec_.private_key_file = folder_ + "/key.pem";
  EXPECT_EQ(AdminServer::Start(spec_, &process_, Info()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice
