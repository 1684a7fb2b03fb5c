#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/kit/source_fixture.h"

namespace sluice::replay {
namespace {

// A file of CloudEvents, large enough to be read in pieces.
class ReplayFixture final : public kit::SourceFixture {
 public:
  ~ReplayFixture() override { std::filesystem::remove(path_); }

  std::vector<std::string> Provide(size_t count) override {
    std::vector<std::string> ids;
    std::ofstream file(path_);
    for (size_t i = 0; i < count; ++i) {
      ids.push_back(absl::StrCat("line-", i));
      file << R"({"specversion":"1.0","id":")" << ids.back()
           << R"(","source":"//test","type":"touch","subject":"device-)"
           << i % 3 << R"(","time":"2026-01-02T03:04:05Z","data":{"text":")"
           << std::string(20'000, 'x') << "\"}}\n";
    }
    return ids;
  }
  std::string Config() override {
    return absl::StrCat("replay:\n  path: ", path_);
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"replay: {}", "path"},
            {"replay: {path: x, rate: -1}", "rate"},
            {"replay: {path: x, rate: 1, speed: 1}", "speed"},
            {"replay: {path: x, max_line_bytes: 7}", "max_line_bytes"}};
  }
  bool IsFinite() override { return true; }

 private:
  const std::string path_ = testing::TempDir() + "conformance.jsonl";
};

}  // namespace
}  // namespace sluice::replay

SLUICE_SOURCE_FIXTURE(sluice::replay::ReplayFixture);
