#include "tools/bench/machine.h"

#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

constexpr char kCpuInfo[] =
    "processor\t: 0\n"
    "vendor_id\t: GenuineIntel\n"
    "model name\t: Some CPU @ 2.20GHz: fast\n"
    "empty\t:\n"
    "processor\t: 1\n";

TEST(MachineTest, FindsTheFirstFieldOfAName) {
  EXPECT_EQ(FieldOf(kCpuInfo, "model name"), "Some CPU @ 2.20GHz: fast");
  EXPECT_EQ(FieldOf(kCpuInfo, "processor"), "0");
}

TEST(MachineTest, AFieldThatIsNotThereIsEmpty) {
  EXPECT_EQ(FieldOf(kCpuInfo, "model"), "");
  EXPECT_EQ(FieldOf(kCpuInfo, "empty"), "");
  EXPECT_EQ(FieldOf("", "processor"), "");
}

TEST(MachineTest, NamesFileSystems) {
  EXPECT_EQ(FileSystemName(0xef53), "ext4");
  EXPECT_EQ(FileSystemName(0x01021994), "tmpfs");
  EXPECT_EQ(FileSystemName(0x1234), "0x1234");
}

TEST(MachineTest, DescribesThisOne) {
  const Machine machine = DescribeMachine(testing::TempDir());
  EXPECT_GE(machine.cores, 1u);
  EXPECT_GT(machine.memory_bytes, uint64_t{1} << 20);
  EXPECT_EQ(machine.kernel.substr(0, 6), "Linux ");
  EXPECT_FALSE(machine.file_system.empty());
  EXPECT_FALSE(machine.sluice_version.empty());
}

TEST(MachineTest, AFolderThatIsNotThereHasNoFileSystem) {
  EXPECT_EQ(DescribeMachine("/nonexistent").file_system, "");
}

}  // namespace
}  // namespace sluice::bench
