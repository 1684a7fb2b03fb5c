#include "tools/sluice/sandbox_command.h"

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "tools/sandbox/sample_config.h"
#include "tools/sandbox/sandbox.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

// Within what the emulated service allows, as the source does by itself.
constexpr int kRequestsPerSecond = 4;

constexpr char kFooter[] =
    R"(A local stand-in for the services at both ends of a pipeline, with simulated
devices that report a recorded year of hourly weather. Nothing leaves this
machine, and all state is in memory unless --state names a folder for it.

The first line on stdout is one JSON object with every address and the
credentials to use. The control server, at its "control", switches faults on
and off, starts and stops the devices, and tells from its ledger what was
published, received, missing and doubled; docs/sandbox.md has the list.

Stops on SIGINT, SIGTERM or POST /shutdown.

Examples:
  # 20 devices, 10 readings a second, on free ports
  sluice sandbox

  # 20,000 readings of 50 devices, then silence; streams end every 10 seconds
  sluice sandbox --devices 50 --rate 1000 --count 20000 --stream-lifetime 10

  # With a pipeline to try on it, from another terminal
  sluice sandbox --write-config my-first
  sluice run my-first/sluice.yaml

  # On a known port; credentials as a file for the source `disruptive` and for
  # the vendor's client
  sluice sandbox --control-port 8080 &
  curl http://127.0.0.1:8080/ready | jq .disruptive.credentials > dt.json

  # Cut every stream, then look for gaps
  curl -X POST -d '{"how": "fin"}' http://127.0.0.1:8080/streams/cut
  curl http://127.0.0.1:8080/ledger)";

absl::Status SetFeedOptions(const SandboxCommandOptions& given,
                            sandbox::FeedOptions& feed) {
  for (const std::string& text : given.feed_groups) {
    sandbox::FeedGroup group;
    SLUICE_ASSIGN_OR_RETURN(group, sandbox::ParseFeedGroup(text));
    feed.groups.push_back(std::move(group));
  }
  feed.only_these_groups = given.feed_strict;
  feed.reserved_names = given.lenient;
  feed.rate_limits = given.feed_limits;
  return absl::OkStatus();
}

absl::StatusOr<sandbox::SandboxOptions> ToSandboxOptions(
    const SandboxCommandOptions& given) {
  sandbox::SandboxOptions options;
  options.control_port = given.control_port;
  options.disruptive_port = given.disruptive_port;
  options.feed_port = given.feed_port;
  options.inthing_port = given.inthing_port;
  options.certificate_file = given.tls_certificate;
  options.private_key_file = given.tls_key;
  SLUICE_RETURN_IF_ERROR(SetFeedOptions(given, options.feed));
  options.state_folder = given.state;
  options.state_max_bytes = static_cast<int64_t>(given.state_limit);
  if (!given.clock.empty()) {
    options.stopped_at = ParseRfc3339Time(given.clock);
    if (!options.stopped_at.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--clock: \"", given.clock, "\" is no time as 2026-01-01T00:00:00Z"));
    }
  }
  options.inthing.limits.enabled = !given.no_inthing_limits;
  options.inthing.mode = sandbox::ParseInthingMode(given.inthing_mode)
                             .value_or(sandbox::InthingMode::kLenient);
  sandbox::DisruptiveOptions& disruptive = options.disruptive;
  disruptive.devices = given.devices;
  disruptive.seed = given.seed;
  disruptive.rate = given.rate;
  if (given.count >= 0) disruptive.count = given.count;
  disruptive.access.required = !given.no_auth;
  disruptive.access.token_lifetime = absl::Seconds(given.token_lifetime);
  if (given.no_rate_limit) disruptive.access.rate_limit = 0;
  disruptive.cloud.history.indexing_delay = absl::Seconds(given.history_delay);
  disruptive.push_url = given.push_url;
  disruptive.push_secret = given.push_secret;
  disruptive.cloud.pushes.ca_file = given.push_ca_file;
  disruptive.cloud.streams.lifetime = absl::Seconds(given.stream_lifetime);
  disruptive.cloud.streams.end = sandbox::ParseStreamEnd(given.stream_end)
                                     .value_or(sandbox::StreamEnd::kErrorFrame);
  disruptive.cloud.rules.refuse_foreign_types = !given.lenient;
  return options;
}

void AddOptions(CLI::App& command, SandboxCommandOptions& options) {
  // Help shows the defaults.
  command.option_defaults()->always_capture_default();
  command.add_option("--control-port", options.control_port,
                     "Port of the control server; 0: a free one");
  command.add_option("--disruptive-port", options.disruptive_port,
                     "Port of the device cloud; 0: a free one");
  command.add_option("--feed-port", options.feed_port,
                     "Port of the feed service; 0: a free one");
  command.add_option("--inthing-port", options.inthing_port,
                     "Port of the stream service; 0: a free one");
  CLI::Option* const certificate =
      command
          .add_option("--tls-certificate", options.tls_certificate,
                      "PEM file with the certificate of the services, which "
                      "then speak HTTPS")
          ->type_name("FILE");
  CLI::Option* const key =
      command
          .add_option("--tls-key", options.tls_key,
                      "PEM file with the private key of the certificate")
          ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command.add_option("--devices", options.devices, "Simulated devices")
      ->check(CLI::Range(1, 100'000));
  command
      .add_option("--rate", options.rate,
                  "Readings per second of all devices; 0: none until a "
                  "control asks for them")
      ->check(CLI::Range(0.0, 1e6));
  command.add_option("--count", options.count,
                     "Readings until the devices fall silent; -1: never");
  command.add_option("--seed", options.seed,
                     "Decides ids, credentials and readings");
  command
      .add_option("--stream-lifetime", options.stream_lifetime,
                  "Seconds until the service ends a stream")
      ->check(CLI::Range(0.001, 1e7));
  command
      .add_option("--stream-end", options.stream_end,
                  "How it ends: clean, error, old_error, fin or reset")
      ->check(CLI::IsMember({"clean", "error", "old_error", "fin", "reset"}));
  command
      .add_option("--token-lifetime", options.token_lifetime,
                  "Seconds that an access token lives")
      ->check(CLI::Range(1.0, 1e7));
  command
      .add_option("--history-delay", options.history_delay,
                  "Seconds until an event shows up in the history")
      ->check(CLI::Range(0.0, 3600.0));
  command.add_option("--push-url", options.push_url,
                     "A Data Connector that pushes every event to this address "
                     "(http:// is allowed here)");
  command.add_option("--push-secret", options.push_secret,
                     "Its signature secret; made from the seed if not given");
  command
      .add_option("--push-ca-file", options.push_ca_file,
                  "PEM file of the authorities that pushes trust; the "
                  "system's if not given")
      ->type_name("FILE");
  command.add_flag("--no-rate-limit", options.no_rate_limit,
                   "Any number of requests, where the service allows 25 in "
                   "5 seconds");
  command.add_flag("--feed-limits", options.feed_limits,
                   "Limit requests to the feed service as the real one does");
  command.add_flag("--no-inthing-limits", options.no_inthing_limits,
                   "Any number of posts to a stream");
  command
      .add_option("--inthing-mode", options.inthing_mode,
                  "lenient: names the field of each mistake; strict: as the "
                  "real service; permissive: takes what that took")
      ->check(CLI::IsMember({"lenient", "strict", "permissive"}));
  command
      .add_option("--write-config", options.write_config,
                  "Folder for a configuration that `sluice run` takes, with "
                  "its secrets")
      ->type_name("DIR")
      ->excludes(certificate);
  command.add_option("--clock", options.clock,
                     "Time at which the services' clock stands still until it "
                     "is moved, as 2026-01-01T00:00:00Z");
  command
      .add_option("--state", options.state,
                  "Folder where what clients sent to the services survives "
                  "a restart; otherwise all state is in memory")
      ->type_name("DIR");
  command
      .add_option("--state-limit", options.state_limit,
                  "Bytes per service that it may take there, such as 200MB; "
                  "then changes are refused")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::Range(uint64_t{1} << 10, uint64_t{1} << 40));
  command.add_flag("--no-auth", options.no_auth, "Ask for no credentials");
  command.add_flag("--lenient", options.lenient,
                   "Let devices publish events that their type does not have, "
                   "and activities have fields with reserved names");
  command.add_option("--feed-group", options.feed_groups,
                     "A feed group, NAME[:KIND[:FORMAT]]; KIND: flat, "
                     "aggregated or notification; may be given repeatedly");
  command.add_flag("--feed-strict", options.feed_strict,
                   "Refuse feeds of unknown groups; otherwise they are flat");
}

// SIGINT and SIGTERM, kept from all threads that start after this.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

void AddSandboxCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "sandbox", "Run local stand-ins for devices and destinations");
  auto options = std::make_shared<SandboxCommandOptions>();
  AddOptions(*command, *options);
  command->footer(kFooter);
  command->callback([options, action] {
    *action = [options] { return RunSandbox(*options, std::cout, std::cerr); };
  });
}

int RunSandbox(const SandboxCommandOptions& options, std::ostream& out,
               std::ostream& err) {
  const sigset_t signals = BlockStopSignals();
  absl::StatusOr<sandbox::SandboxOptions> sandbox_options =
      ToSandboxOptions(options);
  if (!sandbox_options.ok()) {
    err << "sluice sandbox: " << sandbox_options.status().message() << "\n";
    return kExitUsage;
  }
  sandbox_options->on_shutdown = [] { kill(getpid(), SIGTERM); };
  auto sandbox = sandbox::Sandbox::Start(*std::move(sandbox_options));
  if (!sandbox.ok()) {
    err << "sluice sandbox: " << sandbox.status().message() << "\n";
    return kExitFailure;
  }
  if (!options.write_config.empty()) {
    const absl::StatusOr<std::string> written = sandbox::WriteSampleConfig(
        (*sandbox)->ReadyJson(), options.write_config, kRequestsPerSecond);
    if (!written.ok()) {
      err << "sluice sandbox: " << written.status().message() << "\n";
      return kExitFailure;
    }
  }
  out << (*sandbox)->ReadyJson() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  LOG(INFO) << "stopping; published " << (*sandbox)->ledger().Totals().published
            << " events";
  return kExitOk;
}

}  // namespace sluice
