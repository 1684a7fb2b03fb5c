#include "tools/sandbox/xid.h"

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

// Real event ids of the service's documentation and the second they decode to.
TEST(XidTest, DecodesRealIds) {
  EXPECT_EQ(Xid::Parse("cpbg96qngr7ai7ldarrg")->seconds, 0x6657049b);
  EXPECT_EQ(Xid::Parse("bjehn6sdm92f9pd7f4s0")->seconds, 0x5cdd1b9b);
  const auto xid = Xid::Parse("cpbg96qngr7ai7ldarrg");
  EXPECT_EQ(xid->maker, 0x5786ceu);
  EXPECT_EQ(xid->counter, 0xa91ead56f7u);
}

TEST(XidTest, WritesWhatItReads) {
  for (const char* text : {"cpbg96qngr7ai7ldarrg", "bjehn6sdm92f9pd7f4s0",
                           "c82gg9catj3vmh4248og", "00000000000000000000"}) {
    EXPECT_EQ(Xid::Parse(text)->ToString(), text);
  }
}

TEST(XidTest, RefusesWhatIsNoXid) {
  EXPECT_FALSE(Xid::Parse("").has_value());
  EXPECT_FALSE(Xid::Parse("cpbg96qngr7ai7ldarr").has_value());
  EXPECT_FALSE(Xid::Parse("cpbg96qngr7ai7ldarrz").has_value());
  EXPECT_FALSE(Xid::Parse("CPBG96QNGR7AI7LDARRG").has_value());
}

TEST(XidTest, SortsByTimeThenCounter) {
  const Xid first{.seconds = 100, .maker = 7, .counter = 1};
  const Xid second{.seconds = 100, .maker = 7, .counter = 2};
  const Xid third{.seconds = 101, .maker = 7, .counter = 0};
  EXPECT_LT(first.ToString(), second.ToString());
  EXPECT_LT(second.ToString(), third.ToString());
}

}  // namespace
}  // namespace sluice::sandbox
