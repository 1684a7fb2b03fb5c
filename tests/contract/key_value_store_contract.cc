#include "tests/contract/key_value_store_contract.h"

#include <map>
#include <optional>
#include <random>

namespace sluice {

void KeyValueStoreContract::Write(const WriteSet& changes) {
  const absl::Status status = store_->Write(changes, /*sync=*/false);
  ASSERT_TRUE(status.ok()) << status;
}

KeyValueStoreContract::Rows KeyValueStoreContract::Scan(
    Table table, const ScanRange& range) {
  Rows rows;
  const absl::Status status = store_->Scan(
      table, range, [&rows](std::string_view key, std::string_view value) {
        rows.emplace_back(std::string(key), std::string(value));
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  return rows;
}

namespace {

TEST_P(KeyValueStoreContract, GivesBackWhatWasPutInEachTable) {
  for (size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    WriteSet set;
    set.Put(table, "key", std::to_string(i));
    Write(set);
  }
  for (size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    EXPECT_EQ(*store_->Get(table, "key"), std::to_string(i));
    EXPECT_EQ(*store_->Get(table, "other"), std::nullopt);
    EXPECT_EQ(All(table), Rows({{"key", std::to_string(i)}}));
  }
}

TEST_P(KeyValueStoreContract, MakesTheChangesOfASetInOrder) {
  WriteSet set;
  set.Put(Table::kCursors, "a", "1");
  set.DeleteRange(Table::kCursors, "a", "z");
  set.Put(Table::kCursors, "a", "2");
  set.Put(Table::kCursors, "b", "1");
  set.Delete(Table::kCursors, "b");
  set.Delete(Table::kCursors, "never there");
  set.Put(Table::kCursors, "c", "1");
  set.Put(Table::kCursors, "c", "2");
  Write(set);
  EXPECT_EQ(All(Table::kCursors), Rows({{"a", "2"}, {"c", "2"}}));
}

TEST_P(KeyValueStoreContract, DeletesOneKeyOrARange) {
  WriteSet set;
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    set.Put(Table::kEvents, key, "x");
  }
  Write(set);
  WriteSet deletes;
  deletes.DeleteOnce(Table::kEvents, "a");
  deletes.DeleteRange(Table::kEvents, "c", "e");
  Write(deletes);
  EXPECT_EQ(All(Table::kEvents), Rows({{"b", "x"}, {"e", "x"}}));
}

TEST_P(KeyValueStoreContract, ScansBetweenTwoKeysUntilToldToStop) {
  WriteSet set;
  for (const char* key : {"a", "c", "e", "g"}) {
    set.Put(Table::kEvents, key, key);
  }
  Write(set);
  EXPECT_EQ(Scan(Table::kEvents, ScanRange::Between("b", "g")),
            Rows({{"c", "c"}, {"e", "e"}}));
  EXPECT_EQ(Scan(Table::kEvents, ScanRange::Between("c", "c1")),
            Rows({{"c", "c"}}));
  EXPECT_TRUE(Scan(Table::kEvents, ScanRange::Between("h", "z")).empty());
  int visited = 0;
  ASSERT_TRUE(store_
                  ->Scan(Table::kEvents, ScanRange::Between("a", "z"),
                         [&visited](std::string_view, std::string_view) {
                           return ++visited < 2;
                         })
                  .ok());
  EXPECT_EQ(visited, 2);
}

TEST_P(KeyValueStoreContract, AScanCanBeginWithTheKeyBefore) {
  WriteSet set;
  for (const char* key : {"b", "d", "f"}) set.Put(Table::kEvents, key, key);
  Write(set);
  const auto first = [this](std::string floor, std::string from) {
    ScanRange range;
    range.floor = std::move(floor);
    range.from = std::move(from);
    range.end = "z";
    const Rows rows = Scan(Table::kEvents, range);
    return rows.empty() ? std::string("none") : rows[0].first;
  };
  EXPECT_EQ(first("a", "d"), "d");
  EXPECT_EQ(first("a", "e"), "d");
  EXPECT_EQ(first("d", "e"), "d");
  EXPECT_EQ(first("d1", "e"), "f") << "the key before is below the floor";
  EXPECT_EQ(first("a", "a1"), "b");
  EXPECT_EQ(first("a", "y"), "f");
  EXPECT_EQ(first("g", "y"), "none");
}

TEST_P(KeyValueStoreContract, FindsTheLastKeyOfARange) {
  WriteSet set;
  for (const char* key : {"b", "d"}) set.Put(Table::kEvents, key, key);
  Write(set);
  EXPECT_EQ(*store_->LastKey(Table::kEvents, "", "z"), "d");
  EXPECT_EQ(*store_->LastKey(Table::kEvents, "", "d"), "b");
  EXPECT_EQ(*store_->LastKey(Table::kEvents, "c", "d"), std::nullopt);
  EXPECT_EQ(*store_->LastKey(Table::kEvents, "e", "z"), std::nullopt);
}

TEST_P(KeyValueStoreContract, DroppingKeepsEverythingAbove) {
  WriteSet set;
  for (const char* key : {"a", "b", "c"}) set.Put(Table::kEvents, key, key);
  Write(set);
  store_->DropBelow(Table::kEvents, "b");
  EXPECT_EQ(Scan(Table::kEvents, ScanRange::Between("b", "z")),
            Rows({{"b", "b"}, {"c", "c"}}));
  EXPECT_TRUE(store_->Sync().ok());
}

TEST_P(KeyValueStoreContract, AgreesWithAMapUnderRandomWrites) {
  std::mt19937 random(1);
  std::map<std::string, std::string> model;
  const auto key = [&random] {
    return std::string(1, static_cast<char>('a' + random() % 20));
  };
  for (int i = 0; i < 300; ++i) {
    WriteSet set;
    for (uint32_t changes = random() % 4; changes > 0; --changes) {
      std::string a = key();
      std::string b = key();
      switch (random() % 4) {
        case 0:
          set.Delete(Table::kCursors, a);
          model.erase(a);
          break;
        case 1:
          if (b < a) std::swap(a, b);
          set.DeleteRange(Table::kCursors, a, b);
          model.erase(model.lower_bound(a), model.lower_bound(b));
          break;
        default:
          set.Put(Table::kCursors, a, std::to_string(i));
          model[a] = std::to_string(i);
      }
    }
    Write(set);
    ASSERT_EQ(All(Table::kCursors), Rows(model.begin(), model.end()));
  }
}

}  // namespace
}  // namespace sluice
