// A source at work against the service in miniature, for tests.
#ifndef PLUGINS_DISRUPTIVE_SOURCE_FIXTURE_H_
#define PLUGINS_DISRUPTIVE_SOURCE_FIXTURE_H_

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "plugins/disruptive/collecting_emitter.h"
#include "plugins/disruptive/disruptive_source.h"
#include "plugins/disruptive/fake_disruptive.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {

class RecordingHealth final : public HealthReporter {
 public:
  void Report(Health health) override {
    if (!reports.empty() && reports.back().state == health.state &&
        reports.back().message == health.message) {
      return;
    }
    reports.push_back(std::move(health));
  }
  void ReportGaps(SourceGaps now) override { gaps = std::move(now); }
  const Health& last() const { return reports.back(); }
  std::vector<Health> reports;
  SourceGaps gaps;
};

class SourceFixture : public ::testing::Test {
 protected:
  explicit SourceFixture(uint64_t seed = 1) : engine_(seed) {
    settings_.project = "p";
    settings_.key = {"key", "secret", "sa@p"};
    settings_.base_url = "http://api/v2";
    settings_.token_url = "http://identity/oauth2/token";
    settings_.labels = false;
    settings_.requests_per_second = 100;
    settings_.burst = 100;
  }

  absl::Status Start(std::optional<std::string> checkpoint = std::nullopt) {
    source_ = std::make_unique<DisruptiveSource>(settings_);
    ComponentContext context;
    context.name = "sensors";
    context.pipeline = "office";
    context.executor = &executor_;
    context.http = &server_;
    context.health = &health_;
    context.metrics = &metrics_;
    context.random = &random_;
    return source_->Start(context, emitter_.get(), std::move(checkpoint));
  }

  // Starts and waits for the stream.
  void StartStreaming(std::optional<std::string> checkpoint = std::nullopt) {
    ASSERT_TRUE(Start(std::move(checkpoint)).ok());
    Advance(absl::Seconds(1));
    ASSERT_EQ(server_.streams(), 1);
  }

  // As a process that dies: nothing more is emitted.
  void Kill() {
    bool stopped = false;
    source_->Stop([&] { stopped = true; });
    executor_.RunReady();
    EXPECT_TRUE(stopped);
    source_.reset();
  }

  void Advance(absl::Duration duration) { executor_.Advance(duration); }

  int64_t Metric(const std::string& name) {
    for (const MetricSample& sample : metrics_.Snapshot()) {
      if (sample.name == name) return sample.value;
    }
    return -1;
  }

  ManualExecutor executor_;
  std::mt19937_64 engine_;
  absl::BitGenRef random_{engine_};
  FakeDisruptive server_{&executor_};
  std::unique_ptr<CollectingEmitter> emitter_ =
      std::make_unique<CollectingEmitter>();
  RecordingHealth health_;
  MetricRegistry metrics_;
  Settings settings_;
  std::unique_ptr<DisruptiveSource> source_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_SOURCE_FIXTURE_H_
