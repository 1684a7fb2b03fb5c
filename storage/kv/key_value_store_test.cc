#include "storage/kv/key_value_store.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(WriteSetTest, KeepsItsOwnValuesAndBorrowsViews) {
  WriteSet set;
  EXPECT_TRUE(set.empty());
  const std::string borrowed = "borrowed";
  set.PutView(Table::kEvents, "1", borrowed);
  for (int i = 0; i < 100; ++i) {
    set.Put(Table::kMeta, "2",
            std::string(30, static_cast<char>('A' + i % 26)));
  }
  EXPECT_EQ(set.changes()[0].value.data(), borrowed.data());
  EXPECT_EQ(set.changes()[1].value, std::string(30, 'A'));
  EXPECT_EQ(set.changes()[100].value, std::string(30, 'V'));
}

TEST(WriteSetTest, CountsItsBytes) {
  WriteSet set;
  set.Put(Table::kMeta, "key", "value");
  set.Delete(Table::kMeta, "k");
  set.DeleteRange(Table::kMeta, "a", "zz");
  EXPECT_EQ(set.byte_size(), 3u + 5 + 1 + 1 + 2);
}

}  // namespace
}  // namespace sluice
