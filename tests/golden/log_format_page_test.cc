// What docs/log_format.md shows in hex is what the code reads and writes.
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "storage/format/keys.h"
#include "storage/format/record.h"
#include "tests/golden/golden_log.h"

namespace sluice {
namespace {

std::string Page() {
  std::ifstream file("docs/log_format.md");
  EXPECT_TRUE(file.good());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The bytes of the code block behind the line `heading`: the first column of
// each line, up to two spaces, is hex.
std::string HexBlock(const std::string& heading) {
  const std::string page = Page();
  const size_t at = page.find(heading);
  EXPECT_NE(at, std::string::npos) << heading;
  const size_t begin = page.find("```\n", at) + 4;
  const size_t end = page.find("```", begin);
  std::string hex;
  for (absl::string_view line :
       absl::StrSplit(page.substr(begin, end - begin), '\n')) {
    for (char c : line.substr(0, line.find("   "))) {
      if (absl::ascii_isxdigit(static_cast<unsigned char>(c))) hex += c;
    }
  }
  return absl::HexStringToBytes(hex);
}

TEST(LogFormatPageTest, TheExampleKeyIsThatOfItsSequence) {
  EXPECT_EQ(HexBlock("The key:"), format::NumberKey(42));
}

TEST(LogFormatPageTest, TheExampleRecordIsReadAndWrittenAsShown) {
  const std::string record = HexBlock("The value:");
  const auto header = format::ParseRecordHeader(record);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->codec, format::Codec::kNone);
  EXPECT_EQ(header->first_sequence, ExampleHeader().first_sequence);
  EXPECT_EQ(header->begin_offset, ExampleHeader().begin_offset);
  EXPECT_EQ(header->append_unix_nanos, ExampleHeader().append_unix_nanos);
  EXPECT_EQ(header->event_count, 1u);
  const auto batch = format::ParseRecordBody(*header, record);
  ASSERT_TRUE(batch.ok()) << batch.status();
  const EventView event = (*batch)->event(0);
  EXPECT_EQ(event.id(), "e1");
  EXPECT_EQ(event.type(), "temperature");
  EXPECT_EQ(event.data(), R"({"t":21})");

  std::string written;
  format::RecordEncoder(format::Codec::kNone)
      .Append(ExampleHeader(), *ExampleBatch(), &written);
  EXPECT_EQ(written, record);
}

TEST(LogFormatPageTest, ThePageNamesTheCurrentVersion) {
  EXPECT_NE(
      Page().find(absl::StrCat("Format version ", format::kFormatVersion, ".")),
      std::string::npos);
}

}  // namespace
}  // namespace sluice
