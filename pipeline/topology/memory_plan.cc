#include "pipeline/topology/memory_plan.h"

#include <algorithm>

#include "glog/logging.h"

namespace sluice {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kSmallUnit = 64 << 10;

// A batch of small events as the log keeps it, and what a window notes about
// each of its events.
constexpr size_t kBatchBytes = 512 << 10;
constexpr size_t kNotesPerBatch = 64 << 10;
// Each database has tables in memory that it cannot do without.
constexpr uint64_t kLeastPerDatabase = 4 * kMiB;
// Pieces may take this part of the memory, so that more is left for what makes
// the pipelines fast.
constexpr uint64_t kPiecesPart = 4;

// More than this does not make anything faster.
constexpr size_t kMaxQueue = 16 * kMiB;
constexpr size_t kMaxTail = 32 * kMiB;
constexpr size_t kMaxWindow = 8 * kMiB;
constexpr size_t kMaxDedupeKeys = 500'000;

// Shares are round, so that a small change somewhere leaves the shares of
// others as they are: another share means that a pipeline is opened anew.
size_t Round(size_t bytes) {
  const size_t unit = bytes >= 4 * kMiB ? kMiB : kSmallUnit;
  return bytes < kSmallUnit ? bytes : bytes / unit * unit;
}

size_t PieceOf(const PipelineSpec& pipeline) {
  return std::max(pipeline.max_event_bytes, kBatchBytes) + kNotesPerBatch;
}

uint64_t PiecesOf(const ProcessSpec& spec) {
  uint64_t pieces = 0;
  for (const PipelineSpec& pipeline : spec.pipelines) {
    pieces += PieceOf(pipeline) * (1 + pipeline.sinks.size());
  }
  return pieces;
}

}  // namespace

size_t PipelineMemory::max_dedupe_keys() const {
  return std::min(kMaxDedupeKeys, dedupe / kBytesPerDedupeKey);
}

size_t PipelineMemory::Most(size_t sinks) const {
  return queue + piece + tail + sinks * (window + piece) + dedupe;
}

uint64_t LeastMemory(const ProcessSpec& spec) {
  const uint64_t pieces = PiecesOf(spec);
  // PlanMemory() gives half of what the pieces leave to the databases.
  return std::max(kPiecesPart * pieces,
                  pieces + 2 * kLeastPerDatabase * spec.pipelines.size());
}

MemoryPlan PlanMemory(const ProcessSpec& spec) {
  CHECK_GE(spec.memory_bytes, LeastMemory(spec));
  const size_t rest = spec.memory_bytes - PiecesOf(spec);
  const size_t pipelines = std::max<size_t>(1, spec.pipelines.size());
  MemoryPlan plan;
  plan.rocksdb = rest / 2;
  plan.requests = rest / 8;
  for (const PipelineSpec& pipeline : spec.pipelines) {
    const size_t sinks = std::max<size_t>(1, pipeline.sinks.size());
    plan.pipelines.push_back(
        {.piece = PieceOf(pipeline),
         .queue = std::min(kMaxQueue, Round(rest / 16 / pipelines)),
         .tail = std::min(kMaxTail, Round(rest / 8 / pipelines)),
         .window = std::min(kMaxWindow, Round(rest / 8 / pipelines / sinks)),
         .dedupe = std::min(kMaxDedupeKeys * kBytesPerDedupeKey,
                            Round(rest / 16 / pipelines))});
  }
  return plan;
}

}  // namespace sluice
