#include "plugins/generate/plugin.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "plugins/generate/config.pb.h"

namespace sluice::generate {
namespace {

class GeneratePluginTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(RegisterGenerate(registry_).ok()); }

  // The field that a configuration is refused for; "" when it is taken.
  std::string RefusedField(const v1::GenerateSourceConfig& config) {
    auto source = registry_.source("generate")->create(config);
    return source.ok() ? "" : ConfigErrorField(source.status());
  }

  PluginRegistry registry_;
};

TEST_F(GeneratePluginTest, AnEmptyConfigurationIsEnough) {
  auto source =
      registry_.source("generate")->create(v1::GenerateSourceConfig());
  ASSERT_TRUE(source.ok());
  EXPECT_FALSE((*source)->traits().may_repeat);
  EXPECT_FALSE((*source)->finished());
}

TEST_F(GeneratePluginTest, NamesTheFieldOfAValueOutOfRange) {
  v1::GenerateSourceConfig config;
  for (double rate : {-1.0, 2e9, std::numeric_limits<double>::quiet_NaN(),
                      std::numeric_limits<double>::infinity()}) {
    config.set_rate(rate);
    EXPECT_EQ(RefusedField(config), "rate") << rate;
  }
  config.set_rate(0.5);
  EXPECT_EQ(RefusedField(config), "");
  config.set_devices(1'000'000'001);
  EXPECT_EQ(RefusedField(config), "devices");
  config.set_devices(1);
  for (uint32_t bytes : {1u, 79u, (8u << 20) + 1}) {
    config.set_payload_bytes(bytes);
    EXPECT_EQ(RefusedField(config), "payload_bytes") << bytes;
  }
  config.set_payload_bytes(80);
  EXPECT_EQ(RefusedField(config), "");
}

}  // namespace
}  // namespace sluice::generate
