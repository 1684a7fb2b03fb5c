#include "tools/sluice/top_command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "CLI/CLI.hpp"
#include "proto/admin/v1/process.grpc.pb.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/to_proto_duration.h"
#include "tools/sluice/top_view.h"

namespace sluice {
namespace {

// ECMA-48: to the upper left corner, and all behind it deleted.
constexpr char kClear[] = "\x1b[H\x1b[J";

// Columns and rows of the terminal that `out` is; nullopt: it is none.
std::optional<std::pair<int, int>> TerminalOf(const std::ostream& out) {
  winsize size = {};
  if (&out != &std::cout || isatty(STDOUT_FILENO) == 0 ||
      ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return std::nullopt;
  }
  return std::make_pair<int, int>(size.ws_col, size.ws_row);
}

void Show(const std::string& frame, bool first, std::ostream& out) {
  // Asked for anew each time: a window changes its size.
  if (const auto terminal = TerminalOf(out)) {
    out << kClear << Fit(frame, terminal->first, terminal->second);
  } else {
    out << (first ? "" : "\n") << frame;
  }
  out << std::flush;
}

}  // namespace

void AddTopCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command = app.add_subcommand("top", "Watch a running process live");
  auto options = std::make_shared<TopOptions>();
  AddAdminOptions(*command, &options->admin);
  command
      ->add_option("-p,--pipeline", options->pipelines,
                   "Only these pipelines; default: all")
      ->type_name("NAME");
  AddDurationOption(*command, "--interval",
                    "Between two looks (200ms to 1h); default 1s",
                    &options->interval);
  command->add_option("--frames", options->frames, "End after so many looks")
      ->type_name("N");
  command->footer(
      "IN, STORED, REPEATS, OUT and RETRIES are events per second since the\n"
      "look before; GAPS are the open and the unclosed ones; OLDEST is how "
      "long\n"
      "the oldest event waits. Ctrl-C ends it.\n"
      "\n"
      "Exit codes: 0 the process, or the watching, was ended, 1 the process\n"
      "cannot be reached or refuses, 2 the command line is wrong.\n"
      "\n"
      "Examples:\n"
      "  sluice top --data-dir /var/lib/sluice\n"
      "  sluice top --data-dir /var/lib/sluice --frames 2 > capture.txt");
  command->callback([options, action] {
    *action = [options] { return RunTop(*options, std::cout, std::cerr); };
  });
}

int RunTop(const TopOptions& options, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<AdminClient> client = AdminClient::Create(options.admin);
  if (!client.ok()) {
    err << "sluice: " << std::string(client.status().message()) << "\n";
    return kExitUsage;
  }
  const auto stub = admin::v1::ProcessService::NewStub(client->channel());
  admin::v1::WatchStatusRequest request;
  request.mutable_what()->mutable_pipelines()->Assign(options.pipelines.begin(),
                                                      options.pipelines.end());
  *request.mutable_interval() = ToProto(options.interval);
  const auto context = client->NewContext(absl::InfiniteDuration());
  const auto reader = stub->WatchStatus(context.get(), request);
  TopView view;
  admin::v1::ProcessStatus status;
  uint64_t shown = 0;
  while (reader->Read(&status)) {
    Show(view.Frame(status), shown == 0, out);
    if (++shown == options.frames) context->TryCancel();
  }
  const grpc::Status ended = reader->Finish();
  // A process that was there and went is no failure of watching it.
  if (ended.ok() ||
      (shown > 0 && (ended.error_code() == grpc::StatusCode::UNAVAILABLE ||
                     ended.error_code() == grpc::StatusCode::CANCELLED))) {
    return kExitOk;
  }
  return client->Fail(ended, err);
}

}  // namespace sluice
