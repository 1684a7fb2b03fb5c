#include "plugins/disruptive/gap_ledger.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

std::shared_ptr<GapRecord> AddGap(GapLedger* ledger, int minute) {
  const absl::Time start = kStart + absl::Minutes(minute);
  return ledger->Add(GapRecord::Cause::kReconnect, start,
                     start + absl::Seconds(9));
}

TEST(GapLedgerTest, CountsWhatBecameOfEveryGap) {
  GapLedger ledger;
  const auto closed = AddGap(&ledger, 0);
  ledger.CountRecovered(*closed);
  ledger.CountRecovered(*closed);
  ledger.Finish(*closed);
  const auto lost = AddGap(&ledger, 1);
  lost->reason = "history was refused";
  ledger.Finish(*lost);
  AddGap(&ledger, 2);
  const SourceGaps report = ledger.Report();
  EXPECT_EQ(report.closed, 1u);
  EXPECT_EQ(report.unclosed, 1u);
  EXPECT_EQ(report.open, 1u);
  EXPECT_EQ(report.recovered_events, 2u);
  ASSERT_EQ(report.recent.size(), 3u);
  EXPECT_EQ(report.recent[0].state, SourceGap::State::kClosed);
  EXPECT_EQ(report.recent[0].recovered_events, 2u);
  EXPECT_EQ(report.recent[1].state, SourceGap::State::kUnclosed);
  EXPECT_EQ(report.recent[1].reason, "history was refused");
  EXPECT_EQ(report.recent[2].state, SourceGap::State::kOpen);
  EXPECT_EQ(report.recent[2].cause, "reconnect");
  EXPECT_EQ(ledger.last_unclosed(), lost.get());
}

TEST(GapLedgerTest, ARestartForgetsNothing) {
  GapLedger before;
  const auto closed =
      before.Add(GapRecord::Cause::kRestart, kStart, kStart + absl::Hours(1));
  before.CountRecovered(*closed);
  before.Finish(*closed);
  const auto lost = AddGap(&before, 90);
  lost->reason = "older than history";
  lost->failed_devices = 3;
  before.Finish(*lost);
  const auto open = AddGap(&before, 91);
  open->sorted = true;
  GapLedger after;
  const auto resumed = after.Load(before.Serialize());
  ASSERT_EQ(resumed.size(), 1u);
  EXPECT_EQ(resumed[0]->start, open->start);
  EXPECT_EQ(resumed[0]->end, open->end);
  EXPECT_TRUE(resumed[0]->sorted);
  EXPECT_EQ(after.Serialize(), before.Serialize());
  EXPECT_EQ(after.Report().recent[0].cause, "restart");
  EXPECT_EQ(after.records()[1]->failed_devices, 3);
}

TEST(GapLedgerTest, KeepsTheLatestAndEveryOpenOne) {
  GapLedger ledger;
  const auto open = AddGap(&ledger, 0);
  for (int i = 1; i <= 300; ++i) {
    const auto gap = AddGap(&ledger, i);
    gap->reason = std::string(10'000, 'x');
    ledger.Finish(*gap);
  }
  EXPECT_LE(ledger.records().size(), 101u);
  EXPECT_EQ(ledger.records().front(), open);
  EXPECT_EQ(ledger.Report().unclosed, 300u);
  EXPECT_LT(ledger.Serialize().size(), 20'000u) << "goes along every second";
  GapLedger after;
  EXPECT_EQ(after.Load(ledger.Serialize()).size(), 1u);
  EXPECT_EQ(after.Report().unclosed, 300u);
  EXPECT_EQ(after.records().back()->start, kStart + absl::Minutes(300));
}

TEST(GapLedgerTest, ACheckpointFromBeforeGapsWereKeptHasNone) {
  GapLedger ledger;
  EXPECT_TRUE(ledger.Load("").empty());
  EXPECT_TRUE(ledger.Report().recent.empty());
}

}  // namespace
}  // namespace sluice::disruptive
