// What the tests of this folder have in common.
#ifndef TESTS_FAULT_FAULT_FIXTURE_H_
#define TESTS_FAULT_FAULT_FIXTURE_H_

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/fault/sluice_process.h"

namespace sluice::fault {

// Seed of all that is random: the variable SLUICE_FAULT_SEED, else 1.
uint64_t CampaignSeed();

// Random choices that come out the same for a seed on every platform.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  // 0 to `sides` - 1, evenly. REQUIRES: sides > 0.
  uint64_t Roll(uint64_t sides) { return engine_() % sides; }
  // `min` to `max`, in milliseconds.
  absl::Duration Wait(int64_t min, int64_t max) {
    return absl::Milliseconds(
        min + static_cast<int64_t>(Roll(static_cast<uint64_t>(max - min))));
  }

 private:
  std::mt19937_64 engine_;
};

// A test with a folder of its own. When it fails it shows the end of what the
// processes logged, and keeps the whole log among the outputs of the test.
class FaultTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  const std::string& folder() const { return folder_; }
  std::string data_dir() const { return folder_ + "/data"; }
  std::string log_path() const { return folder_ + "/sluice.log"; }
  // Everything logged so far.
  std::string Log() const;

  // Writes a file of this folder; returns its path.
  std::string Write(std::string_view name, std::string_view text) const;

  // `sluice log verify` finds nothing wrong.
  void ExpectSoundLog() const;

 private:
  std::string folder_;
};

}  // namespace sluice::fault

#endif  // TESTS_FAULT_FAULT_FIXTURE_H_
