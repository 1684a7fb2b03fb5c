// What each part of a process may take of its memory.
#ifndef PIPELINE_TOPOLOGY_MEMORY_PLAN_H_
#define PIPELINE_TOPOLOGY_MEMORY_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/topology/pipeline_spec.h"

namespace sluice {

// A key of 16 bytes in a hash table that is between half full and full.
inline constexpr size_t kBytesPerDedupeKey = 40;

// Bounds for one pipeline, in bytes. The queue and the window of each sink may
// hold one piece (an event, or a batch as the log reads it) when that alone is
// larger than what is written here; `piece` is the largest there is.
struct PipelineMemory {
  size_t piece = 0;
  size_t queue = 0;
  size_t tail = 0;
  // Per sink.
  size_t window = 0;
  size_t dedupe = 0;

  size_t max_dedupe_keys() const;
  // The most that the pipeline takes with so many sinks, pieces included.
  size_t Most(size_t sinks) const;
};

// The sum of the parts stays within ProcessSpec::memory_bytes:
//
//   rocksdb + Most() of each pipeline + requests <= memory_bytes
//
// `requests` is left for what sinks make of the events in their windows
// (bodies, connections); it is no more than the windows let them make.
struct MemoryPlan {
  size_t rocksdb = 0;
  size_t requests = 0;
  // In the order of the spec.
  std::vector<PipelineMemory> pipelines;
};

// REQUIRES: spec.memory_bytes >= LeastMemory(spec).
MemoryPlan PlanMemory(const ProcessSpec& spec);

// The least memory_bytes that the pipelines of `spec` can work with: a piece
// for each queue and window, and a few MiB for each database.
uint64_t LeastMemory(const ProcessSpec& spec);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_MEMORY_PLAN_H_
