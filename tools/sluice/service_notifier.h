// Telling the service manager that started this process how it is.
#ifndef TOOLS_SLUICE_SERVICE_NOTIFIER_H_
#define TOOLS_SLUICE_SERVICE_NOTIFIER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

// Speaks the protocol of sd_notify(3) and sd_watchdog_enabled(3): datagrams of
// lines NAME=value to the socket that a variable names. systemd's authors
// promise the protocol and advise against linking libsystemd for it (sd_notify,
// "Notes"); so these few lines are ours, and a deployment has a library less.
//
// Thread-safety: all methods from any thread.
class ServiceNotifier {
 public:
  // What a service manager sets; empty: it did not.
  struct Variables {
    std::string notify_socket;  // NOTIFY_SOCKET
    std::string watchdog_usec;  // WATCHDOG_USEC
    std::string watchdog_pid;   // WATCHDOG_PID
  };
  static Variables FromEnvironment();

  // Tells nobody anything.
  ServiceNotifier() = default;

  // Without a socket: as above.
  //   kInvalidArgument: a variable, which the message names, is not as the
  //     pages above say. A socket of another kind (vsock) is none of a service.
  static absl::StatusOr<ServiceNotifier> Create(const Variables& variables);

  // Whether somebody wants to know.
  bool enabled() const { return !address_.empty(); }

  // This long after the last "WATCHDOG=1" the service manager takes this
  // process for hung, and ends it. Infinite: it does not watch.
  absl::Duration watchdog() const { return watchdog_; }

  // Sends lines such as "READY=1\nSTATUS=all is well". Does nothing if nobody
  // wants to know. Waits for at most five seconds.
  //   kUnavailable: it could not be sent; the service manager acts as if it had
  //     not happened.
  absl::Status Notify(std::string_view lines) const;

 private:
  // As in sockaddr_un::sun_path: begins with a zero byte if it is no path.
  std::string address_;
  absl::Duration watchdog_ = absl::InfiniteDuration();
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_SERVICE_NOTIFIER_H_
