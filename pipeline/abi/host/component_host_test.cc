#include "pipeline/abi/host/component_host.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/fake_plugin.h"

namespace sluice::abi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NoOwner final : public ComponentHost::Owner {
 public:
  void Stopped() override { ++stopped; }
  int stopped = 0;
};

class ComponentHostTest : public testing::Test {
 protected:
  // A task that writes what becomes of it.
  SluiceTask Task(const char* name) {
    struct Note {
      std::vector<std::string>* notes;
      std::string name;
    };
    auto* note = new Note{&notes_, name};
    const auto run = [](void* context) {
      const std::unique_ptr<Note> note(static_cast<Note*>(context));
      note->notes->push_back("ran " + note->name);
    };
    const auto drop = [](void* context) {
      const std::unique_ptr<Note> note(static_cast<Note*>(context));
      note->notes->push_back("dropped " + note->name);
    };
    return {sizeof(SluiceTask), note, run, drop};
  }

  FakeSurroundings around_;
  NoOwner owner_;
  std::unique_ptr<ComponentHost> component_ = std::make_unique<ComponentHost>(
      around_.context, "plugin fake of fake.so", &owner_);
  const SluiceComponent handle_ = component_->handle();
  const SluiceHost& host_ = Host();
  std::vector<std::string> notes_;
};

TEST_F(ComponentHostTest, TellsTheTime) {
  EXPECT_EQ(host_.now_unix_nanos(handle_),
            absl::ToUnixNanos(around_.executor.Now()));
  EXPECT_EQ(host_.monotonic_nanos(handle_),
            absl::ToInt64Nanoseconds(around_.executor.MonotonicNow()));
}

TEST_F(ComponentHostTest, RunsTasksInTheirOrderAndTimersInTheirs) {
  const SluiceTask late = Task("late");
  const SluiceTask a = Task("a");
  const SluiceTask b = Task("b");
  EXPECT_NE(host_.post_after(handle_, 2'000'000'000, &late), 0u);
  EXPECT_EQ(host_.post(handle_, &a), 1);
  EXPECT_EQ(host_.post(handle_, &b), 1);
  EXPECT_THAT(notes_, IsEmpty());
  around_.executor.RunReady();
  EXPECT_THAT(notes_, ElementsAre("ran a", "ran b"));
  around_.executor.Advance(absl::Seconds(2));
  EXPECT_THAT(notes_, ElementsAre("ran a", "ran b", "ran late"));
}

TEST_F(ComponentHostTest, DropsATaskThatIsCancelled) {
  const SluiceTask task = Task("a");
  const uint64_t timer = host_.post_after(handle_, 1'000'000'000, &task);
  EXPECT_EQ(host_.cancel(handle_, timer), 1);
  EXPECT_THAT(notes_, ElementsAre("dropped a"));
  EXPECT_EQ(host_.cancel(handle_, timer), 0);
  EXPECT_EQ(host_.cancel(handle_, 0), 0);
}

TEST_F(ComponentHostTest, DropsWhatHasNotRunWhenTheComponentIsGone) {
  const SluiceTask before = Task("before");
  const SluiceTask after = Task("after");
  host_.post(handle_, &before);
  component_ = nullptr;
  EXPECT_EQ(host_.post(handle_, &after), 0);
  EXPECT_THAT(notes_, ElementsAre("dropped after"));
  around_.executor.RunReady();
  EXPECT_THAT(notes_, ElementsAre("dropped after", "dropped before"));
}

TEST_F(ComponentHostTest, ReadsATaskOfAWriterThatKnewNoDrop) {
  SluiceTask task = Task("a");
  task.struct_size = offsetof(SluiceTask, drop);
  const uint64_t timer = host_.post_after(handle_, 1, &task);
  EXPECT_EQ(host_.cancel(handle_, timer), 1);
  EXPECT_THAT(notes_, IsEmpty());
  task.run(task.context);
}

TEST_F(ComponentHostTest, IgnoresNoTask) {
  EXPECT_EQ(host_.post(handle_, nullptr), 0);
  SluiceTask task = {};
  task.struct_size = sizeof(task);
  EXPECT_EQ(host_.post(handle_, &task), 0);
}

TEST_F(ComponentHostTest, DoesNothingForAHandleThatIsClosed) {
  component_ = nullptr;
  const SluiceMetricSpec spec = {
      sizeof(spec), SLUICE_METRIC_COUNTER, ToBytes("a"), nullptr, 0, {}};
  for (const SluiceComponent component : {handle_, SluiceComponent{0}}) {
    EXPECT_EQ(host_.now_unix_nanos(component), 0);
    EXPECT_EQ(host_.monotonic_nanos(component), 0);
    EXPECT_EQ(host_.cancel(component, 1), 0);
    EXPECT_EQ(host_.random_bits(component), 0u);
    host_.log(component, SLUICE_SEVERITY_INFO, ToBytes("x"));
    host_.report_health(component, SLUICE_HEALTH_PAUSED, ToBytes("x"));
    EXPECT_EQ(host_.metric(component, &spec), 0u);
    host_.counter_add(component, 1, 1);
    EXPECT_EQ(host_.emit(component, nullptr), SLUICE_FAILED_PRECONDITION);
    host_.notify_when_ready(component);
    EXPECT_EQ(host_.complete(component, 1, nullptr),
              SLUICE_FAILED_PRECONDITION);
    host_.stopped(component);
  }
  EXPECT_THAT(around_.health, IsEmpty());
  EXPECT_EQ(owner_.stopped, 0);
}

TEST_F(ComponentHostTest, MayBeCalledFromOtherThreadsUntilItIsGoneAndAfter) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      SluiceTask task = {};
      task.struct_size = sizeof(task);
      task.run = [](void*) {};
      for (int j = 0; j < 1000; ++j) {
        host_.cancel(handle_, host_.post_after(handle_, 1000, &task));
        host_.now_unix_nanos(handle_);
      }
    });
  }
  component_ = nullptr;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(host_.now_unix_nanos(handle_), 0);
}

TEST_F(ComponentHostTest, NeverGivesAHandleTwice) {
  component_ = nullptr;
  component_ = std::make_unique<ComponentHost>(around_.context, "", &owner_);
  EXPECT_NE(component_->handle(), handle_);
}

TEST_F(ComponentHostTest, PassesHealthOn) {
  host_.report_health(handle_, SLUICE_HEALTH_DEGRADED, ToBytes("no network"));
  ASSERT_EQ(around_.health.size(), 1u);
  EXPECT_EQ(around_.health[0].state, HealthState::kDegraded);
  EXPECT_EQ(around_.health[0].message, "no network");
  EXPECT_EQ(around_.faults(), 0u);
}

TEST_F(ComponentHostTest, RefusesAHealthThatThereIsNot) {
  host_.report_health(handle_, 0, ToBytes("x"));
  host_.report_health(handle_, 5, ToBytes("x"));
  host_.report_health(handle_, SLUICE_HEALTH_HEALTHY, {nullptr, 7});
  EXPECT_THAT(around_.health, IsEmpty());
  EXPECT_EQ(around_.faults(), 3u);
}

TEST_F(ComponentHostTest, BoundsTextAndMakesItUtf8) {
  const std::string text = std::string(5000, 'a') + "\xff";
  EXPECT_EQ(Text(ToBytes(text)).size(), 4096u);
  EXPECT_EQ(Text(ToBytes("a\xff")), "a\xEF\xBF\xBD");
  EXPECT_EQ(Text({nullptr, 5}), "");
}

class MetricsTest : public ComponentHostTest {
 protected:
  uint32_t Open(uint32_t kind, const char* name) {
    const SluiceLabel label = {ToBytes("component"), ToBytes("it")};
    const SluiceMetricSpec spec = {sizeof(spec), kind, ToBytes(name),
                                   &label,       1,    ToBytes("Help.")};
    return host_.metric(handle_, &spec);
  }
};

TEST_F(MetricsTest, WritesMetricsOfEachKind) {
  const uint32_t counter = Open(SLUICE_METRIC_COUNTER, "n_total");
  const uint32_t gauge = Open(SLUICE_METRIC_GAUGE, "level");
  const uint32_t histogram = Open(SLUICE_METRIC_HISTOGRAM, "wait_seconds");
  EXPECT_EQ(Open(SLUICE_METRIC_COUNTER, "n_total"), counter);
  host_.counter_add(handle_, counter, 3);
  host_.gauge_set(handle_, gauge, 7);
  host_.gauge_add(handle_, gauge, -2);
  host_.histogram_note(handle_, histogram, 2'000'000'000, 2);
  const MetricLabels labels = {{"component", "it"}};
  EXPECT_EQ(around_.metrics.counter("n_total", labels)->value(), 3u);
  EXPECT_EQ(around_.metrics.gauge("level", labels)->value(), 5);
  EXPECT_EQ(
      around_.metrics.histogram("wait_seconds", labels)->snapshot().seconds, 4);
  // Of another kind, or not there.
  host_.gauge_set(handle_, counter, 100);
  host_.counter_add(handle_, gauge, 100);
  host_.counter_add(handle_, 0, 100);
  host_.counter_add(handle_, 100, 100);
  EXPECT_EQ(around_.metrics.counter("n_total", labels)->value(), 3u);
  EXPECT_EQ(around_.metrics.gauge("level", labels)->value(), 5);
}

TEST_F(MetricsTest, RefusesWhatCannotBeAMetric) {
  EXPECT_EQ(Open(SLUICE_METRIC_COUNTER, ""), 0u);
  EXPECT_EQ(Open(SLUICE_METRIC_COUNTER, "a b"), 0u);
  EXPECT_EQ(Open(SLUICE_METRIC_COUNTER, "1a"), 0u);
  EXPECT_EQ(Open(9, "a"), 0u);
  EXPECT_EQ(host_.metric(handle_, nullptr), 0u);
  const SluiceMetricSpec spec = {
      sizeof(spec), SLUICE_METRIC_COUNTER, ToBytes("a"), nullptr, 2, {}};
  EXPECT_EQ(host_.metric(handle_, &spec), 0u);
  EXPECT_EQ(around_.faults(), 6u);
}

TEST_F(MetricsTest, BoundsTheirNumber) {
  uint32_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    last = Open(SLUICE_METRIC_COUNTER, ("n" + std::to_string(i)).c_str());
  }
  EXPECT_NE(last, 0u);
  EXPECT_EQ(Open(SLUICE_METRIC_COUNTER, "one_more"), 0u);
}

}  // namespace
}  // namespace sluice::abi
