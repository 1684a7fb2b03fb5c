#include "pipeline/topology/config_schema.h"

#include <string>

#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/test_plugins.h"

namespace sluice {
namespace {

using boost::json::object;
using boost::json::value;

// What files it takes and refuses, the conformance suite `config_schema` tries
// with a validator of JSON Schema.
class ConfigSchemaTest : public testing::Test {
 protected:
  ConfigSchemaTest() {
    RegisterTestPlugins(registry_);
    schema_ = ConfigSchema(registry_);
  }

  const object& Definition(const std::string& name) const {
    return schema_.at("$defs").as_object().at(name).as_object();
  }

  PluginRegistry registry_;
  object schema_;
};

TEST_F(ConfigSchemaTest, KnowsTheKeysOfTheTop) {
  EXPECT_EQ(schema_.at("additionalProperties"), value(false));
  const object& keys = schema_.at("properties").as_object();
  EXPECT_TRUE(keys.contains("data_dir"));
  EXPECT_TRUE(keys.contains("pipelines"));
  EXPECT_TRUE(schema_.at("patternProperties").as_object().contains("^x-"));
}

TEST_F(ConfigSchemaTest, AComponentHasOneOfItsPlugins) {
  const object& sink = Definition("sluice.config.v1.Sink");
  const object& keys = sink.at("properties").as_object();
  EXPECT_TRUE(keys.contains("post"));
  EXPECT_TRUE(keys.contains("null"));
  EXPECT_TRUE(keys.contains("retry"));
  EXPECT_FALSE(keys.contains("ticker")) << "that is a source";
  EXPECT_FALSE(keys.contains("plugin")) << "a plugin stands under its name";
  EXPECT_EQ(sink.at("oneOf").as_array().size(), registry_.sink_names().size());
}

TEST_F(ConfigSchemaTest, EachReferenceHasItsDefinition) {
  const std::string text = boost::json::serialize(schema_);
  const std::string mark = "\"$ref\":\"#/$defs/";
  size_t references = 0;
  for (size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + 1)) {
    const size_t begin = at + mark.size();
    const std::string name = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_TRUE(Definition(name).contains("properties") ||
                Definition(name).contains("anyOf"))
        << name;
    ++references;
  }
  EXPECT_GT(references, 10u);
}

TEST_F(ConfigSchemaTest, ASecretIsAReference) {
  const object& secret = Definition("sluice.config.v1.Secret");
  EXPECT_EQ(secret.at("maxProperties"), value(1));
  EXPECT_EQ(secret.at("type"), value("object"));
}

}  // namespace
}  // namespace sluice
