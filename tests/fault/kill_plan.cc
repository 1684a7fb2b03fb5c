#include "tests/fault/kill_plan.h"

#include <csignal>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::fault {
namespace {

// Something arrives sooner, unless the destination is down.
constexpr absl::Duration kArrivalLimit = absl::Seconds(5);
// As a shell would call an end by kill -9.
constexpr int kKilled = 128 + SIGKILL;

}  // namespace

std::string KillMoment::ToString() const {
  const std::string wait = absl::FormatDuration(after);
  switch (since) {
    case Since::kStart:
      return absl::StrCat(wait, " after the start");
    case Since::kReady:
      return absl::StrCat(wait, " after the ready line");
    case Since::kArrival:
      return absl::StrCat(wait, " after an arrival");
    case Since::kSigterm:
      break;
  }
  return absl::StrCat(wait, " after SIGTERM, ", absl::FormatDuration(sigterm),
                      " after the ready line");
}

KillMoment KillPlan::Next() {
  KillMoment moment;
  switch (dice_.Roll(9)) {
    case 0:
      moment.since = KillMoment::Since::kStart;
      moment.after = dice_.Wait(0, 300);
      break;
    case 1:
    case 2:
      moment.after = dice_.Wait(0, 300);
      break;
    case 3:
    case 4:
    case 5:
      moment.after = dice_.Wait(0, absl::ToInt64Milliseconds(longest_));
      break;
    case 6:
      moment.since = KillMoment::Since::kSigterm;
      moment.sigterm = dice_.Wait(0, absl::ToInt64Milliseconds(longest_));
      moment.after = dice_.Wait(0, 30);
      break;
    default:
      moment.since = KillMoment::Since::kArrival;
      moment.after = dice_.Wait(0, 10);
  }
  return moment;
}

bool KillAt(const KillMoment& moment, SluiceProcess& process,
            const std::function<uint64_t()>& arrived) {
  bool ready = false;
  if (moment.since != KillMoment::Since::kStart) {
    ready = process.WaitReady();
    EXPECT_TRUE(ready) << "the process did not get ready";
  }
  if (moment.since == KillMoment::Since::kArrival) {
    const uint64_t before = arrived();
    WaitUntil([&] { return arrived() != before || process.WaitEnd({}); },
              kArrivalLimit);
  }
  if (moment.since == KillMoment::Since::kSigterm) {
    EXPECT_FALSE(process.WaitEnd(moment.sigterm)) << "it ended by itself";
    process.Signal(SIGTERM);
    process.WaitEnd(moment.after);
    // It may be faster than the kill.
    process.Kill();
    const int code = process.ExitCode();
    EXPECT_TRUE(code == 0 || code == kKilled) << code;
    return code == kKilled;
  }
  EXPECT_FALSE(process.WaitEnd(moment.after)) << "it ended by itself";
  process.Kill();
  EXPECT_EQ(process.ExitCode(), kKilled);
  return ready;
}

}  // namespace sluice::fault
