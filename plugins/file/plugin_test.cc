#include "plugins/file/plugin.h"

#include <string>

#include "gtest/gtest.h"
#include "plugins/file/config.pb.h"

namespace sluice::file {
namespace {

class FilePluginTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(RegisterFile(registry_).ok()); }

  // The field that a configuration is refused for; "" when it is taken.
  std::string RefusedField(const v1::FileSinkConfig& config) {
    auto sink = registry_.sink("file")->create(config);
    return sink.ok() ? "" : ConfigErrorField(sink.status());
  }

  PluginRegistry registry_;
};

TEST_F(FilePluginTest, APathIsEnough) {
  v1::FileSinkConfig config;
  config.set_path("/nowhere/events.jsonl");
  auto sink = registry_.sink("file")->create(config);
  ASSERT_TRUE(sink.ok());
  EXPECT_FALSE((*sink)->traits().idempotent);
  EXPECT_EQ((*sink)->traits().max_in_flight, 1);
}

TEST_F(FilePluginTest, NamesTheFieldOfAValueOutOfRange) {
  v1::FileSinkConfig config;
  EXPECT_EQ(RefusedField(config), "path");
  config.set_path("/var/log/");
  EXPECT_EQ(RefusedField(config), "path");
  config.set_path("/var/log/events");
  config.set_max_bytes(1000);
  EXPECT_EQ(RefusedField(config), "max_bytes");
  config.set_max_bytes(1 << 20);
  config.mutable_max_age()->set_nanos(5);
  EXPECT_EQ(RefusedField(config), "max_age");
  config.mutable_max_age()->set_seconds(1);
  config.set_keep_files(10'001);
  EXPECT_EQ(RefusedField(config), "keep_files");
  config.set_keep_files(0);
  config.mutable_sync_interval()->set_seconds(1);
  EXPECT_EQ(RefusedField(config), "sync_interval");
  config.set_sync(v1::INTERVAL);
  EXPECT_EQ(RefusedField(config), "");
  config.mutable_sync_interval()->set_seconds(0);
  EXPECT_EQ(RefusedField(config), "sync_interval");
}

}  // namespace
}  // namespace sluice::file
