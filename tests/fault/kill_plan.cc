#include "tests/fault/kill_plan.h"

#include <csignal>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::fault {
namespace {

// Something arrives sooner, unless the destination is down.
constexpr absl::Duration kArrivalLimit = absl::Seconds(5);

}  // namespace

std::string KillMoment::ToString() const {
  const char* what = since == Since::kStart   ? "start"
                     : since == Since::kReady ? "the ready line"
                                              : "an arrival";
  return absl::StrCat(absl::FormatDuration(after), " after ", what);
}

KillMoment KillPlan::Next() {
  KillMoment moment;
  switch (dice_.Roll(8)) {
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
  EXPECT_FALSE(process.WaitEnd(moment.after)) << "it ended by itself";
  process.Kill();
  EXPECT_EQ(process.ExitCode(), 128 + SIGKILL);
  return ready;
}

}  // namespace sluice::fault
