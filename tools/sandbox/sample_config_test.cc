#include "tools/sandbox/sample_config.h"

#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"

namespace sluice::sandbox {
namespace {

constexpr char kReady[] = R"({"ready": true,
  "disruptive": {"base_url": "http://127.0.0.1:1/v2",
                 "token_url": "http://127.0.0.1:1/oauth2/token",
                 "project": "c0000000000000000001",
                 "credentials": {"serviceAccount": {"keyId": "k", "secret": "s",
                   "email": "e@example.com", "algorithm": "HS256",
                   "tokenEndpoint": "http://127.0.0.1:1/oauth2/token"}}},
  "feed": {"base_url": "http://127.0.0.1:2", "api_key": "key",
           "api_secret": "secret"},
  "inthing": {"base_url": "http://127.0.0.1:3",
              "stream": "4d9f242c-0805-11e6-8d28-fb90f1f704e0",
              "password": "daffodil"}})";

std::string Directory() {
  return testing::TempDir() + "/sample_config_test_" +
         std::to_string(::getpid());
}

TEST(SampleConfigTest, WritesAConfigurationThatLoads) {
  const auto config = WriteSampleConfig(kReady, Directory(), 4);
  ASSERT_TRUE(config.ok()) << config.status();
  PluginRegistry plugins;
  ASSERT_TRUE(RegisterBuiltinPlugins(plugins).ok());
  const LoadResult loaded = LoadConfig(*config, plugins);
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.ToString();
  }
}

TEST(SampleConfigTest, SaysWhatTheReadyLineLacks) {
  const auto config = WriteSampleConfig("{}", Directory(), 4);
  EXPECT_EQ(config.status(),
            absl::InternalError(
                "the sandbox's ready line lacks disruptive.base_url"));
}

}  // namespace
}  // namespace sluice::sandbox
