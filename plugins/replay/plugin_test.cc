#include "plugins/replay/plugin.h"

#include <string>

#include "gtest/gtest.h"
#include "plugins/replay/config.pb.h"

namespace sluice::replay {
namespace {

class ReplayPluginTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterReplay(registry_).ok());
    config_.set_path("/data/day.jsonl");
  }

  // The field that config_ is refused for; "" when it is taken.
  std::string RefusedField() {
    auto source = registry_.source("replay")->create(config_);
    return source.ok() ? "" : ConfigErrorField(source.status());
  }

  PluginRegistry registry_;
  v1::ReplaySourceConfig config_;
};

TEST_F(ReplayPluginTest, APathIsEnough) {
  EXPECT_EQ(RefusedField(), "");
  config_.clear_path();
  EXPECT_EQ(RefusedField(), "path");
}

TEST_F(ReplayPluginTest, NamesTheFieldOfAValueOutOfRange) {
  config_.set_rate(-1);
  EXPECT_EQ(RefusedField(), "rate");
  config_.set_rate(0);
  config_.set_speed(-1);
  EXPECT_EQ(RefusedField(), "speed");
  config_.set_speed(0);
  config_.set_max_line_bytes(10);
  EXPECT_EQ(RefusedField(), "max_line_bytes");
}

TEST_F(ReplayPluginTest, RefusesWhatDoesNotGoTogether) {
  config_.set_speed(1);
  config_.set_rate(1);
  EXPECT_EQ(RefusedField(), "speed");
  config_.set_rate(0);
  config_.set_follow(true);
  EXPECT_EQ(RefusedField(), "speed");
  config_.set_speed(0);
  config_.set_loop(true);
  EXPECT_EQ(RefusedField(), "loop");
}

TEST_F(ReplayPluginTest, ADataMemberIsForJsonOnly) {
  config_.mutable_fields()->set_data("payload");
  EXPECT_EQ(RefusedField(), "");
  config_.set_path("/data/day.CSV");
  EXPECT_EQ(RefusedField(), "fields.data");
  config_.set_format(v1::JSON_LINES);
  EXPECT_EQ(RefusedField(), "");
  config_.set_format(v1::CSV);
  EXPECT_EQ(RefusedField(), "fields.data");
}

}  // namespace
}  // namespace sluice::replay
