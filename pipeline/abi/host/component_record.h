// The started components of this process by their handles.
#ifndef PIPELINE_ABI_HOST_COMPONENT_RECORD_H_
#define PIPELINE_ABI_HOST_COMPONENT_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/abi/host/component_host.h"
#include "pipeline/abi/host/http_calls.h"
#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/component.h"

namespace sluice::abi {

// A metric that a component has opened.
using OpenMetric = std::variant<Counter*, Gauge*, Histogram*>;

// What stands behind a handle.
class ComponentHost::Record {
 public:
  Record(const ComponentContext& context, std::string plugin, Owner* owner);

  const ComponentContext& context() const { return context_; }
  Owner* owner() const { return owner_; }
  // "pipeline.name" of the component.
  std::string FullName() const;

  // As ComponentHost::Complain(). Any thread, pinned.
  void Complain(std::string_view what);

  // The number of `metric`, from 1; 0: there are too many.
  uint32_t AddMetric(OpenMetric metric);
  // Null: no metric of that kind has this number.
  template <typename Metric>
  Metric* FindMetric(uint32_t number) {
    absl::MutexLock lock(&mu_);
    if (number == 0 || number > metrics_.size()) return nullptr;
    Metric** found = std::get_if<Metric*>(&metrics_[number - 1]);
    return found == nullptr ? nullptr : *found;
  }

  // On the executor. Null once it is closed, which cancels every request.
  HttpCalls* http() { return http_.get(); }
  void CloseHttp() { http_ = nullptr; }

  // Keeps Close() from returning. False: it has been called.
  bool Pin();
  void Unpin();
  void Close();

 private:
  static constexpr size_t kMaxMetrics = 1000;

  const ComponentContext context_;
  const std::string plugin_;
  Owner* const owner_;
  std::unique_ptr<HttpCalls> http_;
  Counter* const faults_;
  absl::Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  int pins_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<OpenMetric> metrics_ ABSL_GUARDED_BY(mu_);
  absl::Duration next_complaint_ ABSL_GUARDED_BY(mu_);
  uint64_t unsaid_complaints_ ABSL_GUARDED_BY(mu_) = 0;
};

// Makes `record` reachable; never gives a handle twice.
SluiceComponent OpenHandle(std::shared_ptr<ComponentHost::Record> record);
void CloseHandle(SluiceComponent handle);
// Null: no such component. On the component's executor it stays as long as the
// call that asks; other threads pin it.
std::shared_ptr<ComponentHost::Record> FindComponent(SluiceComponent handle);

// A component that does not go away as long as this does; or none.
class PinnedComponent {
 public:
  explicit PinnedComponent(SluiceComponent handle);
  ~PinnedComponent();
  PinnedComponent(const PinnedComponent&) = delete;
  PinnedComponent& operator=(const PinnedComponent&) = delete;

  explicit operator bool() const { return record_ != nullptr; }
  ComponentHost::Record* operator->() const { return record_.get(); }

 private:
  std::shared_ptr<ComponentHost::Record> record_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_HOST_COMPONENT_RECORD_H_
