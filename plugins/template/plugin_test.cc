#include "plugins/template/plugin.h"

#include "gtest/gtest.h"
#include "plugins/template/config.pb.h"

namespace sluice::template_transform {
namespace {

TEST(TemplatePluginTest, MakesTheTransformUnderItsName) {
  PluginRegistry registry;
  ASSERT_TRUE(RegisterTemplate(registry).ok());
  const PluginEntry<Transform>* entry = registry.transform("template");
  ASSERT_NE(entry, nullptr);
  v1::TemplateConfig config;
  config.set_subject("{{ labels.room }}");
  EXPECT_TRUE(entry->create(config).ok());
  EXPECT_FALSE(entry->create(v1::TemplateConfig()).ok());
}

}  // namespace
}  // namespace sluice::template_transform
