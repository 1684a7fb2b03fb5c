// The ComponentContext of a component in a library, made of the functions of
// the host.
#ifndef PIPELINE_ABI_LIBRARY_SURROUNDINGS_H_
#define PIPELINE_ABI_LIBRARY_SURROUNDINGS_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "absl/random/bit_gen_ref.h"
#include "pipeline/abi/library/host_http_client.h"
#include "pipeline/abi/library/host_port.h"
#include "pipeline/abi/plugin_abi.h"
#include "pipeline/api/component.h"

namespace sluice::abi {

// The component's executor. Tasks keep `alive` alive, which this is part of:
// they may outlive the component that posted them.
class HostExecutor final : public Executor {
 public:
  explicit HostExecutor(HostPort port) : port_(port) {}
  void KeepAlive(std::weak_ptr<const void> alive) { alive_ = std::move(alive); }

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override;
  absl::Time Now() const override;
  absl::Duration MonotonicNow() const override;

 private:
  SluiceTask MakeTask(Task task) const;

  const HostPort port_;
  std::weak_ptr<const void> alive_;
};

class HostHealth final : public HealthReporter {
 public:
  explicit HostHealth(HostPort port) : port_(port) {}

  void Report(Health health) override;
  void ReportGaps(SourceGaps gaps) override;

 private:
  const HostPort port_;
};

// Shows in the process what the component counts.
class HostMetrics final : public MetricMirror {
 public:
  explicit HostMetrics(HostPort port) : port_(port) {}

  uint32_t Open(MetricKind kind, std::string_view name,
                const MetricLabels& labels, std::string_view help) override;
  void AddToCounter(uint32_t metric, uint64_t n) override;
  void SetGauge(uint32_t metric, int64_t value) override;
  void AddToGauge(uint32_t metric, int64_t n) override;
  void NoteInHistogram(uint32_t metric, absl::Duration time,
                       uint64_t n) override;

 private:
  const HostPort port_;
};

// Random bits of the host, as the standard library wants them.
class HostBits {
 public:
  using result_type = uint64_t;
  explicit HostBits(HostPort port) : port_(port) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() {
    return std::numeric_limits<result_type>::max();
  }
  result_type operator()() { return port_.host->random_bits(port_.component); }

 private:
  const HostPort port_;
};

// Everything around one component. It has no rate budgets: a component of a
// library keeps to itself.
class Surroundings {
 public:
  // `start` is read, not kept.
  static std::shared_ptr<Surroundings> Make(const SluiceHost* host,
                                            const SluiceStart& start);

  const ComponentContext& context() const { return context_; }
  const HostPort& port() const { return port_; }

 private:
  Surroundings(HostPort port, const SluiceStart& start);

  const HostPort port_;
  HostExecutor executor_;
  HostHttpClient http_;
  HostHealth health_;
  HostMetrics mirror_;
  MetricRegistry metrics_;
  HostBits bits_;
  absl::BitGenRef random_;
  ComponentContext context_;
};

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_SURROUNDINGS_H_
