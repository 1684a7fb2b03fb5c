// SIGINT and SIGTERM as something to wait for.
#ifndef TOOLS_SLUICE_STOP_SIGNALS_H_
#define TOOLS_SLUICE_STOP_SIGNALS_H_

#include "absl/time/time.h"

namespace sluice {

// Takes SIGINT and SIGTERM for as long as it lives. Make it before any other
// thread: threads made while it lives leave the signals to it.
//
// Thread-safety: Wait() from one thread at a time, Wake() from any.
class StopSignals {
 public:
  enum class Reason { kSignal, kWoken, kTimeout };

  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Blocks until a signal comes, Wake() is called, or `timeout` is over. A
  // signal or a Wake() that came earlier counts, once.
  Reason Wait(absl::Duration timeout);

  void Wake();

 private:
  int signals_;  // signalfd(2)
  int woken_;    // eventfd(2)
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_STOP_SIGNALS_H_
