// Programs with plugins as tests want them: no process, in virtual time.
#ifndef PIPELINE_PLUGIN_PROCESS_FAKE_PROGRAM_H_
#define PIPELINE_PLUGIN_PROCESS_FAKE_PROGRAM_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "pipeline/api/component.h"
#include "pipeline/plugin_process/launched_program.h"
#include "pipeline/plugin_process/supervisor.h"
#include "tests/testing/manual_executor.h"

namespace sluice::plugin_process {

// What a program does by itself.
struct Manners {
  // Answers that it has started; with an error, if one is given.
  bool starts = true;
  std::string refusal;
  bool answers_pings = true;
  // False: what is sent to it stays with us.
  bool listens = true;
  bool answers_stop = true;
  bool ends_on_sigterm = true;
  bool ends_on_sigkill = true;
};

// One life of a program.
class FakeProgram final : public LaunchedProgram,
                          public std::enable_shared_from_this<FakeProgram> {
 public:
  using OnEnd = absl::AnyInvocable<void(std::string how)>;

  FakeProgram(Manners manners, ManualExecutor* executor, OnEnd on_end)
      : manners(manners), executor_(executor), on_end_(std::move(on_end)) {}

  Manners manners;

  // Says something to us, when we read it.
  void Say(plugin::v1::PluginMessage message);
  // The process ends, and `how`, as a ChildProcess tells it.
  void End(const std::string& how);

  // What it was sent, and no test has taken yet.
  std::deque<plugin::v1::HostMessage> heard;
  // While it ran.
  bool terminated = false;
  bool killed = false;
  bool ended() const { return on_end_ == nullptr; }

  // LaunchedProgram:
  void Describe(absl::Duration timeout, OnDescribed done) override;
  void Ping(absl::Duration timeout, OnPinged done) override;
  std::shared_ptr<PluginStream> Run(PluginStream::Handler handler) override;
  void Terminate() override;
  void Kill() override;

 private:
  class Stream;

  void Hear(plugin::v1::HostMessage message);

  ManualExecutor* const executor_;
  OnEnd on_end_;
  std::shared_ptr<Stream> stream_;
};

// Draws the longest wait there is, so that tests know it.
struct LongestWait {
  using result_type = uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() {
    return std::numeric_limits<result_type>::max();
  }
  result_type operator()() { return max(); }
};

// What a component runs in, and all lives of its program.
class FakeHost {
 public:
  FakeHost();

  // The plugin `acme` of the program `fake`, with the times of `spec`.
  PluginChoice Choice(plugin::v1::PluginKind kind) const;
  Launcher launcher();
  // The life that is, or was last.
  FakeProgram& program() { return *lives.back(); }
  uint64_t Metric(const std::string& name);

  ProgramSpec spec;
  // Of the lives to come.
  Manners manners;
  std::vector<std::shared_ptr<FakeProgram>> lives;
  ManualExecutor executor;
  MetricRegistry metrics;
  Health health;
  ComponentContext context;

 private:
  class Reporter final : public HealthReporter {
   public:
    explicit Reporter(Health* health) : health_(health) {}
    void Report(Health health) override { *health_ = std::move(health); }

   private:
    Health* const health_;
  };

  Reporter reporter_{&health};
  LongestWait longest_wait_;
  absl::BitGenRef random_{longest_wait_};
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_FAKE_PROGRAM_H_
