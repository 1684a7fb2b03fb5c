#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/kit/sink_fixture.h"

namespace sluice::file {
namespace {

// A disk that does what it is told is not to be had, so this one only accepts;
// file_sink_test has the failures, with calls that fail.
class FileFixture final : public kit::SinkFixture {
 public:
  ~FileFixture() override { std::filesystem::remove(path_); }

  std::string Config() override {
    return absl::StrCat("file:\n  path: ", path_);
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"file: {}", "path"},
            {"file: {path: folder/}", "path"},
            {"file: {path: x, max_bytes: 1}", "max_bytes"},
            {"file: {path: x, sync_interval: 1s}", "sync_interval"}};
  }
  std::optional<std::vector<std::string>> Taken() override {
    constexpr char kName[] = "\"id\":\"";
    std::vector<std::string> ids;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      const size_t begin = line.find(kName) + sizeof(kName) - 1;
      ids.push_back(line.substr(begin, line.find('"', begin) - begin));
    }
    return ids;
  }

 private:
  const std::string path_ = testing::TempDir() + "conformance.jsonl";
};

}  // namespace
}  // namespace sluice::file

SLUICE_SINK_FIXTURE(sluice::file::FileFixture);
