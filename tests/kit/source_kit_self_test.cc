// The kit tried out: a source that does everything right passes each case, and
// each case finds the sources that do what it is there to find.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "storage/event/event_batch.h"
#include "tests/kit/findings.h"
#include "tests/kit/source_cases.h"

namespace sluice::kit {
namespace {

using google::protobuf::StringValue;

// What a source does wrong.
enum class Fault {
  kNone,
  kTakesBadConfig,
  kLosesAnEvent,
  kRepeatsAnEvent,
  kGoesBackwards,
  kHasNoSource,
  kInventsAnEvent,
  kEmitsNothing,
  kNeverBegins,
  kTriesAllTheTime,
  kNeverAsksForRoom,
  kDropsWhatIsRefused,
  kFinishesEarly,
  kNeverFinishes,
  kSkipsBehindACheckpoint,
  kRepeatsBehindACheckpoint,
  kRefusesCheckpoints,
  kRemembersByItself,
  kBlamesTheWeather,
  kNeverStops,
  kStopsTwice,
  kEmitsAfterStop,
  kStartsOnce,
  kTellsTheSecret,
  kLeavesThreads,
  kLeavesDescriptors,
};

constexpr size_t kChunk = 7;
constexpr char kSecret[] = "open-sesame";

// What is wrong with a source, and what its instances share.
struct Wrong {
  explicit Wrong(Fault fault) : fault(fault) {}
  bool Is(Fault asked) const { return fault == asked; }

  const Fault fault;
  std::vector<std::string> ids;
  int starts = 0;
  size_t remembered = 0;
  std::vector<std::unique_ptr<FILE, int (*)(FILE*)>> files;
  absl::Mutex end;
  bool ended ABSL_GUARDED_BY(end) = false;
  std::vector<std::thread> threads;
};

class ListFixture final : public SourceFixture {
 public:
  explicit ListFixture(Wrong* wrong, bool keeps_order = true)
      : wrong_(wrong), keeps_order_(keeps_order) {}

  std::vector<std::string> Provide(size_t count) override {
    for (size_t i = 0; i < count; ++i) {
      wrong_->ids.push_back(absl::StrCat("event-", i));
    }
    return wrong_->ids;
  }
  std::string Config() override { return "list:\n  value: here"; }
  std::vector<BadConfig> BadConfigs() override { return {{"list:", "value"}}; }
  bool IsFinite() override { return true; }
  bool KeepsOrder() override { return keeps_order_; }
  std::string Secret() override { return kSecret; }

 private:
  Wrong* const wrong_;
  const bool keeps_order_;
};

// Emits a list in chunks; right in everything but its fault.
class ListSource final : public Source {
 public:
  explicit ListSource(Wrong* wrong) : wrong_(wrong) {}

  SourceTraits traits() const override { return {.may_repeat = false}; }
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override {
    if (wrong_->Is(Fault::kNeverFinishes)) return false;
    if (wrong_->Is(Fault::kFinishesEarly)) return true;
    return next_ >= wrong_->ids.size() && !pending_.has_value();
  }

 private:
  absl::Status Begin(const std::string& checkpoint);
  void Leak();
  void Step();
  void StepLater();
  void OnRefused();
  void Fill();

  Wrong* const wrong_;
  ComponentContext context_;
  Emitter* emitter_ = nullptr;
  size_t next_ = 0;
  std::optional<Emission> pending_;
  std::shared_ptr<bool> running_;
};

absl::Status ListSource::Begin(const std::string& checkpoint) {
  if (!absl::SimpleAtoi(checkpoint, &next_) || next_ > wrong_->ids.size()) {
    return wrong_->Is(Fault::kBlamesTheWeather)
               ? absl::UnavailableError("it rains")
               : absl::InvalidArgumentError("no number of this list");
  }
  if (wrong_->Is(Fault::kRefusesCheckpoints)) {
    return absl::InvalidArgumentError("not today");
  }
  if (wrong_->Is(Fault::kSkipsBehindACheckpoint)) ++next_;
  if (wrong_->Is(Fault::kRepeatsBehindACheckpoint) && next_ > 0) --next_;
  return absl::OkStatus();
}

void ListSource::Leak() {
  if (wrong_->Is(Fault::kLeavesDescriptors)) {
    wrong_->files.emplace_back(std::fopen("/dev/null", "r"), std::fclose);
  }
  if (wrong_->Is(Fault::kLeavesThreads)) {
    wrong_->threads.emplace_back([wrong = wrong_] {
      absl::MutexLock lock(&wrong->end);
      wrong->end.Await(absl::Condition(&wrong->ended));
    });
  }
}

absl::Status ListSource::Start(const ComponentContext& context,
                               Emitter* emitter,
                               std::optional<std::string> checkpoint) {
  if (wrong_->Is(Fault::kStartsOnce) && ++wrong_->starts > 1) {
    return absl::FailedPreconditionError("it is in use");
  }
  context_ = context;
  emitter_ = emitter;
  if (checkpoint.has_value()) {
    if (absl::Status status = Begin(*checkpoint); !status.ok()) return status;
  } else if (wrong_->Is(Fault::kRemembersByItself)) {
    next_ = wrong_->remembered;
  }
  Leak();
  context_.health->Report({HealthState::kHealthy,
                           wrong_->Is(Fault::kTellsTheSecret) ? kSecret : ""});
  running_ = std::make_shared<bool>(true);
  // Where it begins, ahead of any event.
  pending_.emplace();
  pending_->checkpoint = absl::StrCat(next_);
  if (!wrong_->Is(Fault::kNeverBegins)) StepLater();
  return absl::OkStatus();
}

void ListSource::StepLater() {
  context_.executor->Post([this, running = std::weak_ptr<bool>(running_)] {
    if (!running.expired()) Step();
  });
}

void ListSource::Fill() {
  const size_t end = std::min(next_ + kChunk, wrong_->ids.size());
  EventBatchBuilder builder;
  std::vector<std::string> ids(
      wrong_->ids.begin() + static_cast<ptrdiff_t>(next_),
      wrong_->ids.begin() + static_cast<ptrdiff_t>(end));
  if (wrong_->Is(Fault::kGoesBackwards)) std::reverse(ids.begin(), ids.end());
  if (wrong_->Is(Fault::kInventsAnEvent) && end == wrong_->ids.size()) {
    ids.push_back("invented");
  }
  for (const std::string& id : ids) {
    if (wrong_->Is(Fault::kLosesAnEvent) && id == "event-9") continue;
    EventFields fields;
    fields.id = id;
    if (!wrong_->Is(Fault::kHasNoSource)) fields.source = "//list";
    builder.Add(fields);
    if (wrong_->Is(Fault::kRepeatsAnEvent) && id == "event-9") {
      builder.Add(fields);
    }
  }
  next_ = end;
  wrong_->remembered = end;
  pending_.emplace();
  if (wrong_->Is(Fault::kEmitsNothing)) return;
  pending_->events = builder.Build();
  pending_->checkpoint = absl::StrCat(next_);
  // The pipeline may call it when this is gone.
  pending_->on_acknowledged = [](const absl::Status&) {};
}

void ListSource::Step() {
  if (!pending_.has_value()) {
    if (next_ >= wrong_->ids.size()) return;
    Fill();
  }
  if (!emitter_->TryEmit(*pending_)) return OnRefused();
  pending_.reset();
  StepLater();
}

void ListSource::OnRefused() {
  if (wrong_->Is(Fault::kTriesAllTheTime)) return StepLater();
  if (wrong_->Is(Fault::kDropsWhatIsRefused)) pending_.reset();
  if (wrong_->Is(Fault::kNeverAsksForRoom)) return;
  emitter_->NotifyWhenReady([this, running = std::weak_ptr<bool>(running_)] {
    if (!running.expired()) Step();
  });
}

void ListSource::Stop(absl::AnyInvocable<void()> done) {
  running_.reset();
  if (wrong_->Is(Fault::kNeverStops)) return;
  if (wrong_->Is(Fault::kEmitsAfterStop) && emitter_ != nullptr) {
    next_ = 0;
    Fill();
    emitter_->TryEmit(*pending_);
  }
  done();
  if (wrong_->Is(Fault::kStopsTwice)) done();
}

RegisterPlugin Registering(Wrong* wrong) {
  return [wrong](PluginRegistry& registry) {
    return registry.AddSource<StringValue>(
        "list", "a source for the kit's own tests",
        [wrong](const StringValue& config)
            -> absl::StatusOr<std::unique_ptr<Source>> {
          if (config.value().empty() && !wrong->Is(Fault::kTakesBadConfig)) {
            return ConfigError("value", "is missing");
          }
          return std::make_unique<ListSource>(wrong);
        });
  };
}

class RightSource : public testing::TestWithParam<SourceCase> {};

TEST_P(RightSource, Passes) {
  Wrong nothing(Fault::kNone);
  SourceTrial trial(Registering(&nothing),
                    std::make_unique<ListFixture>(&nothing));
  const absl::Status status = GetParam().run(trial);
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(EachCase, RightSource,
                         testing::ValuesIn(SourceCases()),
                         [](const auto& info) { return info.param.name; });

TEST(SourceWithoutOrder, HasToEmitEachEventAndNoOther) {
  for (const auto& [fault, is_right] :
       {std::pair(Fault::kGoesBackwards, true),
        std::pair(Fault::kInventsAnEvent, false)}) {
    Wrong wrong(fault);
    SourceTrial trial(Registering(&wrong), std::make_unique<ListFixture>(
                                               &wrong, /*keeps_order=*/false));
    const absl::Status status =
        RunCase(SourceCases(), "EmitsEachEventInOrder", trial);
    EXPECT_EQ(status.ok(), is_right) << status;
  }
}

std::vector<Finding<Fault>> Findings() {
  return {
      {Fault::kTakesBadConfig, "NamesTheFieldOfABadConfiguration",
       "should be refused is not"},
      {Fault::kLosesAnEvent, "EmitsEachEventInOrder",
       "should have emitted 60 different events"},
      {Fault::kRepeatsAnEvent, "EmitsEachEventInOrder", "came twice"},
      {Fault::kGoesBackwards, "EmitsEachEventInOrder", "should be event-0"},
      {Fault::kHasNoSource, "EmitsEachEventInOrder", "has no source"},
      {Fault::kInventsAnEvent, "EmitsEachEventInOrder", "was not provided"},
      {Fault::kEmitsNothing, "EmitsEachEventInOrder",
       "should have emitted 60 different events"},
      {Fault::kNeverBegins, "WaitsWhileTheIntakeIsFull", "never tries to emit"},
      {Fault::kTriesAllTheTime, "WaitsWhileTheIntakeIsFull",
       "while the intake was full"},
      {Fault::kNeverAsksForRoom, "WaitsWhileTheIntakeIsFull",
       "did not call NotifyWhenReady()"},
      {Fault::kDropsWhatIsRefused, "WaitsWhileTheIntakeIsFull",
       "did not call NotifyWhenReady()"},
      {Fault::kFinishesEarly, "WaitsWhileTheIntakeIsFull",
       "finished() is true"},
      {Fault::kNeverFinishes, "IsFinishedBehindItsLastEvent", "still false"},
      {Fault::kSkipsBehindACheckpoint, "GoesOnBehindEachCheckpoint",
       "should have emitted"},
      {Fault::kRepeatsBehindACheckpoint, "GoesOnBehindEachCheckpoint",
       "comes again after a restart"},
      {Fault::kRefusesCheckpoints, "GoesOnBehindEachCheckpoint",
       "does not start"},
      {Fault::kRemembersByItself, "EmitsAgainWhatWasNotStored",
       "should have emitted"},
      {Fault::kBlamesTheWeather, "RefusesACheckpointItDoesNotUnderstand",
       "use kInvalidArgument"},
      {Fault::kNeverStops, "StopsInEveryState", "does not report done"},
      {Fault::kStopsTwice, "StopsInEveryState", "reports done 2 times"},
      {Fault::kEmitsAfterStop, "StopsInEveryState", "after Stop() was called"},
      {Fault::kStartsOnce, "StopsInEveryState", "does not start"},
      {Fault::kTellsTheSecret, "EmitsEachEventInOrder", "the secret"},
      {Fault::kLeavesThreads, "LeavesNothingBehind", "threads"},
      {Fault::kLeavesDescriptors, "LeavesNothingBehind", "file descriptors"},
  };
}

class WrongSource : public testing::TestWithParam<Finding<Fault>> {};

TEST_P(WrongSource, IsFound) {
  // A source that did not stop is never destroyed, and still refers to it.
  static auto* const kept = new std::vector<Wrong*>();
  auto* const wrong = new Wrong(GetParam().fault);
  kept->push_back(wrong);
  absl::Status status;
  {
    SourceTrial trial(Registering(wrong), std::make_unique<ListFixture>(wrong),
                      {.answer = absl::Seconds(2)});
    status = RunCase(SourceCases(), GetParam().by, trial);
  }
  ExpectFound(GetParam(), status);
  {
    absl::MutexLock lock(&wrong->end);
    wrong->ended = true;
  }
  for (std::thread& thread : wrong->threads) thread.join();
  wrong->threads.clear();
  wrong->files.clear();
}

INSTANTIATE_TEST_SUITE_P(EachFault, WrongSource, testing::ValuesIn(Findings()));

TEST(SourceFindings, EachCaseFindsSomething) {
  ExpectEachFindsSomething(SourceCases(), Findings());
}

}  // namespace
}  // namespace sluice::kit
