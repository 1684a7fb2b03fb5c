// Each call of the admin API is made by the command that the table names. The
// command talks to a server that answers everything and notes what it was
// asked.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/admin/admin_calls.h"
#include "tests/fault/sluice_process.h"

namespace sluice {
namespace {

using ::testing::Contains;

// One empty message, which every message can be read from, and OK.
class EmptyAnswer final : public grpc::ServerGenericBidiReactor {
 public:
  EmptyAnswer() { StartRead(&request_); }

  void OnReadDone(bool) override {
    StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  const grpc::Slice nothing_;
  grpc::ByteBuffer request_;
  const grpc::ByteBuffer answer_{&nothing_, 1};
};

class Recorder final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    {
      absl::MutexLock lock(&mu_);
      called_.insert(context->method());
    }
    return new EmptyAnswer;
  }

  // The paths of all calls since the last time.
  std::set<std::string> Take() {
    absl::MutexLock lock(&mu_);
    return std::exchange(called_, {});
  }

 private:
  absl::Mutex mu_;
  std::set<std::string> called_ ABSL_GUARDED_BY(mu_);
};

class RoutesTest : public testing::Test {
 protected:
  RoutesTest() {
    char folder[] = "/tmp/routes_test.XXXXXX";
    folder_ = mkdtemp(folder);
    std::ofstream(folder_ + "/sluice.yaml") << "data_dir: data\n";
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(&recorder_);
    server_ = builder.BuildAndStart();
  }
  ~RoutesTest() override {
    server_->Shutdown();
    std::filesystem::remove_all(folder_);
  }

  std::string address() const { return "unix:" + folder_ + "/admin.sock"; }

  std::vector<std::string> Arguments(const AdminCall& call) const {
    std::vector<std::string> arguments;
    for (const std::string& word : call.command) {
      arguments.push_back(word == "$CONFIG"     ? folder_ + "/sluice.yaml"
                          : word == "$DATA_DIR" ? folder_
                                                : word);
    }
    arguments.insert(arguments.end(), {"--admin", address()});
    return arguments;
  }

  std::string folder_;
  Recorder recorder_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(RoutesTest, EachCallIsMadeByItsCommand) {
  ASSERT_NE(server_, nullptr);
  // That these are all of them, roles_test says.
  for (const AdminCall& call : AdminCalls()) {
    const std::vector<std::string> arguments = Arguments(call);
    const fault::CommandResult result =
        fault::RunSluice(arguments, {}, folder_);
    EXPECT_THAT(recorder_.Take(), Contains(PathOf(call.name)))
        << "sluice " << absl::StrJoin(arguments, " ")
        << " does not make the call " << call.name << ": " << result.out
        << result.err;
  }
}

TEST_F(RoutesTest, ACommandDoesNotReachWhoIsNotThere) {
  server_->Shutdown();
  const AdminCall* call = FindAdminCall("ProcessService/GetInfo");
  ASSERT_NE(call, nullptr);
  const fault::CommandResult result =
      fault::RunSluice(Arguments(*call), {}, folder_);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, ::testing::HasSubstr("nobody answers at "));
  EXPECT_THAT(recorder_.Take(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace sluice
