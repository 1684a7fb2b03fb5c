#include "tests/kit/sink_cases.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/kit/flight.h"
#include "tests/kit/leak_check.h"

namespace sluice::kit {

using Kind = Outcome::Kind;

absl::Status SinkTrial::Behave(Behavior behavior) {
  if (fixture_->Behave(behavior)) return absl::OkStatus();
  return absl::UnimplementedError(fixture_->WhyNot(behavior));
}

absl::StatusOr<std::unique_ptr<SinkBench>> SinkTrial::MakeBench() {
  SLUICE_ASSIGN_OR_RETURN(ComponentFactory<Sink> make,
                          LoadSink(register_plugin_, fixture_->Config()));
  auto bench = std::make_unique<SinkBench>(std::move(make), fixture_->Secret(),
                                           patience_);
  SLUICE_RETURN_IF_ERROR(bench->Make());
  return bench;
}

absl::StatusOr<std::unique_ptr<SinkBench>> SinkTrial::StartBench() {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<SinkBench> bench, MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  return bench;
}

Events SinkTrial::NextEvents(size_t count, size_t subjects) {
  Events events = MakeEvents(next_event_, count, subjects);
  next_event_ += count;
  for (event::v1::Event& event : events) fixture_->Shape(event);
  return events;
}

absl::Status SinkTrial::CheckTaken(const Events& events, bool once) {
  const auto taken = fixture_->Taken();
  if (!taken.has_value()) return absl::OkStatus();
  std::map<std::string, size_t> first;
  for (size_t i = 0; i < taken->size(); ++i) {
    if (!first.emplace((*taken)[i], i).second && once) {
      return Broken("the destination got ", (*taken)[i],
                    " twice, though nothing went wrong");
    }
  }
  std::map<std::string, const event::v1::Event*> last_of_subject;
  for (const event::v1::Event& event : events) {
    if (first.count(event.id()) == 0) {
      return Broken("the destination never got ", event.id(), "; it got ",
                    Listed(*taken));
    }
    const event::v1::Event*& last = last_of_subject[event.subject()];
    if (last != nullptr && first[event.id()] < first[last->id()]) {
      return Broken("the destination got ", event.id(), " before ", last->id(),
                    ", which has the same subject and is older");
    }
    last = &event;
  }
  return absl::OkStatus();
}

namespace {

absl::Status CheckDelivered(const Fates& fates) {
  for (const auto& [id, outcome] : fates) {
    if (outcome.kind == Kind::kRejected) {
      return Broken(
          id, " is rejected, and nothing is wrong with it: ", outcome.message);
    }
  }
  return absl::OkStatus();
}

// Delivers `events` to the end, which has to succeed for each.
absl::Status SettleAll(SinkBench& bench, const Events& events) {
  SLUICE_ASSIGN_OR_RETURN(Fates fates, bench.Settle(events));
  return CheckDelivered(fates);
}

// What is true of every answer while the destination takes nothing.
absl::Status CheckNothingFinal(const std::vector<Outcome>& outcomes,
                               const std::string& situation) {
  for (const Outcome& outcome : outcomes) {
    if (outcome.kind == Kind::kDelivered) {
      return Broken(situation, ", and the sink says kDelivered");
    }
    if (outcome.kind == Kind::kRejected) {
      return Broken(situation, ", and the sink blames the event for it: ",
                    outcome.message);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNotMisconfigured(const DeliveryResult& result,
                                   const std::string& situation) {
  if (result.misconfigured.ok()) return absl::OkStatus();
  return Broken(situation, ", and the sink calls itself misconfigured: ",
                std::string(result.misconfigured.message()));
}

bool Has(const std::vector<Outcome>& outcomes, Kind kind) {
  return std::any_of(
      outcomes.begin(), outcomes.end(),
      [kind](const Outcome& outcome) { return outcome.kind == kind; });
}

// From here on each function is a case.

absl::Status TraitsMakeSense(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  const SinkTraits traits = bench->traits();
  if (traits.max_batch_events == 0 || traits.max_batch_bytes == 0 ||
      traits.max_in_flight == 0) {
    return Broken(
        "max_batch_events, max_batch_bytes and max_in_flight are at "
        "least 1");
  }
  if (traits.timeout <= absl::ZeroDuration() ||
      traits.timeout == absl::InfiniteDuration()) {
    return Broken("the timeout is ", absl::FormatDuration(traits.timeout),
                  "; give one that is above zero and ends");
  }
  SLUICE_RETURN_IF_ERROR(bench->Start());
  const SinkTraits again = bench->traits();
  if (again.max_batch_events != traits.max_batch_events ||
      again.max_batch_bytes != traits.max_batch_bytes ||
      again.max_in_flight != traits.max_in_flight ||
      again.idempotent != traits.idempotent ||
      again.timeout != traits.timeout) {
    return Broken("the traits change; they are constant");
  }
  return bench->Stop();
}

absl::Status NamesTheFieldOfABadConfiguration(SinkTrial& trial) {
  return CheckRefusals(trial.register_plugin(), PluginKind::kSink,
                       trial.fixture().BadConfigs());
}

absl::Status AnswersEachEventOnce(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  const size_t most = std::min<size_t>(bench->traits().max_batch_events, 50);
  Events all;
  for (const size_t count : {size_t{1}, most}) {
    const Events events = trial.NextEvents(count, 5);
    SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
    all.insert(all.end(), events.begin(), events.end());
  }
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(all, /*once=*/true);
}

absl::Status AnswersDeliveriesSideBySide(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  const size_t lanes = std::min<size_t>(bench->traits().max_in_flight, 16);
  Events all;
  std::vector<std::pair<Events, FlightPtr>> under_way;
  for (size_t i = 0; i < lanes; ++i) {
    // One event each: subjects of deliveries under way never meet.
    Events events = trial.NextEvents(1, lanes);
    all.push_back(events[0]);
    FlightPtr flight = bench->Send(events);
    under_way.emplace_back(std::move(events), std::move(flight));
  }
  for (auto& [events, flight] : under_way) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                            bench->Outcomes(flight));
    if (outcomes[0].kind == Kind::kDelivered) continue;
    SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  }
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(all, /*once=*/false);
}

absl::Status KeepsTheOrderOfASubject(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  Events all;
  for (int round = 0; round < 3; ++round) {
    const Events events = trial.NextEvents(12, 3);
    SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
    all.insert(all.end(), events.begin(), events.end());
  }
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(all, /*once=*/true);
}

absl::Status KeepsTheOrderWhenARequestFails(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kFailOnce));
  const Events events = trial.NextEvents(6, 2);
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(events, /*once=*/false);
}

absl::Status RepeatsWhatTheDestinationDidNotTake(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kFail));
  const Events events = trial.NextEvents(4, 2);
  const FlightPtr flight = bench->Send(events);
  SLUICE_ASSIGN_OR_RETURN(DeliveryResult result, bench->Answer(flight));
  const std::string situation = "the destination failed for a while";
  SLUICE_RETURN_IF_ERROR(CheckNotMisconfigured(result, situation));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                          bench->Outcomes(flight));
  SLUICE_RETURN_IF_ERROR(CheckNothingFinal(outcomes, situation));
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kAccept));
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(events, /*once=*/false);
}

absl::Status HandsOnTheDelayItWasAskedFor(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kThrottle));
  const FlightPtr flight = bench->Send(trial.NextEvents(3, 1));
  SLUICE_ASSIGN_OR_RETURN(DeliveryResult result, bench->Answer(flight));
  const std::string situation =
      absl::StrCat("the destination wants nothing for ",
                   absl::FormatDuration(kThrottleDelay));
  SLUICE_RETURN_IF_ERROR(CheckNotMisconfigured(result, situation));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                          bench->Outcomes(flight));
  SLUICE_RETURN_IF_ERROR(CheckNothingFinal(outcomes, situation));
  if (!result.retry_after.has_value()) {
    return Broken(situation, ", and the answer has no retry_after");
  }
  // Times of day are in whole seconds, so one may be lost on the way.
  const absl::Duration least = kThrottleDelay - absl::Seconds(1);
  const absl::Duration most = 2 * kThrottleDelay + absl::Seconds(10);
  if (*result.retry_after < least || *result.retry_after > most) {
    return Broken(situation, ", and retry_after is ",
                  absl::FormatDuration(*result.retry_after));
  }
  return bench->Stop();
}

absl::Status LosesNothingToThrottling(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kThrottle));
  const Events events = trial.NextEvents(6, 2);
  SLUICE_ASSIGN_OR_RETURN(DeliveryResult result, bench->Deliver(events));
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kAccept));
  absl::SleepFor(result.retry_after.value_or(absl::ZeroDuration()));
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(events, /*once=*/true);
}

absl::Status BlamesItsConfigurationForWrongCredentials(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kRefuseCredentials));
  const Events events = trial.NextEvents(3, 2);
  const FlightPtr flight = bench->Send(events);
  SLUICE_ASSIGN_OR_RETURN(DeliveryResult result, bench->Answer(flight));
  SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                          bench->Outcomes(flight));
  const std::string situation = "the destination refused the credentials";
  SLUICE_RETURN_IF_ERROR(CheckNothingFinal(outcomes, situation));
  if (result.misconfigured.ok()) {
    return Broken(situation,
                  ", and `misconfigured` is OK, so no operator "
                  "learns of it");
  }
  // The pipeline tries again by itself, when the operator has mended it.
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kAccept));
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(events, /*once=*/false);
}

absl::Status RejectsOnlyTheEventThatIsToBlame(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kRefusePoison));
  Events events = trial.NextEvents(8, 2);
  events[3].set_id(kPoisonId);
  SLUICE_ASSIGN_OR_RETURN(Fates fates, bench->Settle(events));
  if (fates[kPoisonId].kind != Kind::kRejected) {
    return Broken("the destination will never take ", std::string(kPoisonId),
                  ", and the sink says kDelivered of it");
  }
  fates.erase(kPoisonId);
  SLUICE_RETURN_IF_ERROR(CheckDelivered(fates));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  events.erase(events.begin() + 3);
  return trial.CheckTaken(events, /*once=*/false);
}

absl::Status AnswersInTimeWhenTheDestinationStalls(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kStall));
  const absl::Duration timeout = trial.patience().short_delivery;
  const Events events = trial.NextEvents(3, 1);
  const FlightPtr flight = bench->Send(events, timeout);
  SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                          bench->Outcomes(flight));
  if (flight->took() > timeout + trial.patience().slack) {
    return Broken("a delivery with a timeout of ",
                  absl::FormatDuration(timeout), " is answered after ",
                  absl::FormatDuration(flight->took()),
                  "; go by Delivery::timeout");
  }
  const std::string situation = "the destination never answered";
  SLUICE_RETURN_IF_ERROR(CheckNothingFinal(outcomes, situation));
  if (!Has(outcomes, Kind::kUnknown)) {
    return Broken(situation,
                  ", and no event is kUnknown: what was sent and not "
                  "answered may have been taken");
  }
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kAccept));
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(events, /*once=*/false);
}

absl::Status DoesNotBlockItsExecutor(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kStall));
  const absl::Duration timeout = 2 * trial.patience().short_delivery;
  const FlightPtr flight = bench->Send(trial.NextEvents(2, 1), timeout);
  bench->home().Run([] {});  // Behind the call of Deliver().
  const bool answered = flight->answers() > 0 || flight->dropped();
  SLUICE_RETURN_IF_ERROR(bench->Answer(flight).status());
  if (answered && flight->took() > timeout / 2) {
    return Broken(
        "Deliver() blocked its executor for ",
        absl::FormatDuration(flight->took()),
        " while the destination did not answer: begin the work there, "
        "or use MakeBlockingSink()");
  }
  return bench->Stop();
}

absl::Status SaysThatNobodyKnowsWhenAnAnswerIsCutOff(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kCut));
  const Events events = trial.NextEvents(3, 1);
  const FlightPtr flight = bench->Send(events);
  SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                          bench->Outcomes(flight));
  const auto taken = trial.fixture().Taken();
  for (size_t i = 0; taken.has_value() && i < events.size(); ++i) {
    const bool has =
        std::count(taken->begin(), taken->end(), events[i].id()) > 0;
    if (has && (outcomes[i].kind == Kind::kRetry ||
                outcomes[i].kind == Kind::kNotTried ||
                outcomes[i].kind == Kind::kRejected)) {
      return Broken(
          "the connection broke before the answer came; the "
          "destination has ",
          events[i].id(),
          ", and the sink is sure that it has not: say kUnknown");
    }
  }
  SLUICE_RETURN_IF_ERROR(trial.Behave(Behavior::kAccept));
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(events, /*once=*/false);
}

absl::Status StopsWithDeliveriesUnderWay(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  // One that cannot stall makes the race only shorter.
  const bool stalls = trial.Behave(Behavior::kStall).ok();
  const size_t lanes = std::min<size_t>(bench->traits().max_in_flight, 8);
  std::vector<FlightPtr> flights;
  for (size_t i = 0; i < lanes; ++i) {
    flights.push_back(bench->Send(trial.NextEvents(1, lanes)));
  }
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  for (const FlightPtr& flight : flights) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<Outcome> outcomes,
                            bench->Outcomes(flight));
    if (!stalls) continue;
    SLUICE_RETURN_IF_ERROR(
        CheckNothingFinal(outcomes, "the sink was stopped under way"));
  }
  return absl::OkStatus();
}

absl::Status StopsInEveryState(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(SettleAll(*bench, trial.NextEvents(2, 2)));
  return bench->Stop();
}

absl::Status GoesOnAfterARestart(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.StartBench());
  Events all;
  for (int run = 0; run < 3; ++run) {
    const Events events = trial.NextEvents(4, 2);
    SLUICE_RETURN_IF_ERROR(SettleAll(*bench, events));
    all.insert(all.end(), events.begin(), events.end());
    SLUICE_RETURN_IF_ERROR(bench->Start());
  }
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckTaken(all, /*once=*/true);
}

absl::Status LeavesNothingBehind(SinkTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  return CheckLeavesNothing([&]() -> absl::Status {
    SLUICE_RETURN_IF_ERROR(bench->Start());
    SLUICE_RETURN_IF_ERROR(SettleAll(*bench, trial.NextEvents(2, 2)));
    return bench->Stop();
  });
}

}  // namespace

std::vector<SinkCase> SinkCases() {
  return {
      {"TraitsMakeSense", TraitsMakeSense},
      {"NamesTheFieldOfABadConfiguration", NamesTheFieldOfABadConfiguration},
      {"AnswersEachEventOnce", AnswersEachEventOnce},
      {"AnswersDeliveriesSideBySide", AnswersDeliveriesSideBySide},
      {"KeepsTheOrderOfASubject", KeepsTheOrderOfASubject},
      {"KeepsTheOrderWhenARequestFails", KeepsTheOrderWhenARequestFails},
      {"RepeatsWhatTheDestinationDidNotTake",
       RepeatsWhatTheDestinationDidNotTake},
      {"HandsOnTheDelayItWasAskedFor", HandsOnTheDelayItWasAskedFor},
      {"LosesNothingToThrottling", LosesNothingToThrottling},
      {"BlamesItsConfigurationForWrongCredentials",
       BlamesItsConfigurationForWrongCredentials},
      {"RejectsOnlyTheEventThatIsToBlame", RejectsOnlyTheEventThatIsToBlame},
      {"AnswersInTimeWhenTheDestinationStalls",
       AnswersInTimeWhenTheDestinationStalls},
      {"DoesNotBlockItsExecutor", DoesNotBlockItsExecutor},
      {"SaysThatNobodyKnowsWhenAnAnswerIsCutOff",
       SaysThatNobodyKnowsWhenAnAnswerIsCutOff},
      {"StopsWithDeliveriesUnderWay", StopsWithDeliveriesUnderWay},
      {"StopsInEveryState", StopsInEveryState},
      {"GoesOnAfterARestart", GoesOnAfterARestart},
      {"LeavesNothingBehind", LeavesNothingBehind},
  };
}

}  // namespace sluice::kit
