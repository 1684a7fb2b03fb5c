// Which plugins the configuration that runs can name.
#ifndef PIPELINE_SERVICE_CURRENT_PLUGINS_H_
#define PIPELINE_SERVICE_CURRENT_PLUGINS_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice {

// Thread-safety: all methods from any thread.
class CurrentPlugins {
 public:
  // `plugins` is not null.
  explicit CurrentPlugins(std::shared_ptr<const PluginRegistry> plugins)
      : plugins_(std::move(plugins)) {}

  std::shared_ptr<const PluginRegistry> Get() const {
    absl::MutexLock lock(&mu_);
    return plugins_;
  }

  // Another configuration runs, with these.
  void Set(std::shared_ptr<const PluginRegistry> plugins) {
    absl::MutexLock lock(&mu_);
    // What only the old ones used ends behind the lock.
    plugins_.swap(plugins);
  }

 private:
  mutable absl::Mutex mu_;
  std::shared_ptr<const PluginRegistry> plugins_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_CURRENT_PLUGINS_H_
