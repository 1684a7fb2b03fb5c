// Faults that the sandbox's services show on demand, switched while they run.
#ifndef TOOLS_SANDBOX_FAULT_SWITCH_H_
#define TOOLS_SANDBOX_FAULT_SWITCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

enum class FaultKind {
  // Answers `status` and does nothing else.
  kStatus,
  // Says nothing for `delay`, then closes the connection; nothing is done.
  kStall,
  // Closes the connection once the request has arrived; nothing is done.
  kCut,
  // Closes the connection when the head of a request has arrived and its body
  // has not been read; nothing is done. Requests without a body do not meet it.
  kHangUp,
  // Does what was asked, answers half of the body, then closes the connection.
  kHalf,
  // Does what was asked, then closes the connection without an answer.
  kLoseAnswer,
  // Does what was asked, answers after `delay`.
  kSlow,
  // Does what was asked, answers one byte of the body after every `delay`.
  kDrip,
  // Does what was asked, answers with a Content-Length that is wrong by
  // `off_by`, then closes the connection. Streams have none and pass.
  kWrongLength,
};

// "status", "stall", "cut", "hang_up", "half", "lose_answer", "slow", "drip",
// "wrong_length".
std::string_view FaultKindName(FaultKind kind);
std::optional<FaultKind> ParseFaultKind(std::string_view name);

// One fault of one service.
struct Fault {
  std::string service = {};  // "disruptive", "feed", "inthing"
  FaultKind kind = FaultKind::kStatus;

  // Which requests: those with this method and with this text in their path.
  // Empty: all.
  std::string method = {};
  std::string path = {};

  // How long it lasts: until it fired `count` times (nullopt: no limit) or
  // until `duration` has passed since it was switched on.
  std::optional<int64_t> count = {};
  absl::Duration duration = absl::InfiniteDuration();
  // Requests that pass unharmed before it fires for the first time.
  int64_t skip = 0;

  // kStatus.
  int status = 503;
  std::optional<absl::Duration> retry_after = {};  // sent as whole seconds
  HttpHeaders headers = {};                        // sent too
  // Sent in place of the service's own error body.
  std::optional<std::string> body = {};

  // kStall, kSlow, kDrip.
  absl::Duration delay = absl::Seconds(5);

  // kWrongLength: bytes that are missing; below 0: that are too many.
  int64_t off_by = 1;

  // kStall, kCut, kHangUp, kHalf, kLoseAnswer, kWrongLength: closes by TCP RST
  // in place of FIN.
  bool reset = false;
};

// A fault with what became of it.
struct FaultState {
  int64_t id = 0;
  Fault fault;
  int64_t fired = 0;
  bool active = false;  // false: used up, run out, or switched off
  // Until it runs out; infinite when only its count ends it.
  absl::Duration remaining = absl::InfiniteDuration();
};

// The faults of all services. When several match a request, the one switched on
// first fires.
//
// Thread-safe.
class FaultSwitch {
 public:
  // A clock that never goes back; tests give their own.
  using MonotonicClock = std::function<absl::Duration()>;

  FaultSwitch();
  explicit FaultSwitch(MonotonicClock now);

  // Switches a fault on; returns its id, a positive number.
  int64_t Add(Fault fault);

  // Switches a fault off. False: no such fault is on.
  bool Remove(int64_t id);

  // Switches off all faults of `service`; of every service when empty. Returns
  // how many were on.
  int Clear(std::string_view service = {});

  // The fault that this request meets, or nullopt. Counts it as fired.
  std::optional<Fault> Fire(std::string_view service, std::string_view method,
                            std::string_view path);
  // The same when only the head of the request has arrived: kHangUp, which
  // Fire() leaves out.
  std::optional<Fault> FireAtHead(std::string_view service,
                                  std::string_view method,
                                  std::string_view path);

  // All faults ever switched on, by id; finished ones are kept for their
  // counts, up to the last 1,000.
  std::vector<FaultState> List() const;

  // How often faults of `service` (empty: of any) fired.
  int64_t fired(std::string_view service = {}) const;

 private:
  struct Entry {
    FaultState state;
    absl::Duration until;
    int64_t to_skip = 0;
  };

  std::optional<Fault> Fire(bool at_head, std::string_view service,
                            std::string_view method, std::string_view path);
  // Ends faults whose time is over.
  void Expire() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const MonotonicClock now_;
  mutable absl::Mutex mu_;
  int64_t next_id_ ABSL_GUARDED_BY(mu_) = 1;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mu_);
};

// A fault as JSON, as POST /faults of the control server takes it (see
// docs/sandbox.md):
//
//   {"service": "feed", "kind": "status", "status": 429, "retry_after": 2,
//    "count": 3, "path": "/feed/"}
//
// Times are seconds. kInvalidArgument names the field and what is allowed.
absl::StatusOr<Fault> FaultFromJson(std::string_view json);
std::string FaultStateToJson(const FaultState& state);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FAULT_SWITCH_H_
