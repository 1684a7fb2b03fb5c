#include "tools/sandbox/ledger.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LedgerTest, CountsWhatIsMissing) {
  Ledger ledger;
  ledger.AddDestination("feed");
  ledger.Published("event001", "d1");
  ledger.Published("event002", "d1");
  ledger.Unheard();
  EXPECT_TRUE(ledger.Received("feed", "event001"));

  const LedgerReport report = ledger.Report();
  EXPECT_EQ(report.published, 2);
  EXPECT_EQ(report.unheard, 1);
  ASSERT_THAT(report.destinations, SizeIs(1));
  EXPECT_EQ(report.destinations[0].received, 1);
  EXPECT_EQ(report.destinations[0].missing, 1);
  EXPECT_THAT(report.destinations[0].missing_ids, ElementsAre("event002"));
}

TEST(LedgerTest, AStoredItemTwiceIsADuplicateAndARecognisedRepeatIsNot) {
  Ledger ledger;
  ledger.Published("event001", "d1");
  ledger.Published("event002", "d1");
  ledger.Received("feed", "event001");
  ledger.Received("feed", "event001", Arrival::kRepeated);
  EXPECT_EQ(ledger.Totals().destinations[0].duplicated, 0);
  EXPECT_EQ(ledger.Totals().destinations[0].repeated, 1);

  ledger.Received("feed", "event001");
  const LedgerReport report = ledger.Report();
  EXPECT_EQ(report.destinations[0].received, 1);
  EXPECT_EQ(report.destinations[0].duplicated, 1);
  EXPECT_THAT(report.destinations[0].duplicated_ids, ElementsAre("event001"));
}

TEST(LedgerTest, AnEventMayStandInSeveralPlacesOnce) {
  Ledger ledger;
  ledger.Published("event001", "d1");
  ledger.Received("feed", "event001", Arrival::kStored, "room:1");
  ledger.Received("feed", "event001", Arrival::kStored, "building:1");
  EXPECT_EQ(ledger.Totals().destinations[0].duplicated, 0);
  EXPECT_EQ(ledger.Totals().destinations[0].received, 1);
  ledger.Received("feed", "event001", Arrival::kStored, "building:1");
  EXPECT_EQ(ledger.Totals().destinations[0].duplicated, 1);
}

TEST(LedgerTest, SeesOrderPerDeviceAndPlace) {
  Ledger ledger;
  ledger.Published("event001", "d1");
  ledger.Published("event002", "d2");
  ledger.Published("event003", "d1");
  ledger.Received("feed", "event003");
  ledger.Received("feed", "event002");  // another device: no order between them
  EXPECT_EQ(ledger.Totals().destinations[0].out_of_order, 0);
  ledger.Received("feed", "event001");
  EXPECT_EQ(ledger.Totals().destinations[0].out_of_order, 1);

  const LedgerReport report = ledger.Report();
  ASSERT_THAT(report.devices, SizeIs(2));
  EXPECT_EQ(report.devices[0].device, "d1");
  EXPECT_EQ(report.devices[0].published, 2);
  EXPECT_EQ(report.devices[0].destinations[0].out_of_order, 1);
  EXPECT_EQ(report.devices[1].destinations[0].out_of_order, 0);
}

TEST(LedgerTest, FindsIdsInText) {
  Ledger ledger;
  ledger.Published("c82gg9catj3vmh4248og", "d1");
  ledger.Published("c82gg9catj3vmh4248p0", "d1");
  EXPECT_EQ(ledger.ReceivedText(
                "inthing",
                "dt:c82gg9catj3vmh4248og, c82gg9catj3vmh4248p0; again "
                "c82gg9catj3vmh4248og"),
            2);
  EXPECT_EQ(ledger.Totals().destinations[0].received, 2);
  EXPECT_EQ(ledger.Totals().destinations[0].duplicated, 0);
  // Part of a longer word is no id.
  EXPECT_EQ(ledger.ReceivedText("inthing", "xc82gg9catj3vmh4248og"), 0);
  EXPECT_EQ(ledger.Totals().destinations[0].unknown, 1);
}

TEST(LedgerTest, ItemsOfUnpublishedEventsAreUnknown) {
  Ledger ledger;
  EXPECT_FALSE(ledger.Received("feed", "event001"));
  EXPECT_EQ(ledger.Totals().destinations[0].unknown, 1);
  EXPECT_EQ(ledger.Totals().destinations[0].received, 0);
}

TEST(LedgerTest, ForgetsTheOldestEventsAndKeepsTheirCounts) {
  Ledger ledger(/*max_events=*/100);
  for (int i = 0; i < 250; ++i) {
    const std::string id = absl::StrCat("event", i);
    ledger.Published(id, "d1");
    ledger.Received("feed", id, Arrival::kStored, "a");
    ledger.Received("feed", id, Arrival::kStored, "b");
  }
  const LedgerReport report = ledger.Report();
  EXPECT_EQ(report.published, 250);
  EXPECT_EQ(report.forgotten, 150);
  EXPECT_EQ(report.destinations[0].received, 250);
  EXPECT_EQ(report.destinations[0].missing, 0);
  EXPECT_FALSE(ledger.Received("feed", "event10"));
  EXPECT_TRUE(ledger.Received("feed", "event200"));
}

TEST(LedgerTest, ResetForgetsEverythingButTheDestinations) {
  Ledger ledger;
  ledger.Published("event001", "d1");
  ledger.Received("feed", "event001");
  ledger.Reset();
  const LedgerReport report = ledger.Report();
  EXPECT_EQ(report.published, 0);
  ASSERT_THAT(report.destinations, SizeIs(1));
  EXPECT_EQ(report.destinations[0].received, 0);
  EXPECT_THAT(report.devices, IsEmpty());
  ledger.Published("event001", "d1");
  EXPECT_EQ(ledger.Totals().published, 1);
}

TEST(LedgerTest, SpeaksJson) {
  Ledger ledger;
  ledger.Published("event001", "d1");
  ledger.AddDestination("inthing");
  ledger.Received("feed", "event001");
  const boost::json::value report =
      boost::json::parse(LedgerReportToJson(ledger.Report()));
  EXPECT_EQ(report.at("published"), 1);
  EXPECT_EQ(report.at("destinations").at("feed").at("missing"), 0);
  EXPECT_EQ(report.at("destinations").at("inthing").at("missing"), 1);
  EXPECT_EQ(report.at("destinations").at("inthing").at("missing_ids").at(0),
            "event001");
  EXPECT_EQ(report.at("devices").at("d1").at("feed").at("received"), 1);
}

}  // namespace
}  // namespace sluice::sandbox
