// The sandbox in this process, and a pipeline from its devices into its feed
// and into a file.
#ifndef TESTS_FAULT_SANDBOX_PIPELINE_H_
#define TESTS_FAULT_SANDBOX_PIPELINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/sluice_process.h"
#include "tools/sandbox/disruptive/simulated_fleet.h"
#include "tools/sandbox/sandbox.h"

namespace sluice::fault {

// What the fleet said under an event's id; nullopt: nothing.
std::optional<ExpectedEvent> SaidByFleet(const sandbox::SimulatedFleet& fleet,
                                         const WrittenEvent& event);

// Source "sensors" (disruptive) into sinks "room-feed" (feed) and "archive"
// (file, with rotation). All waits are short: hours pass in seconds.
class SandboxPipelineTest : public FaultTest {
 protected:
  // How long the sink waits for an answer of the feed.
  static constexpr absl::Duration kFeedTimeout = absl::Seconds(5);

  void SetUp() override;

  sandbox::Sandbox& sandbox() { return *sandbox_; }
  std::string archive() const { return folder() + "/archive.jsonl"; }

  // A process with the configuration. `device_secret`: of the service account;
  // the right one by default.
  RunOptions Options(std::string device_secret = "");

  // Asks the sandbox's control server; a refusal fails the test. Returns the
  // answer.
  std::string Control(std::string_view method, std::string_view path,
                      std::string_view body = {});

  // Events published so far.
  uint64_t Published();
  // What the ledger says about the feed.
  sandbox::DestinationReport Feed();

  // Waits until `process` has everything that was published in its log, and
  // every sink has done with it. False: it did not come so far within `limit`.
  bool WaitDelivered(const SluiceProcess& process, absl::Duration limit);

  // Everything published is in the feed once and in the file at least once,
  // both in the order of each device, and the process's books say the same.
  // Returns the verdict on the file.
  FileVerdict ExpectAllDelivered(const SluiceProcess& process);

 private:
  std::unique_ptr<sandbox::Sandbox> sandbox_;
};

}  // namespace sluice::fault

#endif  // TESTS_FAULT_SANDBOX_PIPELINE_H_
