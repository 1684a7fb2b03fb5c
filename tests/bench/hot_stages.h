// The stages that every event goes through, each alone on one thread, with the
// same work at every run: what their instructions are counted of.
#ifndef TESTS_BENCH_HOT_STAGES_H_
#define TESTS_BENCH_HOT_STAGES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace sluice {

// Events that a stage handles in one run.
inline constexpr size_t kHotStageEvents = 20'000;

struct HotStage {
  std::string name;
  std::string summary;
  // Makes everything that the run needs and is not counted, and returns the
  // run: it handles kHotStageEvents and returns how many it found done. Each
  // preparation is good for one run.
  std::function<std::function<size_t()>()> prepare;
};

// In the order in which an event meets them.
const std::vector<HotStage>& HotStages();

}  // namespace sluice

#endif  // TESTS_BENCH_HOT_STAGES_H_
