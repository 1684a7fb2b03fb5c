// Each call of the admin API asks for the role that it should, and the pages
// say which.
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/admin/admin_calls.h"
#include "tests/admin/admin_process.h"
#include "tests/admin/generic_call.h"

namespace sluice {
namespace {

using config::v1::ADMIN;
using config::v1::OPERATOR;
using config::v1::Role;
using config::v1::VIEWER;
using google::protobuf::MethodDescriptor;
using ::testing::HasSubstr;

std::string RoleText(Role role) {
  return role == VIEWER ? "viewer" : role == OPERATOR ? "operator" : "admin";
}

std::string Page(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(RolesTest, TheTableHasEveryCall) {
  std::set<std::string> methods;
  for (const MethodDescriptor* method : AdminMethods()) {
    methods.insert(NameOf(*method));
    EXPECT_NE(FindAdminCall(NameOf(*method)), nullptr)
        << NameOf(*method)
        << " is new: say in tests/admin/admin_calls.cc which role it needs and "
           "which command makes it";
  }
  EXPECT_GE(methods.size(), 22u);
  for (const AdminCall& call : AdminCalls()) {
    EXPECT_EQ(methods.count(call.name), 1u)
        << call.name << " of tests/admin/admin_calls.cc does not exist";
  }
}

TEST(RolesTest, EachCallAsksForItsRole) {
  const AdminProcess process;
  for (const MethodDescriptor* method : AdminMethods()) {
    const AdminCall* call = FindAdminCall(NameOf(*method));
    if (call == nullptr) continue;  // The test above fails.
    SCOPED_TRACE(call->name);
    const auto ask = [&](const std::string& token) {
      // An empty request changes nothing, whoever makes it.
      return CallGeneric(process.channel(), PathOf(NameOf(*method)), "", token);
    };
    EXPECT_EQ(ask("").status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(ask("a-token-that-nobody-has").status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED);
    for (const Role role : {VIEWER, OPERATOR, ADMIN}) {
      const GenericAnswer answer = ask(AdminProcess::Token(role));
      if (role < call->role) {
        EXPECT_EQ(answer.status.error_code(),
                  grpc::StatusCode::PERMISSION_DENIED)
            << RoleText(role);
        EXPECT_EQ(answer.status.error_message(),
                  absl::StrCat("this call needs the role ",
                               RoleText(call->role), "; the-", RoleText(role),
                               " has the role ", RoleText(role)));
        EXPECT_FALSE(answer.answered);
        continue;
      }
      // Whatever it says, it is about the request.
      EXPECT_NE(answer.status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
          << RoleText(role) << ": " << answer.status.error_message();
      EXPECT_NE(answer.status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
          << RoleText(role) << ": " << answer.status.error_message();
      EXPECT_NE(answer.status.error_code(), grpc::StatusCode::UNIMPLEMENTED)
          << "nobody serves it";
      EXPECT_NE(answer.status.error_code(),
                grpc::StatusCode::DEADLINE_EXCEEDED);
    }
  }
}

TEST(RolesTest, ThePagesSayWhichRoleACallNeeds) {
  const std::string introduction = Page("docs/admin_api.md");
  const std::string reference = Page("docs/admin_api_reference.md");
  for (const AdminCall& call : AdminCalls()) {
    const std::string method = call.name.substr(call.name.find('/') + 1);
    EXPECT_THAT(reference, HasSubstr(absl::StrCat("| [", call.name, "](#")));
    for (absl::string_view line : absl::StrSplit(reference, '\n')) {
      if (!absl::StrContains(line, absl::StrCat("[", call.name, "](#"))) {
        continue;
      }
      EXPECT_TRUE(absl::StrContains(
          line, absl::StrCat(" | ", RoleText(call.role), " | ")))
          << line << "; ./dev docs makes the page of the comments";
    }
    // "| `viewer` | look: `GetInfo`, ... |"
    for (const Role role : {VIEWER, OPERATOR, ADMIN}) {
      for (absl::string_view line : absl::StrSplit(introduction, '\n')) {
        if (!absl::StartsWith(line,
                              absl::StrCat("| `", RoleText(role), "` |"))) {
          continue;
        }
        EXPECT_EQ(absl::StrContains(line, absl::StrCat("`", method, "`")),
                  role == call.role)
            << "docs/admin_api.md, \"Who may\": " << method << " is of "
            << RoleText(call.role);
      }
    }
  }
}

}  // namespace
}  // namespace sluice
