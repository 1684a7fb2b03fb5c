#include "plugins/disruptive/plugin.h"

#include <cstdlib>
#include <memory>

#include "gtest/gtest.h"
#include "plugins/disruptive/config.pb.h"

namespace sluice::disruptive {
namespace {

TEST(PluginTest, MakesASourceOfAFilledConfiguration) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterDisruptive(registry).ok());
  const PluginEntry<Source>* entry = registry.source("disruptive");
  ASSERT_NE(entry, nullptr);
  std::unique_ptr<google::protobuf::Message> message(entry->config->New());
  auto& config = dynamic_cast<v1::DisruptiveConfig&>(*message);
  EXPECT_EQ(ConfigErrorField(entry->create(config).status()), "project");

  setenv("PLUGIN_TEST_SECRET", "s", 1);
  config.set_project("p");
  config.mutable_credentials()->set_key_id("k");
  config.mutable_credentials()->set_email("e");
  config.mutable_credentials()->mutable_secret()->set_env("PLUGIN_TEST_SECRET");
  const auto source = entry->create(config);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE((*source)->traits().may_repeat);
}

TEST(PluginTest, RegistersOnce) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterDisruptive(registry).ok());
  EXPECT_EQ(RegisterDisruptive(registry).code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace sluice::disruptive
