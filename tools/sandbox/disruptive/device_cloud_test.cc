#include "tools/sandbox/disruptive/device_cloud.h"

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;

// A receiver may have handed an event on before the cloud comes to anything
// else: it must not look as if it had never been published.
TEST(DeviceCloudTest, TheLedgerKnowsOfAnEventBeforeItIsPushed) {
  ManualExecutor executor(absl::FromUnixSeconds(1735787045));
  Ledger ledger;
  DeviceCloud cloud(DeviceCloudOptions(), /*id_maker=*/1, &ledger);
  std::vector<int64_t> published;  // as the ledger says at every push
  cloud.Start(&executor, [&](HttpRequest, ConnectorPusher::Done) {
    published.push_back(ledger.Totals().published);
  });
  ASSERT_TRUE(
      cloud.connectors()
          .Create("c1", "p1",
                  boost::json::parse(
                      R"({"type":"HTTP_PUSH","httpConfig":{"url":"http://h"}})")
                      .as_object())
          .ok());
  Device device;
  device.id = "d1";
  device.project = "p1";
  cloud.Publish(device, "event1", "touch", "{}", executor.Now());
  cloud.Publish(device, "event2", "touch", "{}", executor.Now());
  EXPECT_THAT(published, ElementsAre(1, 2));
  EXPECT_EQ(ledger.Totals().unheard, 0);
}

TEST(DeviceCloudTest, CountsWhatNobodyHears) {
  ManualExecutor executor(absl::FromUnixSeconds(1735787045));
  Ledger ledger;
  DeviceCloud cloud(DeviceCloudOptions(), /*id_maker=*/1, &ledger);
  cloud.Start(&executor, [](HttpRequest, ConnectorPusher::Done) {});
  Device device;
  device.id = "d1";
  device.project = "p1";
  cloud.Publish(device, "event1", "touch", "{}", executor.Now());
  EXPECT_EQ(ledger.Totals().published, 1);
  EXPECT_EQ(ledger.Totals().unheard, 1);
}

}  // namespace
}  // namespace sluice::sandbox
