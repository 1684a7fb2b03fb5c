// The kit tried out: a sink that does everything right passes each case, and
// each case finds the sinks that do what it is there to find.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "tests/kit/findings.h"
#include "tests/kit/sink_cases.h"

namespace sluice::kit {
namespace {

using google::protobuf::StringValue;

constexpr char kSecret[] = "open-sesame";
constexpr char kWhyNot[] = "a letter box takes all that fits through its slot";

// What a sink does wrong.
enum class Fault {
  kNone,
  kChangesItsTraits,
  kTakesNothingAtOnce,
  kTakesBadConfig,
  kBlamesNoField,
  kForgetsAnOutcome,
  kNeverAnswers,
  kDropsTheCallback,
  kAnswersTwice,
  kSaysDeliveredAndSendsNothing,
  kSendsTwice,
  kSendsBackwards,
  kOvertakes,
  kDeliversWhatFailed,
  kRejectsWhatFailed,
  kMisconfiguredByFailure,
  kForgetsTheDelay,
  kWaitsForEver,
  kRejectsWhatIsThrottled,
  kRejectsForCredentials,
  kKeepsQuietAboutCredentials,
  kTellsTheSecret,
  kRejectsWithoutReason,
  kSaysNothing,
  kBlamesTheBatch,
  kRepeatsPoisonForEver,
  kDeliversPoison,
  kIsLate,
  kBlocks,
  kIsSureAfterAStall,
  kIsSureAfterACut,
  kNeverStops,
  kStopsTwice,
  kStopsBeforeItAnswers,
  kAnswersAgainAfterStop,
  kRejectsWhenStopped,
  kStartsOnce,
  kLeavesThreads,
  kLeavesDescriptors,
};

// A destination in memory.
//
// Thread-safety: all methods from any thread.
class Mailbox {
 public:
  enum class Reply { kTaken, kFailed, kThrottled, kNone, kCut, kDenied, kBad };

  Reply Send(const std::string& id) {
    absl::MutexLock lock(&mu_);
    switch (behavior_) {
      case Behavior::kFailOnce:
        behavior_ = Behavior::kAccept;
        return Reply::kFailed;
      case Behavior::kFail:
        return Reply::kFailed;
      case Behavior::kThrottle:
        return Reply::kThrottled;
      case Behavior::kStall:
        return Reply::kNone;
      case Behavior::kCut:
        taken_.push_back(id);
        return Reply::kCut;
      case Behavior::kRefuseCredentials:
        return Reply::kDenied;
      case Behavior::kRefusePoison:
        if (id == kPoisonId) return Reply::kBad;
        break;
      case Behavior::kAccept:
        break;
    }
    taken_.push_back(id);
    return Reply::kTaken;
  }
  void Behave(Behavior behavior) {
    absl::MutexLock lock(&mu_);
    behavior_ = behavior;
  }
  std::vector<std::string> taken() const {
    absl::MutexLock lock(&mu_);
    return taken_;
  }

 private:
  mutable absl::Mutex mu_;
  Behavior behavior_ ABSL_GUARDED_BY(mu_) = Behavior::kAccept;
  std::vector<std::string> taken_ ABSL_GUARDED_BY(mu_);
};

class MailFixture final : public SinkFixture {
 public:
  MailFixture(Mailbox* mailbox, bool only_accepts)
      : mailbox_(mailbox), only_accepts_(only_accepts) {}

  std::string Config() override { return "mail:\n  value: here\n"; }
  std::vector<BadConfig> BadConfigs() override {
    return {{"mail: {}", "value"}, {"mail: {value: here, post: 1}", "post"}};
  }
  bool Behave(Behavior behavior) override {
    if (only_accepts_ && behavior != Behavior::kAccept) return false;
    mailbox_->Behave(behavior);
    return true;
  }
  std::string WhyNot(Behavior) override { return kWhyNot; }
  std::optional<std::vector<std::string>> Taken() override {
    return mailbox_->taken();
  }
  std::string Secret() override { return kSecret; }

 private:
  Mailbox* const mailbox_;
  const bool only_accepts_;
};

// What is wrong with a sink, and what its instances share.
struct Wrong {
  explicit Wrong(Fault fault) : fault(fault) {}
  ~Wrong() {
    for (std::thread& thread : threads) thread.join();
  }
  bool Is(Fault asked) const { return fault == asked; }

  const Fault fault;
  Mailbox mailbox;
  int starts = 0;
  std::vector<std::unique_ptr<FILE, int (*)(FILE*)>> files;
  absl::Mutex end;
  bool ended ABSL_GUARDED_BY(end) = false;
  std::vector<std::thread> threads;
};

// Sends event by event to a mailbox; right in everything but its fault.
class MailSink final : public Sink {
 public:
  explicit MailSink(Wrong* wrong) : wrong_(wrong) {}

  SinkTraits traits() const override {
    SinkTraits traits;
    traits.max_batch_events = wrong_->Is(Fault::kTakesNothingAtOnce) ? 0 : 10;
    const bool changed = wrong_->Is(Fault::kChangesItsTraits) && started_;
    traits.timeout = absl::Seconds(changed ? 60 : 30);
    return traits;
  }

  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  using Reply = Mailbox::Reply;

  struct Open {
    size_t events;
    DeliverCallback done;
    Executor::TimerId timer;
  };

  // Nullopt: the mailbox does not answer.
  std::optional<DeliveryResult> SendAll(const Delivery& delivery);
  Outcome OutcomeOf(Reply reply, DeliveryResult& result);
  void LeaveOpen(Delivery delivery, DeliverCallback done);
  Outcome Late() const {
    return wrong_->Is(Fault::kIsSureAfterAStall)
               ? Outcome::Retry("no answer")
               : Outcome::Unknown("no answer");
  }

  Wrong* const wrong_;
  ComponentContext context_;
  bool started_ = false;
  std::map<int, Open> open_;
  int next_ = 0;
};

absl::Status MailSink::Start(const ComponentContext& context) {
  if (wrong_->Is(Fault::kStartsOnce) && ++wrong_->starts > 1) {
    return absl::FailedPreconditionError("it is in use");
  }
  if (wrong_->Is(Fault::kLeavesDescriptors)) {
    wrong_->files.emplace_back(std::fopen("/dev/null", "r"), std::fclose);
  }
  if (wrong_->Is(Fault::kLeavesThreads)) {
    wrong_->threads.emplace_back([wrong = wrong_] {
      absl::MutexLock lock(&wrong->end);
      wrong->end.Await(absl::Condition(&wrong->ended));
    });
  }
  context_ = context;
  started_ = true;
  return absl::OkStatus();
}

Outcome MailSink::OutcomeOf(Reply reply, DeliveryResult& result) {
  switch (reply) {
    case Reply::kTaken:
      return Outcome::Delivered();
    case Reply::kFailed:
      if (wrong_->Is(Fault::kDeliversWhatFailed)) return Outcome::Delivered();
      if (wrong_->Is(Fault::kRejectsWhatFailed)) {
        return Outcome::Rejected("failed", "it failed");
      }
      if (wrong_->Is(Fault::kMisconfiguredByFailure)) {
        result.misconfigured = absl::FailedPreconditionError("it failed");
      }
      return Outcome::Retry(wrong_->Is(Fault::kSaysNothing) ? "" : "it failed");
    case Reply::kThrottled:
      if (wrong_->Is(Fault::kRejectsWhatIsThrottled)) {
        return Outcome::Rejected("throttled", "too fast");
      }
      if (!wrong_->Is(Fault::kForgetsTheDelay)) {
        result.retry_after = wrong_->Is(Fault::kWaitsForEver)
                                 ? absl::InfiniteDuration()
                                 : kThrottleDelay;
      }
      return Outcome::Retry("too fast");
    case Reply::kDenied:
      if (wrong_->Is(Fault::kRejectsForCredentials)) {
        return Outcome::Rejected("denied", "wrong password");
      }
      if (!wrong_->Is(Fault::kKeepsQuietAboutCredentials)) {
        result.misconfigured = absl::FailedPreconditionError(
            wrong_->Is(Fault::kTellsTheSecret)
                ? absl::StrCat("the password ", kSecret, " is wrong")
                : "value: the password is wrong");
      }
      return Outcome::NotTried();
    case Reply::kBad:
      if (wrong_->Is(Fault::kDeliversPoison)) return Outcome::Delivered();
      if (wrong_->Is(Fault::kRepeatsPoisonForEver)) {
        return Outcome::Retry("it is bad");
      }
      return Outcome::Rejected(
          wrong_->Is(Fault::kRejectsWithoutReason) ? "" : "bad", "it is bad");
    case Reply::kCut:
    case Reply::kNone:
      break;
  }
  return wrong_->Is(Fault::kIsSureAfterACut) ? Outcome::Retry("cut off")
                                             : Outcome::Unknown("cut off");
}

std::optional<DeliveryResult> MailSink::SendAll(const Delivery& delivery) {
  DeliveryResult result;
  std::set<std::string_view> halted;
  for (const DeliveryItem& item : delivery.items) {
    if (halted.count(item.event.subject()) > 0) {
      result.outcomes.push_back(Outcome::NotTried());
      continue;
    }
    const std::string id(item.event.id());
    const Reply reply = wrong_->mailbox.Send(id);
    if (reply == Reply::kNone) return std::nullopt;
    if (wrong_->Is(Fault::kSendsTwice)) wrong_->mailbox.Send(id);
    result.outcomes.push_back(OutcomeOf(reply, result));
    const bool goes_on =
        reply == Reply::kTaken || reply == Reply::kBad ||
        (reply == Reply::kFailed && wrong_->Is(Fault::kOvertakes));
    if (!goes_on) halted.insert(item.event.subject());
  }
  const bool poisoned =
      std::any_of(result.outcomes.begin(), result.outcomes.end(),
                  [](const Outcome& outcome) {
                    return outcome.kind == Outcome::Kind::kRejected;
                  });
  if (poisoned && wrong_->Is(Fault::kBlamesTheBatch)) {
    for (Outcome& outcome : result.outcomes) {
      outcome = Outcome::Rejected("bad", "something in it is bad");
    }
  }
  return result;
}

void MailSink::LeaveOpen(Delivery delivery, DeliverCallback done) {
  if (wrong_->Is(Fault::kBlocks)) {
    absl::SleepFor(delivery.timeout);
    return done(DeliveryResult::All(Late()));
  }
  const int key = next_++;
  const absl::Duration late = wrong_->Is(Fault::kIsLate)
                                  ? absl::Milliseconds(300)
                                  : absl::ZeroDuration();
  const Executor::TimerId timer =
      context_.executor->PostAfter(delivery.timeout + late, [this, key] {
        Open open = std::move(open_.at(key));
        open_.erase(key);
        open.done(DeliveryResult::All(Late()));
      });
  open_.emplace(key, Open{delivery.items.size(), std::move(done), timer});
}

void MailSink::Deliver(Delivery delivery, DeliverCallback done) {
  if (wrong_->Is(Fault::kNeverAnswers)) {
    open_.emplace(next_++, Open{delivery.items.size(), std::move(done), 0});
    return;
  }
  if (wrong_->Is(Fault::kDropsTheCallback)) return;
  if (wrong_->Is(Fault::kSaysDeliveredAndSendsNothing)) {
    return done(DeliveryResult::All(Outcome::Delivered()));
  }
  if (wrong_->Is(Fault::kSendsBackwards)) {
    std::reverse(delivery.items.begin(), delivery.items.end());
  }
  std::optional<DeliveryResult> result = SendAll(delivery);
  if (!result.has_value()) {
    return LeaveOpen(std::move(delivery), std::move(done));
  }
  if (wrong_->Is(Fault::kForgetsAnOutcome) && result->outcomes.size() > 2) {
    result->outcomes.pop_back();
  }
  done(*result);
  if (wrong_->Is(Fault::kAnswersTwice)) done(*result);
}

void MailSink::Stop(absl::AnyInvocable<void()> done) {
  if (wrong_->Is(Fault::kNeverStops)) return;
  if (wrong_->Is(Fault::kStopsBeforeItAnswers)) done();
  for (auto& [key, open] : open_) {
    context_.executor->Cancel(open.timer);
    open.done(DeliveryResult::All(
        wrong_->Is(Fault::kRejectsWhenStopped)
            ? Outcome::Rejected("stopped", "the sink was stopped")
            : Outcome::Unknown("the sink was stopped")));
    if (wrong_->Is(Fault::kAnswersAgainAfterStop)) {
      open.done(DeliveryResult::All(Outcome::Unknown("and again")));
    }
  }
  open_.clear();
  if (!wrong_->Is(Fault::kStopsBeforeItAnswers)) done();
  if (wrong_->Is(Fault::kStopsTwice)) done();
}

RegisterPlugin Registering(Wrong* wrong) {
  return [wrong](PluginRegistry& registry) {
    return registry.AddSink<StringValue>(
        "mail", "a sink for the kit's own tests",
        [wrong](const StringValue& config)
            -> absl::StatusOr<std::unique_ptr<Sink>> {
          if (config.value().empty() && !wrong->Is(Fault::kTakesBadConfig)) {
            return ConfigError(wrong->Is(Fault::kBlamesNoField) ? "" : "value",
                               "is missing");
          }
          return std::make_unique<MailSink>(wrong);
        });
  };
}

class RightSink : public testing::TestWithParam<SinkCase> {};

TEST_P(RightSink, Passes) {
  Wrong nothing(Fault::kNone);
  SinkTrial trial(Registering(&nothing),
                  std::make_unique<MailFixture>(&nothing.mailbox, false),
                  {.short_delivery = absl::Milliseconds(300)});
  const absl::Status status = GetParam().run(trial);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_P(RightSink, PassesOrIsSkippedWithADestinationThatOnlyAccepts) {
  Wrong nothing(Fault::kNone);
  SinkTrial trial(Registering(&nothing),
                  std::make_unique<MailFixture>(&nothing.mailbox, true),
                  {.short_delivery = absl::Milliseconds(300)});
  const absl::Status status = GetParam().run(trial);
  EXPECT_TRUE(status.ok() || status == absl::UnimplementedError(kWhyNot))
      << status;
}

INSTANTIATE_TEST_SUITE_P(EachCase, RightSink, testing::ValuesIn(SinkCases()),
                         [](const auto& info) { return info.param.name; });

class WrongSink : public testing::TestWithParam<Finding<Fault>> {};

TEST_P(WrongSink, IsFound) {
  // Before the trial, whose home may keep what did not stop.
  auto* const wrong = new Wrong(GetParam().fault);
  absl::Status status;
  {
    SinkTrial trial(Registering(wrong),
                    std::make_unique<MailFixture>(&wrong->mailbox, false),
                    {.answer = absl::Seconds(2),
                     .short_delivery = absl::Milliseconds(100),
                     .slack = absl::Milliseconds(100)});
    status = RunCase(SinkCases(), GetParam().by, trial);
  }
  ExpectFound(GetParam(), status);
  {
    absl::MutexLock lock(&wrong->end);
    wrong->ended = true;
  }
  // A sink that did not stop is never destroyed, and still refers to it.
  static auto* const kept = new std::vector<Wrong*>();
  kept->push_back(wrong);
  for (std::thread& thread : wrong->threads) thread.join();
  wrong->threads.clear();
  wrong->files.clear();
}

std::vector<Finding<Fault>> Findings() {
  return {
      {Fault::kChangesItsTraits, "TraitsMakeSense", "they are constant"},
      {Fault::kTakesNothingAtOnce, "TraitsMakeSense", "at least 1"},
      {Fault::kTakesBadConfig, "NamesTheFieldOfABadConfiguration",
       "should be refused is not"},
      {Fault::kBlamesNoField, "NamesTheFieldOfABadConfiguration",
       "\"value\" should be blamed"},
      {Fault::kForgetsAnOutcome, "AnswersEachEventOnce",
       "10 events is answered with 9 outcomes"},
      {Fault::kNeverAnswers, "AnswersEachEventOnce", "is not answered"},
      {Fault::kNeverAnswers, "AnswersDeliveriesSideBySide", "is not answered"},
      {Fault::kDropsTheCallback, "AnswersEachEventOnce", "is dropped"},
      {Fault::kAnswersTwice, "AnswersEachEventOnce", "is answered 2 times"},
      {Fault::kSaysDeliveredAndSendsNothing, "AnswersEachEventOnce",
       "never got kit-0"},
      {Fault::kSaysDeliveredAndSendsNothing, "AnswersDeliveriesSideBySide",
       "never got"},
      {Fault::kSendsTwice, "AnswersEachEventOnce", "twice"},
      {Fault::kSendsTwice, "LosesNothingToThrottling", "twice"},
      {Fault::kSendsBackwards, "KeepsTheOrderOfASubject", "same subject"},
      {Fault::kOvertakes, "KeepsTheOrderWhenARequestFails", "same subject"},
      {Fault::kDeliversWhatFailed, "RepeatsWhatTheDestinationDidNotTake",
       "says kDelivered"},
      {Fault::kRejectsWhatFailed, "RepeatsWhatTheDestinationDidNotTake",
       "blames the event"},
      {Fault::kRejectsWhatFailed, "KeepsTheOrderWhenARequestFails",
       "is rejected"},
      {Fault::kMisconfiguredByFailure, "RepeatsWhatTheDestinationDidNotTake",
       "calls itself misconfigured"},
      {Fault::kSaysNothing, "RepeatsWhatTheDestinationDidNotTake",
       "does not say why"},
      {Fault::kForgetsTheDelay, "HandsOnTheDelayItWasAskedFor",
       "has no retry_after"},
      {Fault::kWaitsForEver, "HandsOnTheDelayItWasAskedFor",
       "retry_after is inf"},
      {Fault::kRejectsWhatIsThrottled, "HandsOnTheDelayItWasAskedFor",
       "blames the event"},
      {Fault::kRejectsForCredentials,
       "BlamesItsConfigurationForWrongCredentials", "blames the event"},
      {Fault::kKeepsQuietAboutCredentials,
       "BlamesItsConfigurationForWrongCredentials", "no operator"},
      {Fault::kTellsTheSecret, "BlamesItsConfigurationForWrongCredentials",
       "the secret is in a message"},
      {Fault::kRejectsWithoutReason, "RejectsOnlyTheEventThatIsToBlame",
       "without a reason"},
      {Fault::kBlamesTheBatch, "RejectsOnlyTheEventThatIsToBlame",
       "nothing is wrong with it"},
      {Fault::kRepeatsPoisonForEver, "RejectsOnlyTheEventThatIsToBlame",
       "still not delivered"},
      {Fault::kDeliversPoison, "RejectsOnlyTheEventThatIsToBlame",
       "will never take poison"},
      {Fault::kIsLate, "AnswersInTimeWhenTheDestinationStalls",
       "go by Delivery::timeout"},
      {Fault::kIsSureAfterAStall, "AnswersInTimeWhenTheDestinationStalls",
       "no event is kUnknown"},
      {Fault::kBlocks, "DoesNotBlockItsExecutor", "blocked its executor"},
      {Fault::kIsSureAfterACut, "SaysThatNobodyKnowsWhenAnAnswerIsCutOff",
       "say kUnknown"},
      {Fault::kNeverStops, "StopsInEveryState", "does not report done"},
      {Fault::kNeverStops, "StopsWithDeliveriesUnderWay",
       "does not report done"},
      {Fault::kStopsTwice, "StopsInEveryState", "reports done 2 times"},
      {Fault::kStopsBeforeItAnswers, "StopsWithDeliveriesUnderWay",
       "reports done before"},
      {Fault::kAnswersAgainAfterStop, "StopsWithDeliveriesUnderWay",
       "is answered 2 times"},
      {Fault::kRejectsWhenStopped, "StopsWithDeliveriesUnderWay",
       "blames the event"},
      {Fault::kStartsOnce, "GoesOnAfterARestart", "does not start"},
      {Fault::kStartsOnce, "StopsInEveryState", "does not start"},
      {Fault::kLeavesThreads, "LeavesNothingBehind", "threads"},
      {Fault::kLeavesDescriptors, "LeavesNothingBehind", "file descriptors"},
  };
}

INSTANTIATE_TEST_SUITE_P(EachFault, WrongSink, testing::ValuesIn(Findings()));

TEST(SinkFindings, EachCaseFindsSomething) {
  ExpectEachFindsSomething(SinkCases(), Findings());
}

}  // namespace
}  // namespace sluice::kit
