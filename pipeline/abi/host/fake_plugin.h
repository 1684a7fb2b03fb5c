// A plugin of a library as tests want it: does nothing by itself, and notes
// what it is called with.
#ifndef PIPELINE_ABI_HOST_FAKE_PLUGIN_H_
#define PIPELINE_ABI_HOST_FAKE_PLUGIN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "pipeline/abi/host/library_plugin.h"
#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/component.h"
#include "tests/testing/manual_executor.h"

namespace sluice::abi {

// Of each component that is made the address of this is the instance, so there
// is one at a time.
struct FakePlugin {
  FakePlugin();

  // What a library would point to, for tests to spoil.
  SluiceSourceFunctions source = {};
  SluiceTransformFunctions transform = {};
  SluiceSinkFunctions sink = {};
  // Of `kind`.
  SluicePlugin Describe(uint32_t kind);
  // A component of it, as the host sees it.
  Instance Make(uint32_t kind);

  // What it does.
  SluiceCode create_code = SLUICE_OK;
  SluiceCode start_code = SLUICE_OK;
  bool stops_at_once = true;
  bool finished = false;
  std::function<SluiceCode(SluiceBytes event, const SluiceTransformOutput&,
                           const SluiceErrorReceiver&)>
      on_apply;
  std::function<void(const SluiceDelivery&)> on_deliver;

  // What it saw.
  SluiceComponent component = 0;
  std::string created_with;
  std::string name;
  std::optional<std::string> checkpoint;
  int stops = 0;
  int destroyed = 0;
  int ready = 0;
  // "1: OK", "2: it says why (14)".
  std::vector<std::string> acknowledged;
  std::vector<uint64_t> deliveries;

  std::string config_files;
};

// What a component runs in.
struct FakeSurroundings {
  FakeSurroundings();

  ManualExecutor executor;
  MetricRegistry metrics;
  std::vector<Health> health;
  ComponentContext context;

  // Times the plugin did what it must not.
  uint64_t faults();

 private:
  class Reporter final : public HealthReporter {
   public:
    explicit Reporter(std::vector<Health>* health) : health_(health) {}
    void Report(Health health) override {
      health_->push_back(std::move(health));
    }

   private:
    std::vector<Health>* health_;
  };

  Reporter reporter_{&health};
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_FAKE_PLUGIN_H_
