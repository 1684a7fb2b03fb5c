#include "pipeline/json/json_media_type.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(JsonMediaTypeTest, KnowsWhatSaysJson) {
  for (const char* type :
       {"", "application/json", "APPLICATION/JSON", "text/json",
        "application/json; charset=utf-8", "application/json ;charset=utf-8",
        "application/vnd.x+json", "application/CloudEvents+Json;v=1", ";"}) {
    EXPECT_TRUE(IsJsonMediaType(type)) << type;
  }
  for (const char* type :
       {"text/plain", "json", "application/jsonish", "application/json-seq",
        "application/octet-stream", "text/plain;a=x/json", "image/png"}) {
    EXPECT_FALSE(IsJsonMediaType(type)) << type;
  }
}

}  // namespace
}  // namespace sluice
