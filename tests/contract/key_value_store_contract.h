// What every KeyValueStore promises, as tests. An implementation runs them by
//   INSTANTIATE_TEST_SUITE_P(MyStore, KeyValueStoreContract,
//                            testing::Values(&MakeMyStore));
#ifndef TESTS_CONTRACT_KEY_VALUE_STORE_CONTRACT_H_
#define TESTS_CONTRACT_KEY_VALUE_STORE_CONTRACT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/kv/key_value_store.h"

namespace sluice {

using KeyValueStoreFactory = std::unique_ptr<KeyValueStore> (*)();

class KeyValueStoreContract
    : public testing::TestWithParam<KeyValueStoreFactory> {
 protected:
  using Rows = std::vector<std::pair<std::string, std::string>>;

  KeyValueStoreContract() : store_(GetParam()()) {}

  void Write(const WriteSet& changes);
  Rows Scan(Table table, const ScanRange& range);
  // Everything in `table`.
  Rows All(Table table) { return Scan(table, ScanRange::Between("", "~")); }

  const std::unique_ptr<KeyValueStore> store_;
};

}  // namespace sluice

#endif  // TESTS_CONTRACT_KEY_VALUE_STORE_CONTRACT_H_
