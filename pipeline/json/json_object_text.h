// Writing a JSON object whose members are partly JSON already.
#ifndef PIPELINE_JSON_JSON_OBJECT_TEXT_H_
#define PIPELINE_JSON_JSON_OBJECT_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// Members stand in the order they were added. REQUIRES: names and strings are
// UTF-8, `json` is JSON.
class JsonObjectText {
 public:
  JsonObjectText& Add(std::string_view name, std::string_view json);
  // `quoted_name` is a JSON string already.
  JsonObjectText& AddQuoted(std::string_view quoted_name,
                            std::string_view json);
  JsonObjectText& AddString(std::string_view name, std::string_view value);
  JsonObjectText& AddInteger(std::string_view name, int64_t value);
  JsonObjectText& AddStrings(std::string_view name,
                             const std::vector<std::string>& values);

  // The whole object.
  std::string text() const { return members_.empty() ? "{}" : members_ + "}"; }

 private:
  std::string members_;
};

// `["a","b"]`. REQUIRES: `values` are UTF-8.
std::string JsonArrayOfStrings(const std::vector<std::string>& values);

// `[a,b]` of JSON texts.
std::string JsonArrayOf(const std::vector<std::string>& values);

}  // namespace sluice

#endif  // PIPELINE_JSON_JSON_OBJECT_TEXT_H_
