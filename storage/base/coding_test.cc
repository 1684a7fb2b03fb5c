#include "storage/base/coding.h"

#include <cstdint>
#include <string>

#include "google/protobuf/io/coded_stream.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using google::protobuf::io::CodedOutputStream;

TEST(CodingTest, FixedWidthsHaveTheByteOrderOfTheirName) {
  char bytes[8];
  StoreBigEndian64(bytes, 0x0102030405060708);
  EXPECT_EQ(std::string(bytes, 8), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(LoadBigEndian64(bytes), 0x0102030405060708u);
  StoreLittleEndian64(bytes, 0x0102030405060708);
  EXPECT_EQ(std::string(bytes, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(LoadLittleEndian64(bytes), 0x0102030405060708u);
  StoreLittleEndian32(bytes, 0x01020304);
  EXPECT_EQ(std::string(bytes, 4), "\x04\x03\x02\x01");
  EXPECT_EQ(LoadLittleEndian32(bytes), 0x01020304u);
}

TEST(CodingTest, VarintsAreThoseOfProtobuf) {
  for (int bit = 0; bit < 64; ++bit) {
    for (int64_t delta = -1; delta <= 1; ++delta) {
      const uint64_t value = (uint64_t{1} << bit) + delta;
      char bytes[kMaxVarint64Bytes];
      char* const end = StoreVarint(bytes, value);
      const size_t size = static_cast<size_t>(end - bytes);
      uint8_t expected[kMaxVarint64Bytes];
      uint8_t* const expected_end =
          CodedOutputStream::WriteVarint64ToArray(value, expected);
      EXPECT_EQ(std::string(bytes, size), std::string(expected, expected_end));
      EXPECT_EQ(VarintSize(value), size) << value;
      uint64_t read = 0;
      EXPECT_EQ(LoadVarint(bytes, end, &read), end);
      EXPECT_EQ(read, value);
      for (const char* cut = bytes; cut < end; ++cut) {
        EXPECT_EQ(LoadVarint(bytes, cut, &read), nullptr) << value;
      }
    }
  }
}

TEST(CodingTest, RefusesVarintsOfMoreThan64Bits) {
  uint64_t read = 0;
  const std::string eleven_bytes = std::string(10, '\x80') + '\x01';
  EXPECT_EQ(LoadVarint(eleven_bytes.data(),
                       eleven_bytes.data() + eleven_bytes.size(), &read),
            nullptr);
  const std::string bit_65 = std::string(9, '\xff') + '\x02';
  EXPECT_EQ(LoadVarint(bit_65.data(), bit_65.data() + bit_65.size(), &read),
            nullptr);
}

}  // namespace
}  // namespace sluice
