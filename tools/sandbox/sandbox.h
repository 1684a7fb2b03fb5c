// The sandbox: emulators of the services at both ends of a pipeline in this
// process, each on a port of its own, and a control server. docs/sandbox.md
// describes it for those who use it.
#ifndef TOOLS_SANDBOX_SANDBOX_H_
#define TOOLS_SANDBOX_SANDBOX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/control_server.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/emulated_service.h"
#include "tools/sandbox/fault_switch.h"
#include "tools/sandbox/feed/feed_emulator.h"
#include "tools/sandbox/inthing/inthing_emulator.h"
#include "tools/sandbox/ledger.h"
#include "tools/sandbox/request_journal.h"
#include "tools/sandbox/sandbox_clock.h"

namespace sluice::sandbox {

struct SandboxOptions {
  // 0: a free port.
  uint16_t control_port = 0;
  uint16_t disruptive_port = 0;
  uint16_t feed_port = 0;
  uint16_t inthing_port = 0;

  // PEM files: the services are reached by HTTPS, the control server is not;
  // both empty: plain HTTP.
  std::string certificate_file;
  std::string private_key_file;

  DisruptiveOptions disruptive;
  FeedOptions feed;
  InthingOptions inthing;
  // Where the clock stands still from the start on, until it is moved or let
  // run; nullopt: it runs with the machine's.
  std::optional<absl::Time> stopped_at;
  // Folder for what services keep beyond the end of the process (see
  // Emulator::Changes()); empty: all state is in memory.
  std::string state_folder;
  // Of each service's file there.
  int64_t state_max_bytes = JournalOptions().max_bytes;
  // Events that the ledger knows one by one.
  size_t ledger_events = 1'000'000;
  // POST /shutdown came; called on a thread of the sandbox, which must not be
  // destroyed from there.
  std::function<void()> on_shutdown;
};

// A running sandbox.
//
// Thread-safety: all methods may be called from any thread but the sandbox's
// own.
class Sandbox {
 public:
  // Starts everything; requests are served once this returns.
  //   kAlreadyExists: a port is taken.  kInvalidArgument: the certificate
  //   cannot be used.  kDataLoss, kUnavailable: the state folder cannot be
  //   used. The message says why.
  static absl::StatusOr<std::unique_ptr<Sandbox>> Start(SandboxOptions options);

  // Closes every connection and stops all threads.
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // One line of JSON: {"ready": true, "control": url, "<service>": {...}}.
  std::string ReadyJson() const { return control_->ReadyJson(); }

  // "http://127.0.0.1:8080", where the control server listens.
  std::string control_url() const { return control_->url(); }

  // The same as a request to the control server: the JSON of a 200 answer. Any
  // other answer is an error with its text. Blocks.
  absl::StatusOr<std::string> Control(std::string_view method,
                                      std::string_view path,
                                      std::string_view body = {});

  Ledger& ledger() { return ledger_; }
  FaultSwitch& faults() { return faults_; }
  SandboxClock& clock() { return clock_; }

  // What does not change: project, fleet, credentials.
  const DisruptiveEmulator& disruptive() const { return *disruptive_; }
  // Root of a service's server, "http://127.0.0.1:8081"; empty: no such
  // service.
  std::string url(std::string_view service) const;

 private:
  explicit Sandbox(size_t ledger_events) : ledger_(ledger_events) {}

  absl::Status Add(std::unique_ptr<Emulator> emulator, uint16_t port,
                   const SandboxOptions& options);

  Ledger ledger_;
  FaultSwitch faults_;
  SandboxClock clock_;
  const DisruptiveEmulator* disruptive_ = nullptr;
  std::vector<std::unique_ptr<EmulatedService>> services_;
  std::unique_ptr<ControlServer> control_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_SANDBOX_H_
