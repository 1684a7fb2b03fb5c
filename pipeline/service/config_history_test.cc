#include "pipeline/service/config_history.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

class ConfigHistoryTest : public testing::Test {
 protected:
  ConfigHistoryTest() {
    std::filesystem::remove_all(folder_);
    Open();
  }

  void Open() {
    auto history = ConfigHistory::Open(folder_);
    ASSERT_TRUE(history.ok()) << history.status();
    history_ = *std::move(history);
  }

  uint64_t Add(const std::string& text) {
    storage::v1::ConfigRecord record;
    record.set_text(text);
    record.set_by("ann");
    const absl::StatusOr<uint64_t> added = history_->Add(record);
    EXPECT_TRUE(added.ok()) << added.status();
    return added.value_or(0);
  }

  const std::string folder_ = testing::TempDir() + "/config_history/config";
  std::unique_ptr<ConfigHistory> history_;
};

TEST_F(ConfigHistoryTest, KeepsRecordsAcrossRestarts) {
  EXPECT_EQ(history_->latest(), 0u);
  EXPECT_EQ(Add("one"), 1u);
  EXPECT_EQ(Add("two"), 2u);
  Open();
  EXPECT_EQ(history_->latest(), 2u);
  EXPECT_EQ(history_->Get(1)->text(), "one");
  EXPECT_EQ(history_->Get(2)->by(), "ann");
  const auto list = history_->List();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].generation(), 2u);
  EXPECT_EQ(list[0].text(), "");
}

TEST_F(ConfigHistoryTest, ForgetsTheOldest) {
  for (size_t i = 0; i < ConfigHistory::kKept + 3; ++i) {
    Add(absl::StrCat("text ", i));
    history_->ForgetOldest();
  }
  EXPECT_EQ(history_->List().size(), ConfigHistory::kKept);
  EXPECT_EQ(history_->Get(3).status(),
            absl::NotFoundError("there is no generation 3; those from 4 to 53 "
                                "are kept"));
  Open();
  EXPECT_EQ(history_->List().size(), ConfigHistory::kKept);
  EXPECT_EQ(history_->Get(4)->text(), "text 3");
}

TEST_F(ConfigHistoryTest, TakesTheLatestBack) {
  Add("one");
  Add("two");
  history_->RemoveLatest();
  EXPECT_EQ(history_->latest(), 1u);
  Open();
  EXPECT_EQ(history_->latest(), 1u);
}

TEST_F(ConfigHistoryTest, ForgetsNothingForWhatIsTakenBack) {
  for (size_t i = 0; i < ConfigHistory::kKept + 1; ++i) Add("text");
  history_->RemoveLatest();
  history_->ForgetOldest();
  EXPECT_TRUE(history_->Get(1).ok());
}

TEST_F(ConfigHistoryTest, LeavesOutWhatIsDamaged) {
  Add("one");
  Add("two");
  std::ofstream(folder_ + "/2") << "\xff\xff";
  std::ofstream(folder_ + "/2.new") << "half";
  Open();
  EXPECT_EQ(history_->latest(), 1u);
  EXPECT_EQ(Add("three"), 2u);
  EXPECT_EQ(history_->Get(2)->text(), "three");
}

TEST_F(ConfigHistoryTest, AddsNothingThatCannotBeWritten) {
  Add("one");
  std::filesystem::remove_all(folder_);
  EXPECT_EQ(history_->Add({}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(history_->latest(), 1u);
}

}  // namespace
}  // namespace sluice
