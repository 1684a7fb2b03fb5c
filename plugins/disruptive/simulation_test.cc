// The source against a service that fails at random, from a seed: whatever
// happens, every event published arrives, and each device's in their order.

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "plugins/disruptive/source_fixture.h"

namespace sluice::disruptive {
namespace {

// A pipeline that may forget what it had taken but not yet stored when it dies.
class StoringEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full) return false;
    taken_.push_back(std::move(emission));
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
  }
  void SetFull(bool now) {
    full = now;
    if (!full && ready_) std::exchange(ready_, nullptr)();
  }
  // Stores the first `count` of what was taken since, and forgets the rest.
  void Store(size_t count) {
    for (size_t i = 0; i < count && i < taken_.size(); ++i) {
      const Emission& emission = taken_[i];
      for (size_t j = 0; emission.events && j < emission.events->size(); ++j) {
        const EventView event = emission.events->event(j);
        if (!ids.insert(std::string(event.id())).second) continue;
        stored[std::string(event.subject())].emplace_back(event.id());
      }
      if (emission.checkpoint) checkpoint = emission.checkpoint;
    }
    taken_.clear();
  }
  size_t taken() const { return taken_.size(); }

  bool full = false;
  // As after the pipeline's dedupe.
  std::set<std::string> ids;
  std::map<std::string, std::vector<std::string>> stored;
  std::optional<std::string> checkpoint;

 private:
  std::vector<Emission> taken_;
  absl::AnyInvocable<void()> ready_;
};

class SimulationTest : public SourceFixture,
                       public ::testing::WithParamInterface<uint64_t> {
 protected:
  SimulationTest() : SourceFixture(GetParam()) {}

  uint64_t Random(uint64_t below) { return random_engine_() % below; }
  bool Chance(uint64_t percent) { return Random(100) < percent; }

  void StartSource() {
    source_ = std::make_unique<DisruptiveSource>(settings_);
    ComponentContext context;
    context.name = "sensors";
    context.pipeline = "office";
    context.executor = &executor_;
    context.http = &server_;
    context.health = &health_;
    context.metrics = &metrics_;
    context.random = &random_;
    ASSERT_TRUE(source_->Start(context, &pipeline_, pipeline_.checkpoint).ok());
  }

  void Crash() {
    Kill();
    pipeline_.SetFull(false);
    pipeline_.Store(Random(pipeline_.taken() + 1));
    Advance(absl::Milliseconds(Random(60'000)));
    StartSource();
    ++crashes_;
  }

  // Answers some requests badly.
  bool Disturb(FakeDisruptive::Exchange& exchange) {
    if (!Chance(error_percent_)) return false;
    const bool stream = absl::StrContains(exchange.request().url, ":stream");
    switch (Random(stream ? 5 : 4)) {
      case 0:
        exchange.Respond(503, "<html>");
        return true;
      case 1:
        exchange.Respond(429, "{}", {{"Retry-After", absl::StrCat(Random(5))}});
        return true;
      case 2:
        exchange.Fail(absl::UnavailableError("reset"));
        return true;
      case 3:
        return true;  // No answer at all.
      default:
        exchange.Begin(200);
        exchange.Send("{\"result\":{\"ev");
        exchange.Fail(absl::UnavailableError("reset"));
        return true;
    }
  }

  void Step() {
    const std::string device = absl::StrCat("d", Random(6));
    if (Chance(60)) server_.Publish(device);
    if (Chance(2)) server_.BreakStreams();
    if (Chance(1)) server_.EndStreams();
    if (Chance(1)) server_.StallStreams();
    if (Chance(1)) {
      server_.Send("{\"error\":{\"code\":14,\"message\":\"bye\"}}\n");
    }
    if (Chance(3)) server_.Send(server_.sse ? ": hello\n" : "\n");
    if (Chance(1)) pipeline_.SetFull(true);
    if (Chance(10)) pipeline_.SetFull(false);
    if (Chance(5)) pipeline_.Store(pipeline_.taken());
    if (Random(400) == 0) Crash();
    Advance(absl::Microseconds(Random(1'500'000)));
  }

  void Heal() {
    error_percent_ = 0;
    pipeline_.SetFull(false);
    Advance(absl::Minutes(10));
    pipeline_.Store(pipeline_.taken());
  }

  StoringEmitter pipeline_;
  std::mt19937_64 random_engine_{GetParam()};
  uint64_t error_percent_ = 10;
  int crashes_ = 0;
};

// What is missing, and the first event that is out of place; empty: nothing.
std::string Difference(const std::vector<std::string>& stored,
                       const std::vector<std::string>& published) {
  std::string text;
  const std::set<std::string> have(stored.begin(), stored.end());
  for (const std::string& id : published) {
    if (!have.contains(id)) absl::StrAppend(&text, "missing ", id, " ");
  }
  for (size_t i = 1; i < stored.size(); ++i) {
    if (stored[i] < stored[i - 1]) {
      absl::StrAppend(&text, stored[i], " came after ", stored[i - 1]);
      break;
    }
  }
  return text;
}

TEST_P(SimulationTest, EveryEventArrivesAndEachDeviceKeepsItsOrder) {
  SCOPED_TRACE(absl::StrCat("seed ", GetParam()));
  settings_.labels = GetParam() % 2 == 0;
  settings_.framing =
      Chance(50) ? Framing::kJsonLines : Framing::kServerSentEvents;
  settings_.max_stream_age = absl::Minutes(2);
  settings_.history_max_age = absl::Hours(24);
  server_.sse = settings_.framing == Framing::kServerSentEvents;
  server_.history_page = 1 + Random(10);
  server_.device_page = 1 + Random(4);
  server_.token_lifetime = absl::Minutes(5);
  server_.index_delay = [this] { return absl::Milliseconds(Random(10'000)); };
  server_.first_ping = [this] { return absl::Milliseconds(Random(10'000)); };
  server_.clock_offset =
      absl::Seconds(static_cast<int64_t>(Random(1200)) - 600);
  // What is published before the first start does not count.
  StartSource();
  Advance(absl::Seconds(30));
  ASSERT_EQ(server_.streams(), 1);
  pipeline_.Store(pipeline_.taken());
  server_.intercept = [this](FakeDisruptive::Exchange& exchange) {
    return Disturb(exchange);
  };
  for (int step = 0; step < 1500; ++step) Step();
  Heal();

  std::map<std::string, std::vector<std::string>> published;
  for (const auto& event : server_.events()) {
    published[event.device].push_back(event.id);
  }
  for (const auto& [device, ids] : published) {
    EXPECT_EQ(Difference(pipeline_.stored[device], ids), "") << device;
  }
  EXPECT_EQ(Metric("disruptive_gaps_unclosed_total"), 0);
  EXPECT_EQ(health_.last().state, HealthState::kHealthy)
      << health_.last().message;
  EXPECT_GT(Metric("disruptive_backfilled_events_total"), 0);
  EXPECT_GT(Metric("disruptive_handovers_total"), 0);
  EXPECT_GT(crashes_, 0);
  // What the operator sees after all of this, and what a restart would know.
  EXPECT_EQ(health_.gaps.open, 0u);
  EXPECT_EQ(health_.gaps.unclosed, 0u);
  EXPECT_GT(health_.gaps.closed, 1u);
  EXPECT_GT(health_.gaps.recovered_events, 0u);
  for (const SourceGap& gap : health_.gaps.recent) {
    EXPECT_EQ(gap.state, SourceGap::State::kClosed) << gap.reason;
    EXPECT_LE(gap.start, gap.end);
  }
  GapLedger stored;
  EXPECT_TRUE(stored.Load(*pipeline_.checkpoint).empty());
  EXPECT_EQ(stored.Report().closed, health_.gaps.closed);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest,
                         ::testing::Range<uint64_t>(1, 21));

}  // namespace
}  // namespace sluice::disruptive
