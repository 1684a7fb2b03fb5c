// What every EventLog promises, as tests. An implementation runs them by
//   INSTANTIATE_TEST_SUITE_P(MyLog, EventLogContract,
//                            testing::Values(&MakeMyLogHarness));
#ifndef TESTS_CONTRACT_EVENT_LOG_CONTRACT_H_
#define TESTS_CONTRACT_EVENT_LOG_CONTRACT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "storage/base/clock.h"
#include "storage/log/cursor_progress.h"
#include "storage/log/event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {

// Makes logs of one kind, each harness in a place of its own.
class EventLogHarness {
 public:
  virtual ~EventLogHarness() = default;
  // Opens the log that was opened here before; the first time, an empty one.
  // The one before is closed.
  virtual std::unique_ptr<EventLog> Open(const LogOptions& options,
                                         Clock* clock) = 0;
  // False for a log that is empty whenever it is opened.
  virtual bool persists() const = 0;
  // From now on Open() opens what a crash of the process right now would have
  // left, although the log is still open.
  virtual void Crash() = 0;
};

using EventLogHarnessFactory = std::unique_ptr<EventLogHarness> (*)();

// Public for the parts of the suite that are not tests themselves.
class EventLogContract : public testing::TestWithParam<EventLogHarnessFactory> {
 public:
  using Ids = std::vector<std::string>;

  EventLogContract() : harness_(GetParam()()) {}

  void Open() {
    log_.reset();
    log_ = harness_->Open(options_, &clock_);
    ASSERT_NE(log_, nullptr);
  }
  // Goes on in a new place, with no log open.
  void StartAnew() {
    log_.reset();
    harness_ = GetParam()();
  }
  // Opens what a crash right now would have left.
  void CrashAndOpen() {
    harness_->Crash();
    Open();
  }

  // A batch with these event ids.
  static EventBatchPtr Batch(const Ids& ids);
  // A batch of one event with `bytes` of data that cannot be compressed.
  static EventBatchPtr Noise(size_t bytes, uint64_t seed);

  // Appends one batch and returns the sequence of its first event.
  Sequence Append(const Ids& ids);
  absl::Status AppendBatch(EventBatchPtr batch);
  // Appends `count` batches of one event each.
  void AppendSingles(int count);

  void OpenCursor(std::string_view name, bool from_start = true);
  void Commit(std::string_view cursor, Sequence first, Sequence last,
              Completion completion = Completion::kDelivered);
  void Flush();

  // Ids of the events that Read() gives from `from` on, all of them.
  Ids Read(Sequence from = 1);
  CursorInfo Cursor(std::string_view name);
  std::vector<uint64_t> DeadLetterIds();

  static storage::v1::DeadLetter DeadLetter(const std::string& message);

  // EXPECTs that every event since the cursor's start is in one counter, or
  // waits.
  void ExpectConservation();

  std::unique_ptr<EventLogHarness> harness_;
  SettableClock clock_;
  LogOptions options_;
  std::unique_ptr<EventLog> log_;
};

}  // namespace sluice

#endif  // TESTS_CONTRACT_EVENT_LOG_CONTRACT_H_
