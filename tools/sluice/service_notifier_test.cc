#include "tools/sluice/service_notifier.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/notify_socket.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

ServiceNotifier MakeNotifier(const ServiceNotifier::Variables& variables) {
  absl::StatusOr<ServiceNotifier> notifier = ServiceNotifier::Create(variables);
  EXPECT_TRUE(notifier.ok()) << notifier.status();
  return notifier.ok() ? *notifier : ServiceNotifier();
}

void ExpectRefusal(const ServiceNotifier::Variables& variables,
                   const char* message) {
  const absl::Status status = ServiceNotifier::Create(variables).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(ServiceNotifierTest, TellsNobodyWhenNobodyAsks) {
  const ServiceNotifier notifier = MakeNotifier({});
  EXPECT_FALSE(notifier.enabled());
  EXPECT_EQ(notifier.watchdog(), absl::InfiniteDuration());
  EXPECT_TRUE(notifier.Notify("READY=1").ok());
}

TEST(ServiceNotifierTest, SendsOneDatagramToASocketWithAPath) {
  const NotifySocket socket = NotifySocket::AtPath();
  const ServiceNotifier notifier =
      MakeNotifier({.notify_socket = socket.name()});
  EXPECT_TRUE(notifier.enabled());
  ASSERT_TRUE(notifier.Notify("READY=1\nSTATUS=well").ok());
  ASSERT_TRUE(notifier.Notify("STOPPING=1").ok());
  EXPECT_EQ(socket.Receive(), "READY=1\nSTATUS=well");
  EXPECT_EQ(socket.Receive(), "STOPPING=1");
}

TEST(ServiceNotifierTest, SendsToAnAbstractSocket) {
  const NotifySocket socket =
      NotifySocket::Abstract(absl::StrCat("sluice-notifier-", getpid()));
  const ServiceNotifier notifier =
      MakeNotifier({.notify_socket = socket.name()});
  ASSERT_TRUE(notifier.Notify("READY=1").ok());
  EXPECT_EQ(socket.Receive(), "READY=1");
}

TEST(ServiceNotifierTest, SaysThatNobodyListens) {
  const ServiceNotifier notifier =
      MakeNotifier({.notify_socket = "/nowhere/notify"});
  const absl::Status status = notifier.Notify("READY=1");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("No such file"));
}

TEST(ServiceNotifierTest, KnowsWhetherItIsWatched) {
  ServiceNotifier::Variables variables = {.notify_socket = "/run/notify",
                                          .watchdog_usec = "120000000"};
  EXPECT_EQ(MakeNotifier(variables).watchdog(), absl::Minutes(2));
  variables.watchdog_pid = absl::StrCat(getpid());
  EXPECT_EQ(MakeNotifier(variables).watchdog(), absl::Minutes(2));
  variables.watchdog_pid = absl::StrCat(getppid());
  EXPECT_EQ(MakeNotifier(variables).watchdog(), absl::InfiniteDuration());
}

TEST(ServiceNotifierTest, NamesTheVariableThatIsWrong) {
  ExpectRefusal({.notify_socket = "notify"}, "NOTIFY_SOCKET: \"notify\"");
  ExpectRefusal({.notify_socket = "vsock:2:7"}, "NOTIFY_SOCKET");
  ExpectRefusal({.notify_socket = "@"}, "NOTIFY_SOCKET");
  ExpectRefusal({.notify_socket = "/" + std::string(107, 'x')},
                "at most 107 bytes");
  ExpectRefusal({.notify_socket = "/n", .watchdog_usec = "soon"},
                "WATCHDOG_USEC: \"soon\" is not a number");
  ExpectRefusal({.notify_socket = "/n", .watchdog_usec = "0"}, "above 0");
  ExpectRefusal(
      {.notify_socket = "/n", .watchdog_usec = "1", .watchdog_pid = "me"},
      "WATCHDOG_PID: \"me\"");
}

}  // namespace
}  // namespace sluice
