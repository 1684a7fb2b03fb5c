// What the log on disk takes and gives. Usage: log_bench [folder [events]];
// the folder is made anew, and decides which disk is measured. One line per
// case: events a second, CPU time per million events, bytes on disk per event.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "storage/log/rocksdb_event_log.h"
#include "tools/bench/bench_events.h"

namespace sluice {
namespace {

// Batches made beforehand, so that making them is not measured.
constexpr size_t kPreparedEvents = 256'000;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

class Stopwatch {
 public:
  void Print(const char* what, uint64_t events, double bytes_per_event) const {
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin_);
    const double millions = static_cast<double>(events) / 1e6;
    std::printf(
        "%-46s %6.2f M events/s  %5.2f CPU-s/M  %6.1f B/event  %4.0f MB\n",
        what, millions / seconds, (CpuSeconds() - cpu_) / millions,
        bytes_per_event, PeakMegabytes());
    std::fflush(stdout);
  }

 private:
  const absl::Time begin_ = absl::Now();
  const double cpu_ = CpuSeconds();
};

class Bench {
 public:
  Bench(std::string folder, uint64_t events)
      : folder_(std::move(folder)), events_(events) {}

  void Open() {
    log_.reset();
    auto log = RocksDbEventLog::Open(folder_, options_, Clock::Real());
    CHECK(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  void OpenEmpty() {
    log_.reset();
    std::filesystem::remove_all(folder_);
    Open();
    CHECK(log_->OpenCursor("sink", true).ok());
  }

  void Append(size_t batch, size_t batches_per_append, Durability durability) {
    for (uint64_t done = 0; done < events_;) {
      AppendRequest request;
      for (size_t i = 0; i < batches_per_append; ++i) {
        request.batches.push_back(Prepared(batch, done));
        done += batch;
      }
      const auto result = log_->Append(std::move(request), durability);
      CHECK(result.ok()) << result.status();
    }
  }

  double BytesPerEvent() const {
    return static_cast<double>(log_->stats().stored_bytes) /
           static_cast<double>(events_);
  }

  void AppendOnly(const char* what, size_t batch, size_t batches_per_append,
                  Durability durability) {
    Prepared(batch, 0);
    OpenEmpty();
    const Stopwatch watch;
    Append(batch, batches_per_append, durability);
    watch.Print(what, events_, BytesPerEvent());
  }

  // Reads everything, delivers it, and lets the log free it as it goes.
  void Drain(const char* what) {
    const Stopwatch watch;
    Consume(/*flush=*/true);
    watch.Print(what, events_, BytesPerEvent());
  }

  void ReadBack(const char* what) {
    const Stopwatch watch;
    Sequence from = 1;
    while (from <= events_) {
      const auto batches = log_->Read(from, 1 << 20);
      CHECK(batches.ok() && !batches->empty());
      from = batches->back().first_sequence + batches->back().events->size();
    }
    watch.Print(what, events_, BytesPerEvent());
  }

  // A writer, and a sink that keeps up.
  void Steady(const char* what, size_t batch, Durability durability) {
    Prepared(batch, 0);
    OpenEmpty();
    const Stopwatch watch;
    std::thread sink([this] { Consume(/*flush=*/false); });
    Append(batch, 1, durability);
    sink.join();
    watch.Print(what, events_, BytesPerEvent());
  }

 private:
  void Consume(bool flush) {
    for (Sequence from = 1; from <= events_;) {
      const auto batches = log_->Read(from, 1 << 20);
      CHECK(batches.ok()) << batches.status();
      if (batches->empty()) {
        std::this_thread::yield();
        continue;
      }
      const Sequence end =
          batches->back().first_sequence + batches->back().events->size();
      CursorCommit commit;
      commit.cursor = "sink";
      commit.completed = {{from, end - 1, Completion::kDelivered}};
      CHECK(log_->Commit(std::move(commit)).ok());
      if (flush) CHECK(log_->Flush(Durability::kBuffered).ok());
      from = end;
    }
  }

  EventBatchPtr Prepared(size_t batch, uint64_t at) {
    if (prepared_.empty() || prepared_[0]->size() != batch) {
      prepared_.clear();
      for (size_t i = 0; i < kPreparedEvents; i += batch) {
        prepared_.push_back(bench::MakeBenchBatch(i, batch));
      }
    }
    return prepared_[at / batch % prepared_.size()];
  }

  const std::string folder_;
  const uint64_t events_;
  RocksDbLogOptions options_;
  std::unique_ptr<RocksDbEventLog> log_;
  std::vector<EventBatchPtr> prepared_;
};

void Run(const std::string& folder, uint64_t events) {
  Bench bench(folder, events);
  bench.AppendOnly("append buffered, batches of 100 x 10", 100, 10,
                   Durability::kBuffered);
  bench.AppendOnly("append buffered, batches of 1000", 1000, 1,
                   Durability::kBuffered);
  bench.AppendOnly("append durable, batches of 1000", 1000, 1,
                   Durability::kDurable);
  bench.AppendOnly("append durable, batches of 1000 x 4", 1000, 4,
                   Durability::kDurable);
  bench.AppendOnly("append durable, batches of 4000", 4000, 1,
                   Durability::kDurable);
  bench.Open();
  bench.ReadBack("read back after opening, batches of 4000");
  bench.Drain("drain with commits, batches of 4000");
  bench.AppendOnly("append durable, batches of 1000 x 4", 1000, 4,
                   Durability::kDurable);
  bench.Open();
  bench.ReadBack("read back after opening, batches of 1000");
  bench.Steady("steady, buffered, batches of 1000", 1000,
               Durability::kBuffered);
  bench.Steady("steady, durable, batches of 4000", 4000, Durability::kDurable);
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  google::InitGoogleLogging(argv[0]);
  const std::string folder = argc > 1 ? argv[1] : "log_bench.data";
  const uint64_t events =
      argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 4'000'000;
  sluice::Run(folder, events);
  std::filesystem::remove_all(folder);
}
