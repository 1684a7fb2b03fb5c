// Tells ThreadSanitizer about Abseil's locks; linked in under --config=tsan
// only.
//
// TSan learns of a lock by compiling its code, or by intercepting pthread
// calls. Debian's Abseil is neither: it is compiled without TSan and waits on
// futexes, so every correct use of absl::Mutex would be reported as a race.
// This file defines the same member functions again. A definition in the
// program wins over the one in the shared library, so both our code's and
// gRPC's calls arrive here; each forwards to the library and states the
// happens-before edge that the call creates.
//
// What is not covered: locks that Abseil takes without a call to an exported
// function. There the edge is missing, which can give a false report, never
// hide a race.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

// The library's own definition of a member function: `name` is the mangled name
// after the namespace, and the function takes `this` as its first argument. A
// const member has another prefix.
template <typename Function>
Function* Library(const char* name, const char* prefix = "_ZN4absl7debian3") {
  const std::string symbol = std::string(prefix) + name;
  void* const address = dlsym(RTLD_NEXT, symbol.c_str());
  if (address == nullptr) {
    std::fprintf(
        stderr,
        "absl_tsan.cc: no %s; is this still Debian's Abseil 20220623?\n",
        symbol.c_str());
    std::abort();
  }
  return reinterpret_cast<Function*>(address);
}

template <typename Function>
Function* ConstLibrary(const char* name) {
  return Library<Function>(name, "_ZNK4absl7debian3");
}

// The mutex this thread operates on. While Abseil holds it, it may evaluate the
// conditions of other waiters, which read the data that the mutex guards.
thread_local void* current_mutex = nullptr;

class CurrentMutex {
 public:
  explicit CurrentMutex(void* mutex) : outer_(current_mutex) {
    current_mutex = mutex;
  }
  ~CurrentMutex() { current_mutex = outer_; }
  CurrentMutex(const CurrentMutex&) = delete;
  CurrentMutex& operator=(const CurrentMutex&) = delete;

 private:
  void* const outer_;
};

// Covers a call that takes the mutex: what earlier holders did comes before
// whatever follows the call.
class Locking {
 public:
  explicit Locking(void* mutex) : mutex_(mutex), current_(mutex) {}
  ~Locking() { __tsan_acquire(mutex_); }
  Locking(const Locking&) = delete;
  Locking& operator=(const Locking&) = delete;

 private:
  void* const mutex_;
  const CurrentMutex current_;
};

// Covers a call that gives the mutex up: the edge must stand before the library
// lets anybody else in.
class Unlocking {
 public:
  explicit Unlocking(void* mutex) : current_(mutex) { __tsan_release(mutex); }

 private:
  const CurrentMutex current_;
};

// Covers a call that gives the mutex up, sleeps, and takes it again.
class Waiting {
 public:
  explicit Waiting(void* mutex) : unlocking_(mutex), mutex_(mutex) {}
  ~Waiting() { __tsan_acquire(mutex_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  const Unlocking unlocking_;
  void* const mutex_;
};

// A waiter hands its condition to whoever unlocks the mutex next;
// Condition::Eval() there is the other end.
void Publish(const absl::Condition& condition) {
  __tsan_release(const_cast<absl::Condition*>(&condition));
}

void Acquire(const std::atomic<bool>& flag) {
  __tsan_acquire(const_cast<std::atomic<bool>*>(&flag));
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

bool Condition::Eval() const {
  static auto* const real =
      ConstLibrary<bool(const Condition*)>("9Condition4EvalEv");
  __tsan_acquire(const_cast<Condition*>(this));
  if (current_mutex == nullptr) return real(this);
  __tsan_acquire(current_mutex);
  const bool result = real(this);
  __tsan_release(current_mutex);
  return result;
}

void Mutex::Lock() {
  static auto* const real = Library<void(Mutex*)>("5Mutex4LockEv");
  const Locking edge(this);
  real(this);
}

void Mutex::ReaderLock() {
  static auto* const real = Library<void(Mutex*)>("5Mutex10ReaderLockEv");
  const Locking edge(this);
  real(this);
}

// A failed attempt learns nothing, so the edge depends on the result.
bool Mutex::TryLock() {
  static auto* const real = Library<bool(Mutex*)>("5Mutex7TryLockEv");
  const CurrentMutex current(this);
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

bool Mutex::ReaderTryLock() {
  static auto* const real = Library<bool(Mutex*)>("5Mutex13ReaderTryLockEv");
  const CurrentMutex current(this);
  const bool locked = real(this);
  if (locked) __tsan_acquire(this);
  return locked;
}

void Mutex::Unlock() {
  static auto* const real = Library<void(Mutex*)>("5Mutex6UnlockEv");
  const Unlocking edge(this);
  real(this);
}

void Mutex::ReaderUnlock() {
  static auto* const real = Library<void(Mutex*)>("5Mutex12ReaderUnlockEv");
  const Unlocking edge(this);
  real(this);
}

void Mutex::Await(const Condition& condition) {
  static auto* const real =
      Library<void(Mutex*, const Condition*)>("5Mutex5AwaitERKNS0_9ConditionE");
  Publish(condition);
  const Waiting edge(this);
  real(this, &condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration limit) {
  static auto* const real = Library<bool(Mutex*, const Condition*, Duration)>(
      "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  Publish(condition);
  const Waiting edge(this);
  return real(this, &condition, limit);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time limit) {
  static auto* const real = Library<bool(Mutex*, const Condition*, Time)>(
      "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  Publish(condition);
  const Waiting edge(this);
  return real(this, &condition, limit);
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const real = Library<void(Mutex*, const Condition*)>(
      "5Mutex8LockWhenERKNS0_9ConditionE");
  Publish(condition);
  const Locking edge(this);
  real(this, &condition);
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration limit) {
  static auto* const real = Library<bool(Mutex*, const Condition*, Duration)>(
      "5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  Publish(condition);
  const Locking edge(this);
  return real(this, &condition, limit);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time limit) {
  static auto* const real = Library<bool(Mutex*, const Condition*, Time)>(
      "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  Publish(condition);
  const Locking edge(this);
  return real(this, &condition, limit);
}

void Mutex::ReaderLockWhen(const Condition& condition) {
  static auto* const real = Library<void(Mutex*, const Condition*)>(
      "5Mutex14ReaderLockWhenERKNS0_9ConditionE");
  Publish(condition);
  const Locking edge(this);
  real(this, &condition);
}

bool Mutex::ReaderLockWhenWithTimeout(const Condition& condition,
                                      Duration limit) {
  static auto* const real = Library<bool(Mutex*, const Condition*, Duration)>(
      "5Mutex25ReaderLockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  Publish(condition);
  const Locking edge(this);
  return real(this, &condition, limit);
}

bool Mutex::ReaderLockWhenWithDeadline(const Condition& condition, Time limit) {
  static auto* const real = Library<bool(Mutex*, const Condition*, Time)>(
      "5Mutex26ReaderLockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  Publish(condition);
  const Locking edge(this);
  return real(this, &condition, limit);
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real =
      Library<void(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  const Waiting edge(mutex);
  real(this, mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration limit) {
  static auto* const real = Library<bool(CondVar*, Mutex*, Duration)>(
      "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  const Waiting edge(mutex);
  return real(this, mutex, limit);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time limit) {
  static auto* const real = Library<bool(CondVar*, Mutex*, Time)>(
      "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  const Waiting edge(mutex);
  return real(this, mutex, limit);
}

// The flag of a Notification is set in the library and read inline, by
// HasBeenNotified() in our code.
void Notification::Notify() {
  static auto* const real =
      Library<void(Notification*)>("12Notification6NotifyEv");
  __tsan_release(&notified_yet_);
  real(this);
}

void Notification::WaitForNotification() const {
  static auto* const real = ConstLibrary<void(const Notification*)>(
      "12Notification19WaitForNotificationEv");
  real(this);
  Acquire(notified_yet_);
}

bool Notification::WaitForNotificationWithTimeout(Duration limit) const {
  static auto* const real = ConstLibrary<bool(const Notification*, Duration)>(
      "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = real(this, limit);
  if (notified) Acquire(notified_yet_);
  return notified;
}

bool Notification::WaitForNotificationWithDeadline(Time limit) const {
  static auto* const real = ConstLibrary<bool(const Notification*, Time)>(
      "12Notification31WaitForNotificationWithDeadlineENS0_4TimeE");
  const bool notified = real(this, limit);
  if (notified) Acquire(notified_yet_);
  return notified;
}

bool BlockingCounter::DecrementCount() {
  static auto* const real =
      Library<bool(BlockingCounter*)>("15BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return real(this);
}

void BlockingCounter::Wait() {
  static auto* const real =
      Library<void(BlockingCounter*)>("15BlockingCounter4WaitEv");
  real(this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
