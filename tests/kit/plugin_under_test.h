// What a conformance test is generated from and what it asks for: defined by
// the macros of tools/bazel/plugin_test.bzl, in each test program once.
#ifndef TESTS_KIT_PLUGIN_UNDER_TEST_H_
#define TESTS_KIT_PLUGIN_UNDER_TEST_H_

#include <string>

#include "absl/status/status.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::kit {

// Calls the plugin's registering function.
absl::Status RegisterPluginUnderTest(PluginRegistry& registry);

// The macro's `config`; empty: the fixture has it.
std::string ConfigUnderTest();

}  // namespace sluice::kit

#endif  // TESTS_KIT_PLUGIN_UNDER_TEST_H_
