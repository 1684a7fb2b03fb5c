// Random changes to good files, over the real plugins: whatever comes out is
// accepted or refused with reasons, and nothing crashes.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"

namespace sluice {
namespace {

constexpr uint32_t kSeed = 20240501;
constexpr int kRounds = 1500;

std::vector<std::string> GoodFiles() {
  std::vector<std::string> texts;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/config/good")) {
    std::ifstream file(entry.path());
    texts.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    lines.back() += c;
    if (c == '\n') lines.emplace_back();
  }
  return lines;
}

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  std::string Next() {
    std::string text = texts_[Below(texts_.size())];
    const size_t changes = 1 + Below(6);
    for (size_t i = 0; i < changes && !text.empty(); ++i) {
      if (Below(2) == 0) {
        ChangeBytes(text);
      } else {
        ChangeLines(text);
      }
    }
    return text;
  }

 private:
  size_t Below(size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random_);
  }

  void ChangeBytes(std::string& text) {
    constexpr char kBytes[] =
        ":{}[]&*!|>'\"%@`#-?,\n\t $<~\x04\xff"
        "0aZ.";
    const size_t at = Below(text.size());
    const size_t size = 1 + Below(std::min<size_t>(24, text.size() - at));
    const char byte = kBytes[Below(sizeof(kBytes) - 1)];
    switch (Below(5)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, size);
        break;
      case 3:
        text.insert(at, size * 40, byte);
        break;
      default:
        text[at] = static_cast<char>(Below(256));
    }
  }

  // Lines keep YAML valid more often, and reach further.
  void ChangeLines(std::string& text) {
    std::vector<std::string> lines = Lines(text);
    const size_t at = Below(lines.size());
    std::string& line = lines[at];
    switch (Below(4)) {
      case 0:
        line.clear();
        break;
      case 1:
        line.insert(0, Below(5), ' ');
        break;
      case 2:
        std::swap(line, lines[Below(lines.size())]);
        break;
      default:
        if (const size_t value = line.find(": "); value != line.npos) {
          line.resize(value + 2);
          line += std::string(kValues[Below(std::size(kValues))]) + "\n";
        }
    }
    text.clear();
    for (const std::string& part : lines) text += part;
  }

  static constexpr const char* kValues[] = {"",
                                            "~",
                                            "0",
                                            "-1",
                                            "1e99",
                                            "nan",
                                            "[]",
                                            "{}",
                                            "''",
                                            "true",
                                            "{{ }}",
                                            "*x",
                                            "&x 1",
                                            "${}",
                                            "${PATH}",
                                            "[[[]]]",
                                            "99999999999999999999",
                                            "1d",
                                            "10GiB",
                                            "'{{ data.'",
                                            "'{{ x | y }}'",
                                            "'((('",
                                            "'type == '",
                                            "{env: HOME}",
                                            "{file: /}",
                                            "!!binary x",
                                            "| x"};

  const std::vector<std::string> texts_;
  std::mt19937 random_{kSeed};
};

TEST(ConfigMutationTest, NothingCrashes) {
  setenv("SLUICE_TEST_WORD", "never-shown", 1);
  PluginRegistry registry;
  ASSERT_TRUE(RegisterBuiltinPlugins(registry).ok());
  Mutator mutator(GoodFiles());
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = mutator.Next();
    const LoadResult result =
        LoadConfigText(text, "f", registry, ProcessEnvironment());
    ASSERT_NE(result.ok(), !result.problems.empty()) << text;
    accepted += result.ok() ? 1 : 0;
    for (const ConfigProblem& problem : result.problems) {
      ASSERT_FALSE(problem.message.empty()) << text;
      ASSERT_EQ(problem.message.find("never-shown"), std::string::npos) << text;
    }
  }
  EXPECT_GT(accepted, kRounds / 100);
  EXPECT_LT(accepted, kRounds * 3 / 4);
}

}  // namespace
}  // namespace sluice
