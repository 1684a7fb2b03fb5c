#include "storage/kv/memory_store.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/contract/key_value_store_contract.h"

namespace sluice {
namespace {

std::unique_ptr<KeyValueStore> Make() {
  return std::make_unique<MemoryStore>();
}

INSTANTIATE_TEST_SUITE_P(MemoryStore, KeyValueStoreContract,
                         testing::Values(&Make));

TEST(MemoryStoreTest, DroppingFreesAtOnce) {
  MemoryStore store;
  WriteSet set;
  set.Put(Table::kEvents, "a", "1");
  set.Put(Table::kEvents, "b", "2");
  ASSERT_TRUE(store.Write(set, false).ok());
  store.DropBelow(Table::kEvents, "b");
  EXPECT_EQ(*store.Get(Table::kEvents, "a"), std::nullopt);
}

}  // namespace
}  // namespace sluice
