#include "tools/demo/demo_config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"

namespace sluice::demo {
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
  const std::string path =
      testing::TempDir() + "/demo_config_test_" + std::to_string(::getpid());
  ::mkdir(path.c_str(), 0700);
  return path;
}

TEST(DemoConfigTest, WritesAConfigurationThatLoads) {
  const auto config = WriteDemoConfig(kReady, Directory());
  ASSERT_TRUE(config.ok()) << config.status();
  for (std::string variable : config->environment) {
    const size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(),
             variable.substr(equals + 1).c_str(), 1);
  }
  PluginRegistry plugins;
  ASSERT_TRUE(RegisterBuiltinPlugins(plugins).ok());
  const LoadResult loaded = LoadConfig(config->path, plugins);
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.ToString();
  }
}

TEST(DemoConfigTest, SaysWhatTheReadyLineLacks) {
  const auto config = WriteDemoConfig("{}", Directory());
  EXPECT_EQ(config.status(),
            absl::InternalError(
                "the sandbox's ready line lacks disruptive.base_url"));
}

}  // namespace
}  // namespace sluice::demo
