#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "plugins/file/test_disk.h"
#include "tests/kit/sink_fixture.h"

namespace sluice::file {
namespace {

// What is configured is a file behind a link, which leads to a folder or, while
// the path is to be refused, to something that is none.
class FileFixture final : public kit::SinkFixture {
 public:
  FileFixture() {
    std::filesystem::create_directories(folder_);
    std::ofstream(no_folder_) << "a file";
    Behave(kit::Behavior::kAccept);
  }
  ~FileFixture() override {
    // Lets go of a thread that was left behind.
    SetDiskState(DiskState::kWorks);
    std::filesystem::remove_all(home_);
  }

  std::string Config() override {
    return absl::StrCat("file:\n  path: ", link_, "/events.jsonl");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"file: {}", "path"},
            {"file: {path: folder/}", "path"},
            {"file: {path: x, max_bytes: 1}", "max_bytes"},
            {"file: {path: x, sync_interval: 1s}", "sync_interval"}};
  }
  bool Behave(kit::Behavior behavior) override {
    const auto disk = DiskFor(behavior);
    if (!disk.has_value()) return false;
    SetDiskState(*disk);
    LinkTo(behavior == kit::Behavior::kRefuseCredentials ? no_folder_
                                                         : folder_);
    return true;
  }
  std::string WhyNot(kit::Behavior behavior) override {
    switch (behavior) {
      case kit::Behavior::kThrottle:
        return "no file asks to be left alone for a while";
      case kit::Behavior::kRefusePoison:
        return "a file takes every line";
      default:
        return SinkFixture::WhyNot(behavior);
    }
  }
  std::optional<std::vector<std::string>> Taken() override {
    constexpr char kName[] = "\"id\":\"";
    std::vector<std::string> ids;
    std::ifstream file(folder_ + "/events.jsonl");
    for (std::string line; std::getline(file, line);) {
      const size_t begin = line.find(kName) + sizeof(kName) - 1;
      ids.push_back(line.substr(begin, line.find('"', begin) - begin));
    }
    return ids;
  }

 private:
  static std::optional<DiskState> DiskFor(kit::Behavior behavior) {
    switch (behavior) {
      case kit::Behavior::kAccept:
      case kit::Behavior::kRefuseCredentials:
        return DiskState::kWorks;
      case kit::Behavior::kFail:
        return DiskState::kFull;
      case kit::Behavior::kFailOnce:
        return DiskState::kFullOnce;
      case kit::Behavior::kCut:
        return DiskState::kLosesWrites;
      case kit::Behavior::kStall:
        return DiskState::kHangs;
      case kit::Behavior::kThrottle:
      case kit::Behavior::kRefusePoison:
        return std::nullopt;
    }
    return std::nullopt;
  }

  // In one step, for the sink is at work.
  void LinkTo(const std::string& target) const {
    const std::string next = link_ + ".next";
    std::filesystem::create_symlink(target, next);
    std::filesystem::rename(next, link_);
  }

  const std::string home_ = testing::TempDir() + "conformance";
  const std::string folder_ = home_ + "/folder";
  const std::string no_folder_ = home_ + "/no_folder";
  const std::string link_ = home_ + "/link";
};

}  // namespace
}  // namespace sluice::file

SLUICE_SINK_FIXTURE(sluice::file::FileFixture);
