#include "storage/kv/disk_reserve.h"

#include <string>

#include "gtest/gtest.h"
#include "storage/kv/fault_file_system.h"

namespace sluice {
namespace {

class DiskReserveTest : public testing::Test {
 protected:
  DiskReserveTest() { disk_.set_quota(10'000'000); }

  FaultDisk disk_{0};
  FaultEnv env_{&disk_};
  std::string path_ = "/reserve";
};

TEST_F(DiskReserveTest, TakesRoomAndGivesItBack) {
  for (bool can_allocate : {true, false}) {
    disk_.set_can_allocate(can_allocate);
    DiskReserve reserve(&env_, path_, 3'000'000);
    EXPECT_FALSE(reserve.taken());
    EXPECT_TRUE(reserve.Take());
    EXPECT_TRUE(reserve.Take());
    EXPECT_EQ(disk_.used(), 3'000'000u);
    uint64_t size = 0;
    EXPECT_TRUE(env_.GetFileSize(path_, &size).ok());
    EXPECT_EQ(size, 3'000'000u);
    reserve.Release();
    reserve.Release();
    EXPECT_FALSE(reserve.taken());
    EXPECT_EQ(disk_.used(), 0u);
  }
}

TEST_F(DiskReserveTest, FindsTheRoomItTookBefore) {
  DiskReserve(&env_, path_, 3'000'000).Take();
  DiskReserve again(&env_, path_, 3'000'000);
  EXPECT_TRUE(again.Take());
  EXPECT_EQ(disk_.used(), 3'000'000u);
}

TEST_F(DiskReserveTest, DoesNotTakeTheLastRoom) {
  disk_.set_quota(4'000'000);
  DiskReserve reserve(&env_, path_, 3'000'000);
  EXPECT_FALSE(reserve.Take());
  EXPECT_FALSE(reserve.taken());
  EXPECT_EQ(disk_.used(), 0u);
  disk_.set_quota(5'000'000);
  EXPECT_TRUE(reserve.Take());
}

TEST_F(DiskReserveTest, AReserveOfNothingIsAlwaysTaken) {
  disk_.set_quota(0);
  DiskReserve reserve(&env_, path_, 0);
  EXPECT_TRUE(reserve.Take());
  reserve.Release();
  EXPECT_TRUE(reserve.taken());
}

}  // namespace
}  // namespace sluice
