#include "tools/sluice/subprocess.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

// The child is this test itself: main() below does what the first argument
// says.
namespace sluice {
namespace {

std::vector<std::string> RunChild(std::vector<std::string> arguments, int* code,
                                  std::vector<std::string> environment = {}) {
  std::vector<std::string> lines;
  Subprocess::Options options;
  options.arguments = std::move(arguments);
  options.environment = std::move(environment);
  options.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  auto child = Subprocess::Start(std::move(options));
  EXPECT_TRUE(child.ok()) << child.status();
  *code = (*child)->Wait();
  return lines;
}

TEST(SubprocessTest, GivesTheLinesAndTheExitCodeOfTheChild) {
  int code = 0;
  const auto lines = RunChild({"child-print", "one", "two words"}, &code);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two words"}));
  EXPECT_EQ(code, 7);
}

TEST(SubprocessTest, HandsOverEnvironmentVariables) {
  int code = 0;
  const auto lines = RunChild({"child-env", "SLUICE_TEST_VALUE"}, &code,
                              {"SLUICE_TEST_VALUE=42"});
  EXPECT_EQ(lines, std::vector<std::string>{"42"});
}

TEST(SubprocessTest, TellsTheSignalThatEndedTheChild) {
  Subprocess::Options options;
  options.arguments = {"child-wait"};
  auto child = Subprocess::Start(std::move(options));
  ASSERT_TRUE(child.ok());
  (*child)->Signal(SIGKILL);
  EXPECT_EQ((*child)->Wait(), 128 + SIGKILL);
  EXPECT_EQ((*child)->Wait(), 128 + SIGKILL);
}

TEST(SubprocessTest, LeavesNoChildBehind) {
  Subprocess::Options options;
  options.arguments = {"child-wait"};
  auto child = Subprocess::Start(std::move(options));
  ASSERT_TRUE(child.ok());
  const pid_t pid = (*child)->pid();
  child->reset();
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "child-print") {
    for (int i = 2; i < argc; ++i) std::cout << argv[i] << "\n";
    return 7;
  }
  if (first == "child-env") {
    std::cout << std::getenv(argv[2]) << "\n";
    return 0;
  }
  if (first == "child-wait") {
    for (;;) ::pause();
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
