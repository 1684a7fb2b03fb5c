#include "pipeline/http/gzip_encoder.h"

#include <random>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/gunzip.h"

namespace sluice {
namespace {

std::string Noise(size_t size) {
  std::mt19937 random(7);
  std::string noise(size, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

TEST(GzipEncoderTest, GivesBackWhatWasPutIn) {
  GzipEncoder encoder;
  for (const std::string& bytes :
       {std::string(), std::string("{}"), std::string(1 << 20, 'a'),
        std::string("\0\xff\n", 3), Noise(300'000), std::string("again")}) {
    EXPECT_EQ(Gunzip(encoder.Encode(bytes)), bytes) << bytes.size();
  }
}

TEST(GzipEncoderTest, MakesRepetitionSmallAndNoiseHardlyLarger) {
  GzipEncoder encoder;
  EXPECT_LT(encoder.Encode(std::string(1 << 20, 'a')).size(), 10'000u);
  EXPECT_LT(encoder.Encode(Noise(1 << 20)).size(), (1u << 20) + 1000);
}

// A repeated request is the same request, whatever was sent between.
TEST(GzipEncoderTest, MakesTheSameOfTheSame) {
  GzipEncoder encoder;
  const std::string first = encoder.Encode("the same");
  encoder.Encode("something else");
  EXPECT_EQ(encoder.Encode("the same"), first);
  EXPECT_EQ(GzipEncoder().Encode("the same"), first);
}

TEST(GzipEncoderTest, CanBeMoved) {
  GzipEncoder encoder;
  GzipEncoder moved = std::move(encoder);
  EXPECT_EQ(Gunzip(moved.Encode("text")), "text");
  moved = GzipEncoder();
  EXPECT_EQ(Gunzip(moved.Encode("text")), "text");
}

}  // namespace
}  // namespace sluice
