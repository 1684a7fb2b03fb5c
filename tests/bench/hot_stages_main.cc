// Runs one hot stage for tests/bench/instructions.py.
//
//   hot_stages             lists the stages, one a line
//   hot_stages STAGE       runs it once to warm up and once to be counted, and
//                          prints how many events it handled
#include <functional>
#include <iostream>
#include <string_view>

#include "tests/bench/hot_stages.h"

// What is collected, by its name: it must be neither inlined nor left by a
// jump.
extern "C" __attribute__((noinline)) size_t CollectedStage(
    const std::function<size_t()>& run) {
  const size_t events = run();
  asm volatile("" ::: "memory");
  return events;
}

int main(int argc, char** argv) {
  for (const sluice::HotStage& stage : sluice::HotStages()) {
    if (argc < 2) {
      std::cout << stage.name << "\n";
    } else if (stage.name == std::string_view(argv[1])) {
      // What happens at a first run only (caches, lazily bound symbols) is no
      // part of what an event costs.
      stage.prepare()();
      std::cout << CollectedStage(stage.prepare()) << "\n";
      return 0;
    }
  }
  if (argc < 2) return 0;
  std::cerr << "hot_stages: there is no stage " << argv[1]
            << "; without an argument it lists them\n";
  return 2;
}
