#include "tools/sluice/stop_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "absl/time/time.h"
#include "glog/logging.h"

namespace sluice {
namespace {

sigset_t StopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// poll(2)'s milliseconds, rounded up so that a wait never spins.
int PollTimeout(absl::Duration left) {
  if (left == absl::InfiniteDuration()) return -1;
  const int64_t ms = absl::ToInt64Milliseconds(
      absl::Ceil(std::max(left, absl::ZeroDuration()), absl::Milliseconds(1)));
  return static_cast<int>(std::min<int64_t>(ms, 1 << 30));
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = StopSet();
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, nullptr), 0);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  woken_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  PCHECK(signals_ >= 0 && woken_ >= 0);
}

StopSignals::~StopSignals() {
  close(signals_);
  close(woken_);
  const sigset_t set = StopSet();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

StopSignals::Reason StopSignals::Wait(absl::Duration timeout) {
  // Of a clock that nobody sets: the other one may go back for hours.
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    signalfd_siginfo info;
    if (read(signals_, &info, sizeof(info)) == sizeof(info)) {
      return Reason::kSignal;
    }
    uint64_t count;
    if (read(woken_, &count, sizeof(count)) == sizeof(count)) {
      return Reason::kWoken;
    }
    const absl::Duration left =
        timeout - absl::FromChrono(std::chrono::steady_clock::now() - begin);
    if (left <= absl::ZeroDuration()) return Reason::kTimeout;
    pollfd fds[] = {{signals_, POLLIN, 0}, {woken_, POLLIN, 0}};
    PCHECK(poll(fds, 2, PollTimeout(left)) >= 0 || errno == EINTR);
  }
}

void StopSignals::Wake() {
  const uint64_t one = 1;
  PCHECK(write(woken_, &one, sizeof(one)) == sizeof(one));
}

}  // namespace sluice
