#include "pipeline/api/plugin_registry.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/config/v1/secret.pb.h"

namespace sluice {
namespace {

using config::v1::LabelMatch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class IdleSource final : public Source {
 public:
  absl::Status Start(const ComponentContext&, Emitter*,
                     std::optional<std::string>) override {
    return absl::OkStatus();
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
};

// Any message serves as a configuration.
absl::StatusOr<std::unique_ptr<Source>> MakeSource(const LabelMatch& config) {
  if (config.value() == "wrong") return ConfigError("value", "is wrong");
  return std::make_unique<IdleSource>();
}

TEST(ConfigErrorTest, CarriesItsField) {
  const absl::Status status = ConfigError("labels[2].value", "is wrong");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "is wrong");
  EXPECT_EQ(ConfigErrorField(status), "labels[2].value");
}

TEST(ConfigErrorTest, OtherStatusesHaveNoField) {
  EXPECT_EQ(ConfigErrorField(absl::OkStatus()), "");
  EXPECT_EQ(ConfigErrorField(absl::InternalError("x")), "");
}

TEST(PluginRegistryTest, FindsWhatWasRegistered) {
  PluginRegistry registry;
  ASSERT_TRUE(
      registry.AddSource<LabelMatch>("idle", "does nothing", MakeSource).ok());
  const PluginEntry<Source>* entry = registry.source("idle");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->summary, "does nothing");
  ASSERT_NE(entry->config, nullptr);
  EXPECT_EQ(entry->config->GetDescriptor(), LabelMatch::descriptor());
  EXPECT_TRUE(entry->create(*entry->config).ok());
}

TEST(PluginRegistryTest, PassesTheFilledConfigurationToTheFactory) {
  PluginRegistry registry;
  ASSERT_TRUE(registry.AddSource<LabelMatch>("idle", "", MakeSource).ok());
  LabelMatch config;
  config.set_value("wrong");
  const auto made = registry.source("idle")->create(config);
  EXPECT_EQ(ConfigErrorField(made.status()), "value");
}

TEST(PluginRegistryTest, KeepsKindsApart) {
  PluginRegistry registry;
  ASSERT_TRUE(registry.AddSource<LabelMatch>("idle", "", MakeSource).ok());
  EXPECT_EQ(registry.sink("idle"), nullptr);
  EXPECT_EQ(registry.transform("idle"), nullptr);
  const auto make_sink =
      [](const LabelMatch&) -> absl::StatusOr<std::unique_ptr<Sink>> {
    return absl::UnimplementedError("not made here");
  };
  const auto make_transform =
      [](const LabelMatch&) -> absl::StatusOr<std::unique_ptr<Transform>> {
    return absl::UnimplementedError("not made here");
  };
  EXPECT_TRUE(registry.AddSink<LabelMatch>("idle", "", make_sink).ok());
  EXPECT_TRUE(
      registry.AddTransform<LabelMatch>("idle", "", make_transform).ok());
  EXPECT_NE(registry.sink("idle"), nullptr);
  EXPECT_NE(registry.transform("idle"), nullptr);
}

TEST(PluginRegistryTest, RefusesANameTwice) {
  PluginRegistry registry;
  ASSERT_TRUE(registry.AddSource<LabelMatch>("idle", "", MakeSource).ok());
  EXPECT_EQ(registry.AddSource<LabelMatch>("idle", "", MakeSource).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(PluginRegistryTest, ListsNamesInOrder) {
  PluginRegistry registry;
  for (const char* name : {"b", "c", "a"}) {
    ASSERT_TRUE(registry.AddSource<LabelMatch>(name, "", MakeSource).ok());
  }
  EXPECT_THAT(registry.source_names(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(registry.sink_names(), IsEmpty());
  EXPECT_THAT(registry.transform_names(), IsEmpty());
}

TEST(PluginRegistryTest, HasThePluginsOfTheOneItStandsOn) {
  PluginRegistry base;
  ASSERT_TRUE(base.AddSource<LabelMatch>("b", "", MakeSource).ok());
  PluginRegistry registry(&base);
  ASSERT_TRUE(registry.AddSource<LabelMatch>("a", "", MakeSource).ok());
  EXPECT_THAT(registry.source_names(), ElementsAre("a", "b"));
  EXPECT_EQ(registry.source("b"), base.source("b"));
  EXPECT_NE(registry.source("a"), nullptr);
  EXPECT_EQ(base.source("a"), nullptr);
  EXPECT_EQ(registry.AddSource<LabelMatch>("b", "", MakeSource).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(PluginRegistryTest, KeepsTheTypeOfAConfigurationAlive) {
  std::weak_ptr<const void> type;
  std::shared_ptr<google::protobuf::Message> config;
  {
    PluginEntry<Source> entry;
    entry.config_type = std::make_shared<int>();
    type = entry.config_type;
    entry.config = std::make_unique<LabelMatch>();
    config = entry.NewConfig();
  }
  EXPECT_FALSE(type.expired());
  config = nullptr;
  EXPECT_TRUE(type.expired());
}

}  // namespace
}  // namespace sluice
