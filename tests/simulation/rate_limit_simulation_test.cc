// Two sinks with one credential, busy for a simulated day: the service never
// has to refuse a request, what it allows is used, and both get their part.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/feed/config.pb.h"
#include "plugins/feed/plugin.h"
#include "plugins/inthing/config.pb.h"
#include "plugins/inthing/plugin.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/network.h"
#include "tests/simulation/pusher.h"
#include "tests/simulation/services.h"
#include "tests/simulation/sim_process.h"
#include "tests/simulation/trace.h"

namespace sluice::simulation {
namespace {

constexpr char kSecretVariable[] = "SLUICE_SIMULATION_SECRET";

class RateLimitSimulationTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  RateLimitSimulationTest() {
    setenv(kSecretVariable, "secret", 1);
    EXPECT_TRUE(feed::RegisterFeed(plugins_).ok());
    EXPECT_TRUE(inthing::RegisterInthing(plugins_).ok());
    network_.AddHost("feed", &feed_);
    network_.AddHost("inthing", &inthing_);
    spec_.name = "office";
    SourceSpec source;
    source.name = "push";
    source.create = [this] { return pusher_.MakeSource(); };
    spec_.sources.push_back(std::move(source));
  }

  ~RateLimitSimulationTest() override {
    bool stopped = false;
    world_->Post(
        [&] { process_.Stop(absl::ZeroDuration(), [&] { stopped = true; }); });
    EXPECT_TRUE(scheduler_.RunUntil([&] { return stopped; }, absl::Minutes(1)));
  }

  template <typename Config>
  void AddSink(const std::string& name, const std::string& plugin,
               const Config& config) {
    SinkSpec sink;
    sink.name = name;
    sink.plugin = plugin;
    sink.create = [entry = plugins_.sink(plugin), config] {
      return entry->create(config);
    };
    spec_.sinks.push_back(std::move(sink));
  }

  // An event now and then, and sometimes many.
  void PublishFor(absl::Duration duration, absl::Duration longest_wait,
                  int burst) {
    if (duration <= absl::ZeroDuration()) return;
    const absl::Duration wait =
        scheduler_.Between(absl::ZeroDuration(), longest_wait);
    world_->PostAfter(wait, [this, duration, wait, longest_wait, burst] {
      const int events = scheduler_.Chance(0.01) ? burst : 1;
      for (int i = 0; i < events; ++i) pusher_.Publish(10);
      PublishFor(duration - wait, longest_wait, burst);
    });
  }

  void RunADay(absl::Duration longest_wait, int burst) {
    world_->Post([this] {
      ASSERT_TRUE(process_.Start(spec_, {}, absl::ZeroDuration()).ok());
    });
    PublishFor(absl::Hours(24), longest_wait, burst);
    scheduler_.RunFor(absl::Hours(24));
  }

  uint64_t Waiting(const std::string& sink) {
    for (const CursorInfo& cursor : process_.pipeline().log()->Cursors()) {
      if (cursor.name == sink) return cursor.waiting;
    }
    return 0;
  }

  SeededScheduler scheduler_{GetParam()};
  Trace trace_{&scheduler_, /*print=*/false};
  const std::unique_ptr<SeededScheduler::SimExecutor> world_ =
      scheduler_.NewExecutor();
  Network network_{&scheduler_, world_.get(), &trace_};
  FeedService feed_{&scheduler_, &trace_,
                    RateWindows({{.span = absl::Minutes(1), .max = 20},
                                 {.span = absl::Minutes(15), .max = 100},
                                 {.span = absl::Hours(1), .max = 300}})};
  InthingService inthing_{
      &scheduler_, &trace_,
      RateWindows({{.span = absl::Minutes(1), .max = 20},
                   {.span = absl::Minutes(15), .max = 100}})};
  Disk disk_{&scheduler_};
  Pusher pusher_{"push", config::v1::BUFFERED, &scheduler_, &trace_};
  PluginRegistry plugins_;
  PipelineSpec spec_;
  SimProcess process_{&scheduler_, &network_, &disk_};
};

TEST_P(RateLimitSimulationTest, InthingDigestsStayWithinTheWindowsForADay) {
  for (const char* name : {"one", "two"}) {
    inthing::v1::InthingSinkConfig config;
    config.set_stream("/office/test/");
    config.mutable_password()->set_env(kSecretVariable);
    config.set_url("http://inthing");
    config.set_title("ev {{ id }}");
    config.set_description("-");
    config.set_generator("sluice");
    config.mutable_digest()->set_max_events(150);
    AddSink(name, "inthing", config);
  }
  RunADay(absl::Seconds(20), 300);
  EXPECT_EQ(inthing_.rate_violations(), 0);
  EXPECT_GT(inthing_.posts(), 3000);
  scheduler_.RunFor(absl::Minutes(15));
  for (const Pusher::Event& event : pusher_.events()) {
    const auto told = inthing_.told().find(event.id);
    ASSERT_NE(told, inthing_.told().end()) << event.id;
    EXPECT_EQ(told->second, 2) << event.id;
  }
}

TEST_P(RateLimitSimulationTest, FeedSinksShareTheWindowsOfTheirKey) {
  for (const char* name : {"one", "two"}) {
    feed::v1::FeedSinkConfig config;
    config.set_api_key("key");
    config.mutable_api_secret()->set_env(kSecretVariable);
    config.set_feed(absl::StrCat(name, ":all"));
    config.set_foreign_id(absl::StrCat("{{ id }}-", name));
    config.set_base_url("http://feed");
    config.set_max_request_activities(1);
    AddSink(name, "feed", config);
  }
  // More than the windows let through.
  RunADay(absl::Seconds(12), 100);
  EXPECT_EQ(feed_.rate_violations(), 0);
  const auto one = static_cast<int64_t>(feed_.feeds().at("one:all").size());
  const auto two = static_cast<int64_t>(feed_.feeds().at("two:all").size());
  EXPECT_GT(Waiting("one"), 100u);
  // 300 an hour are allowed.
  EXPECT_GT(one + two, 24 * 300 * 8 / 10);
  EXPECT_LT(std::abs(one - two), (one + two) / 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RateLimitSimulationTest,
                         ::testing::Range<uint64_t>(1, 3));

}  // namespace
}  // namespace sluice::simulation
