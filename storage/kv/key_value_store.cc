#include "storage/kv/key_value_store.h"

namespace sluice {

void WriteSet::PutView(Table table, std::string key, std::string_view value) {
  Add(Kind::kPut, table, std::move(key), value, {});
}

void WriteSet::Put(Table table, std::string key, std::string value) {
  values_.push_back(std::move(value));
  Add(Kind::kPut, table, std::move(key), values_.back(), {});
}

void WriteSet::Delete(Table table, std::string key) {
  Add(Kind::kDelete, table, std::move(key), {}, {});
}

void WriteSet::DeleteOnce(Table table, std::string key) {
  Add(Kind::kDeleteOnce, table, std::move(key), {}, {});
}

void WriteSet::DeleteRange(Table table, std::string begin, std::string end) {
  Add(Kind::kDeleteRange, table, std::move(begin), {}, std::move(end));
}

void WriteSet::Add(Kind kind, Table table, std::string key,
                   std::string_view value, std::string end) {
  byte_size_ += key.size() + value.size() + end.size();
  changes_.push_back({kind, table, std::move(key), value, std::move(end)});
}

}  // namespace sluice
