#include "tests/kit/source_cases.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tests/kit/leak_check.h"

namespace sluice::kit {
namespace {

constexpr size_t kEvents = 60;
// How often a source may try in vain before it is told that there is room. One
// is needed; a few more are tries for other pieces.
constexpr int kMaxRefusals = 5;
// Time for a source that does not wait to show it.
constexpr absl::Duration kCalm = absl::Milliseconds(50);

std::vector<std::string> WithoutRepeats(const std::vector<std::string>& ids) {
  std::set<std::string> seen;
  std::vector<std::string> first;
  for (const std::string& id : ids) {
    if (seen.insert(id).second) first.push_back(id);
  }
  return first;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SourceBench>> SourceTrial::MakeBench() {
  if (provided_.empty()) provided_ = fixture_->Provide(kEvents);
  SLUICE_ASSIGN_OR_RETURN(ComponentFactory<Source> make,
                          LoadSource(register_plugin_, fixture_->Config()));
  auto bench = std::make_unique<SourceBench>(std::move(make),
                                             fixture_->Secret(), patience_);
  SLUICE_RETURN_IF_ERROR(bench->Make());
  return bench;
}

absl::Status SourceTrial::CheckEmitted(const std::vector<std::string>& emitted,
                                       std::vector<std::string> expected,
                                       bool may_repeat) {
  std::vector<std::string> once = WithoutRepeats(emitted);
  if (once.size() < emitted.size() && !may_repeat) {
    return Broken("an event came twice, and traits().may_repeat is false: ",
                  Listed(emitted));
  }
  if (!fixture_->KeepsOrder()) {
    std::sort(once.begin(), once.end());
    std::sort(expected.begin(), expected.end());
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if (i < once.size() && once[i] == expected[i]) continue;
    return Broken("event ", i + 1, " should be ", expected[i], " and is ",
                  i < once.size() ? once[i] : "not there");
  }
  if (once.size() > expected.size()) {
    return Broken(once[expected.size()], " came, which was not provided");
  }
  return absl::OkStatus();
}

namespace {

absl::Status NamesTheFieldOfABadConfiguration(SourceTrial& trial) {
  return CheckRefusals(trial.register_plugin(), PluginKind::kSource,
                       trial.fixture().BadConfigs());
}

absl::Status EmitsEachEventInOrder(SourceTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(trial.provided().size()));
  bench->Acknowledge(absl::OkStatus());
  const bool may_repeat = bench->traits().may_repeat;
  const std::vector<std::string> ids = bench->intake().ids();
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckEmitted(ids, trial.provided(), may_repeat);
}

absl::Status WaitsWhileTheIntakeIsFull(SourceTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Start(std::nullopt, /*room=*/0));
  if (!bench->intake().WaitForRefusal(bench->patience().answer)) {
    return Broken("the source never tries to emit");
  }
  absl::SleepFor(kCalm);
  if (bench->intake().refusals() > kMaxRefusals) {
    return Broken("the source tried to emit ", bench->intake().refusals(),
                  " times while the intake was full: wait for the callback of "
                  "NotifyWhenReady()");
  }
  if (bench->finished()) {
    return Broken("finished() is true while events wait for room");
  }
  const size_t all = trial.provided().size();
  while (!bench->intake().WaitForEvents(all, absl::ZeroDuration())) {
    if (!bench->intake().WaitForEventsOrRequest(all,
                                                bench->patience().answer)) {
      return Broken("the source had emitted ", Listed(bench->intake().ids()),
                    ", was refused, and did not call NotifyWhenReady()");
    }
    bench->MakeRoom(1);
  }
  const bool may_repeat = bench->traits().may_repeat;
  const std::vector<std::string> ids = bench->intake().ids();
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckEmitted(ids, trial.provided(), may_repeat);
}

// Starts from the checkpoint behind `stored`: exactly the rest has to come.
absl::Status GoOnBehind(SourceTrial& trial, SourceBench& bench,
                        const std::vector<std::string>& stored,
                        const std::string& checkpoint) {
  const std::set<std::string> before(stored.begin(), stored.end());
  std::vector<std::string> rest;
  for (const std::string& id : trial.provided()) {
    if (before.count(id) == 0) rest.push_back(id);
  }
  SLUICE_RETURN_IF_ERROR(bench.Start(checkpoint));
  const bool may_repeat = bench.traits().may_repeat;
  // With repeats, how many there will be cannot be known.
  std::vector<std::string> fresh;
  const absl::Time give_up = absl::Now() + bench.patience().answer;
  do {
    if (!may_repeat) SLUICE_RETURN_IF_ERROR(bench.WaitForEvents(rest.size()));
    fresh.clear();
    for (const std::string& id : bench.intake().ids()) {
      if (before.count(id) == 0) {
        fresh.push_back(id);
      } else if (!may_repeat) {
        return Broken(id,
                      " comes again after a restart, though it was stored "
                      "with its checkpoint and traits().may_repeat is "
                      "false");
      }
    }
    if (WithoutRepeats(fresh).size() >= rest.size()) break;
    absl::SleepFor(absl::Milliseconds(10));
  } while (absl::Now() < give_up);
  SLUICE_RETURN_IF_ERROR(bench.Stop());
  const absl::Status status = trial.CheckEmitted(fresh, rest, may_repeat);
  if (status.ok()) return status;
  return Broken("after a restart behind ", stored.size(),
                " events: ", std::string(status.message()));
}

absl::Status GoesOnBehindEachCheckpoint(SourceTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(trial.provided().size()));
  const std::vector<TakenEmission> taken = bench->intake().taken();
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  std::vector<std::string> stored;
  size_t checkpoints = 0;
  for (const TakenEmission& emission : taken) {
    stored.insert(stored.end(), emission.ids.begin(), emission.ids.end());
    // Some are enough where each event has its own.
    const bool tried = emission.checkpoint.has_value() &&
                       (++checkpoints <= 4 || stored.size() % 20 == 0);
    if (!tried) continue;
    SLUICE_RETURN_IF_ERROR(
        GoOnBehind(trial, *bench, stored, *emission.checkpoint));
  }
  if (checkpoints > 0) return absl::OkStatus();
  return absl::UnimplementedError("the source gives no checkpoints");
}

absl::Status EmitsAgainWhatWasNotStored(SourceTrial& trial) {
  if (!trial.fixture().BeginsWithTheOldest()) {
    return absl::UnimplementedError(
        "without a checkpoint this source does not begin with the oldest "
        "event");
  }
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(1));
  bench->Acknowledge(absl::AbortedError("the pipeline stops"));
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(trial.provided().size()));
  const bool may_repeat = bench->traits().may_repeat;
  const std::vector<std::string> ids = bench->intake().ids();
  SLUICE_RETURN_IF_ERROR(bench->Stop());
  return trial.CheckEmitted(ids, trial.provided(), may_repeat);
}

absl::Status RefusesACheckpointItDoesNotUnderstand(SourceTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  for (const std::string& checkpoint :
       {std::string("\xff\0 no checkpoint", 16), std::string(100'000, '9'),
        std::string()}) {
    const absl::Status status = bench->TryStart(checkpoint);
    if (!status.ok() && status.code() != absl::StatusCode::kInvalidArgument) {
      return Broken("a checkpoint that cannot be understood is refused with ",
                    status.ToString(), "; use kInvalidArgument");
    }
  }
  return bench->Stop();
}

absl::Status StopsInEveryState(SourceTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Stop());  // Never started.
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->Stop());  // Just begun.
  SLUICE_RETURN_IF_ERROR(bench->Start(std::nullopt, /*room=*/0));
  if (!bench->intake().WaitForRefusal(bench->patience().answer)) {
    return Broken("the source never tries to emit");
  }
  SLUICE_RETURN_IF_ERROR(bench->Stop());  // Waiting for room.
  SLUICE_RETURN_IF_ERROR(bench->Start(std::nullopt, /*room=*/1));
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(1));
  SLUICE_RETURN_IF_ERROR(bench->Stop());  // Not acknowledged, more to come.
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(trial.provided().size()));
  bench->Acknowledge(absl::OkStatus());
  return bench->Stop();  // Nothing left to do.
}

absl::Status IsFinishedBehindItsLastEvent(SourceTrial& trial) {
  if (!trial.fixture().IsFinite()) {
    return absl::UnimplementedError("the source is endless");
  }
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  SLUICE_RETURN_IF_ERROR(bench->Start());
  SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(trial.provided().size()));
  const absl::Time give_up = absl::Now() + bench->patience().answer;
  while (!bench->finished()) {
    if (absl::Now() > give_up) {
      return Broken("finished() is still false behind the last event");
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return bench->Stop();
}

absl::Status LeavesNothingBehind(SourceTrial& trial) {
  SLUICE_ASSIGN_OR_RETURN(auto bench, trial.MakeBench());
  return CheckLeavesNothing([&]() -> absl::Status {
    SLUICE_RETURN_IF_ERROR(bench->Start(std::nullopt, /*room=*/1));
    if (trial.fixture().BeginsWithTheOldest()) {
      SLUICE_RETURN_IF_ERROR(bench->WaitForEvents(1));
    }
    return bench->Stop();
  });
}

}  // namespace

std::vector<SourceCase> SourceCases() {
  return {
      {"NamesTheFieldOfABadConfiguration", NamesTheFieldOfABadConfiguration},
      {"EmitsEachEventInOrder", EmitsEachEventInOrder},
      {"WaitsWhileTheIntakeIsFull", WaitsWhileTheIntakeIsFull},
      {"GoesOnBehindEachCheckpoint", GoesOnBehindEachCheckpoint},
      {"EmitsAgainWhatWasNotStored", EmitsAgainWhatWasNotStored},
      {"RefusesACheckpointItDoesNotUnderstand",
       RefusesACheckpointItDoesNotUnderstand},
      {"StopsInEveryState", StopsInEveryState},
      {"IsFinishedBehindItsLastEvent", IsFinishedBehindItsLastEvent},
      {"LeavesNothingBehind", LeavesNothingBehind},
  };
}

}  // namespace sluice::kit
