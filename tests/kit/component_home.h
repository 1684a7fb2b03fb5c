// The surroundings of a component that is tried out: real threads, real time, a
// real HTTP client.
#ifndef TESTS_KIT_COMPONENT_HOME_H_
#define TESTS_KIT_COMPONENT_HOME_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/metrics/metrics.h"

namespace sluice::kit {

// How long something that has to come is waited for: far longer than a machine
// under load needs, so only a broken plugin sees the end of it. The kit's own
// tests, where plugins are broken, wait less.
struct Patience {
  absl::Duration answer = absl::Seconds(30);
  // What a delivery is given when it will not be answered in time.
  absl::Duration short_delivery = absl::Seconds(2);
  // How late an answer may be.
  absl::Duration slack = absl::Seconds(5);
};

// Home of one component.
//
// Thread-safety: used by the test's thread.
class ComponentHome {
 public:
  ComponentHome();
  ~ComponentHome();
  ComponentHome(const ComponentHome&) = delete;
  ComponentHome& operator=(const ComponentHome&) = delete;

  // Lives as long as this.
  const ComponentContext& context() const { return context_; }
  Executor& executor() { return *loop_; }

  // Runs `task` on the executor and returns once it has run. Ends the program
  // after two minutes: then a method of the component does not return.
  void Run(absl::AnyInvocable<void()> task);

  // Every report so far.
  std::vector<Health> reports() const;

  // Keeps `component` alive until the program ends, with this home's parts: for
  // one that did not stop, which must not be destroyed.
  template <typename Component>
  void LeaveBehind(std::unique_ptr<Component> component) {
    left_behind_.push_back(std::shared_ptr<Component>(std::move(component)));
  }

 private:
  class Ear;

  std::vector<std::shared_ptr<void>> left_behind_;
  std::unique_ptr<Ear> ear_;
  std::unique_ptr<MetricRegistry> metrics_;
  absl::BitGen generator_;
  absl::BitGenRef random_{generator_};
  ComponentContext context_;
  std::unique_ptr<HttpLoop> loop_;
};

// `events` in few words for messages: "3 events (a, b, c)".
std::string Listed(const std::vector<std::string>& ids);

}  // namespace sluice::kit

#endif  // TESTS_KIT_COMPONENT_HOME_H_
