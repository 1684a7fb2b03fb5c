// Many pipelines whose destinations take nothing: the memory of the process
// stays within memory_bytes, counted by what its parts say and by what the heap
// says, and nothing is lost.

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "pipeline/api/sink.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/runtime/process.h"

// Sanitizers have an allocator of their own; there only the parts are counted.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SLUICE_COUNTS_THE_HEAP 1
#endif

namespace {

std::atomic<int64_t> heap_bytes{0};
std::atomic<int64_t> heap_peak{0};

}  // namespace

#ifdef SLUICE_COUNTS_THE_HEAP
namespace {

void* Count(void* memory) {
  if (memory == nullptr) std::abort();
  const auto bytes = static_cast<int64_t>(malloc_usable_size(memory));
  const int64_t now = heap_bytes.fetch_add(bytes) + bytes;
  int64_t peak = heap_peak.load();
  while (now > peak && !heap_peak.compare_exchange_weak(peak, now)) {
  }
  return memory;
}

void Free(void* memory) {
  if (memory != nullptr) heap_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

// RocksDB and all other libraries use these, too.
void* operator new(size_t size) { return Count(std::malloc(size)); }
void* operator new[](size_t size) { return Count(std::malloc(size)); }
void* operator new(size_t size, std::align_val_t align) {
  const auto unit = static_cast<size_t>(align);
  return Count(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }
void operator delete[](void* memory, size_t) noexcept { Free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  Free(memory);
}
#endif

namespace sluice {
namespace {

constexpr size_t kPipelines = 6;
constexpr size_t kSinks = 3;
constexpr int kEmissions = 200;
constexpr int kEventsPerEmission = 64;
constexpr int kEvents = kEmissions * kEventsPerEmission;
constexpr size_t kEventBytes = 1000;
constexpr uint64_t kMemoryBytes = uint64_t{64} << 20;

// What sources and sinks share with the test; touched on the io thread unless
// it says otherwise.
struct World {
  // Once it has nothing more to do for each source: all emitted, or refused.
  void SourceSettled() {
    if (++settled_sources == kPipelines) all_settled.Notify();
  }

  Executor* executor = nullptr;
  size_t settled_sources = 0;
  absl::Notification all_settled;
  bool released = false;
  std::vector<absl::AnyInvocable<void()>> held;
};

// Emits its events as fast as it may.
class FullSource final : public Source {
 public:
  explicit FullSource(World* world) : world_(world) {}

  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string>) override {
    executor_ = context.executor;
    world_->executor = executor_;
    emitter_ = emitter;
    Pump();
    return absl::OkStatus();
  }
  void Stop(absl::AnyInvocable<void()> done) override {
    executor_->Cancel(patience_);
    done();
  }
  bool finished() const override { return emitted_ == kEmissions; }

 private:
  void Pump() {
    while (emitted_ < kEmissions) {
      Emission emission;
      emission.events = Make(emitted_ * kEventsPerEmission);
      if (!emitter_->TryEmit(emission)) {
        emitter_->NotifyWhenReady([this] { Pump(); });
        // A full log leaves it here until the sinks are released.
        executor_->Cancel(patience_);
        patience_ =
            executor_->PostAfter(absl::Seconds(1), [this] { Settle(); });
        return;
      }
      executor_->Cancel(patience_);
      ++emitted_;
    }
    Settle();
  }
  void Settle() {
    if (!std::exchange(settled_, true)) world_->SourceSettled();
  }

  static EventBatchPtr Make(int first) {
    EventBatchBuilder builder;
    std::string data(kEventBytes, '\0');
    uint32_t noise = static_cast<uint32_t>(first) + 1;
    for (int i = 0; i < kEventsPerEmission; ++i) {
      for (char& byte : data) {
        noise = noise * 1664525 + 1013904223;
        byte = static_cast<char>(noise >> 24);
      }
      const std::string id = absl::StrCat(first + i);
      const std::string subject = absl::StrCat("d", (first + i) % 16);
      EventFields fields;
      fields.id = id;
      fields.type = "t";
      fields.subject = subject;
      fields.data = data;
      builder.Add(fields);
    }
    return builder.Build();
  }

  World* const world_;
  Executor* executor_ = nullptr;
  Emitter* emitter_ = nullptr;
  int emitted_ = 0;
  Executor::TimerId patience_ = 0;
  bool settled_ = false;
};

// Answers nothing until it is released, and then everything.
class StalledSink final : public Sink {
 public:
  StalledSink(World* world, std::vector<int>* delivered)
      : world_(world), delivered_(delivered) {}

  SinkTraits traits() const override {
    SinkTraits traits;
    traits.timeout = absl::Hours(1);
    return traits;
  }
  absl::Status Start(const ComponentContext&) override {
    return absl::OkStatus();
  }
  void Deliver(Delivery delivery, DeliverCallback done) override {
    auto answer = [this, delivery = std::move(delivery),
                   done = std::move(done)]() mutable {
      for (const DeliveryItem& item : delivery.items) {
        int id = 0;
        const std::string text(item.event.id());
        if (absl::SimpleAtoi(text, &id)) ++(*delivered_)[id];
      }
      done(DeliveryResult::All(Outcome::Delivered()));
    };
    if (world_->released) return answer();
    world_->held.push_back(std::move(answer));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }

 private:
  World* const world_;
  std::vector<int>* const delivered_;
};

class ProcessMemoryTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  ProcessSpec Spec() {
    ProcessSpec spec;
    spec.data_dir = absl::StrCat(testing::TempDir(), "/memory-", GetParam());
    spec.memory_bytes = kMemoryBytes;
    for (size_t p = 0; p < kPipelines; ++p) {
      PipelineSpec pipeline;
      pipeline.name = absl::StrCat("p", p);
      pipeline.log.max_bytes = GetParam();
      pipeline.max_event_bytes = 64 << 10;
      SourceSpec source;
      source.name = "in";
      source.create = [this] { return std::make_unique<FullSource>(&world_); };
      pipeline.sources.push_back(source);
      for (size_t s = 0; s < kSinks; ++s) {
        delivered_.push_back(
            std::make_unique<std::vector<int>>(size_t{kEvents}));
        SinkSpec sink;
        sink.name = absl::StrCat("out", s);
        sink.create = [this, delivered = delivered_.back().get()] {
          return std::make_unique<StalledSink>(&world_, delivered);
        };
        pipeline.sinks.push_back(sink);
      }
      spec.pipelines.push_back(std::move(pipeline));
    }
    return spec;
  }

  void Release() {
    world_.executor->Post([this] {
      world_.released = true;
      for (auto& answer : std::exchange(world_.held, {})) answer();
    });
  }

  World world_;
  std::vector<std::unique_ptr<std::vector<int>>> delivered_;
};

TEST_P(ProcessMemoryTest, StaysWithinItsBudgetWhileNoDestinationTakesAnything) {
  const ProcessSpec spec = Spec();
  const int64_t before = heap_bytes.load();
  heap_peak = before;
  auto process = Process::Start(spec);
  ASSERT_TRUE(process.ok()) << process.status();
  world_.all_settled.WaitForNotification();

  const admin::v1::MemoryStatus memory = (*process)->Status().memory();
  EXPECT_EQ(memory.limit_bytes(), kMemoryBytes);
  EXPECT_LE(memory.used_bytes(), kMemoryBytes) << memory.ShortDebugString();
  // It is in use: the windows of the sinks are full.
  EXPECT_GT(memory.window_bytes(), kPipelines * kSinks * (64u << 10));
  EXPECT_GT(memory.tail_bytes(), 0u);
  // Far more is waiting than fits in memory.
  EXPECT_GT(uint64_t{kPipelines} * kSinks * kEvents * kEventBytes,
            3 * kMemoryBytes);

  absl::Notification finished;
  (*process)->WhenFinished([&] { finished.Notify(); });
  Release();
  finished.WaitForNotification();
  EXPECT_LE((*process)->Status().memory().used_bytes(), kMemoryBytes);
  const int64_t peak = heap_peak.load() - before;
  std::cout << "heap: at most " << (peak >> 20) << " MiB; "
            << memory.ShortDebugString() << std::endl;
  EXPECT_LE(peak, static_cast<int64_t>(kMemoryBytes))
      << memory.ShortDebugString();
  (*process)->Stop(absl::Seconds(30));

  for (const auto& delivered : delivered_) {
    for (int i = 0; i < kEvents; ++i) {
      ASSERT_EQ((*delivered)[i], 1) << "event " << i;
    }
  }
  const admin::v1::ProcessStatus after = (*process)->Status();
  for (const admin::v1::PipelineStatus& pipeline : after.pipelines()) {
    EXPECT_EQ(pipeline.imbalances_size(), 0);
    EXPECT_EQ(pipeline.sources(0).stored(), kEvents);
  }
}

// A log that holds everything on disk, and one that is full before long.
INSTANTIATE_TEST_SUITE_P(LogBytes, ProcessMemoryTest,
                         ::testing::Values(uint64_t{1} << 30,
                                           uint64_t{4} << 20));

TEST(ProcessMemoryPlanTest, RefusesToStartWithTooLittle) {
  ProcessSpec spec;
  spec.data_dir = testing::TempDir() + "/too-little";
  spec.memory_bytes = 4 << 20;
  spec.pipelines.resize(1);
  spec.pipelines[0].sinks.resize(1);
  EXPECT_EQ(Process::Start(spec).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice
