#include "tools/sluice/sinks_command.h"

#include <memory>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "boost/json.hpp"
#include "google/protobuf/util/time_util.h"
#include "proto/admin/v1/sinks.grpc.pb.h"
#include "tools/sluice/admin_call.h"
#include "tools/sluice/duration_option.h"
#include "tools/sluice/estimate.h"
#include "tools/sluice/event_output.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/place_option.h"
#include "tools/sluice/status_output.h"
#include "tools/sluice/to_proto_duration.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;
using Service = v1::SinkService;
using google::protobuf::util::TimeUtil;

// Deliveries under way, the sink's own end, and a write.
constexpr int kGracesPerCall = 3;
// Between lines that tell how far a replay is.
constexpr absl::Duration kProgressInterval = absl::Seconds(1);

constexpr char kNothingKept[] =
    "; the log holds nothing that is done (log.retain_time keeps it)";

template <typename Request>
Request For(const SinksOptions& options) {
  Request request;
  request.set_pipeline(options.pipeline);
  request.set_sink(options.sink);
  return request;
}

// Calls `method` and hands the answer to `print`.
template <typename Request, typename Response, typename Print>
int Ask(const SinksOptions& options, const Request& request,
        grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                              const Request&, Response*),
        std::ostream& err, Print print) {
  return WithStub<Service>(
      options.admin, err,
      [&](const AdminClient& client, Service::Stub& stub) -> int {
        Response response;
        const auto context = client.NewContext(absl::Seconds(10) +
                                               kGracesPerCall * options.grace);
        const grpc::Status answer =
            (stub.*method)(context.get(), request, &response);
        if (!answer.ok()) return client.Fail(answer, err);
        print(response);
        return kExitOk;
      });
}

std::string TimeOf(bool given, const google::protobuf::Timestamp& time) {
  return given ? Moment(TimeUtil::TimestampToNanoseconds(time)) : "";
}

boost::json::object ToJson(const v1::SinkCursor& cursor) {
  boost::json::object object{
      {"sink", cursor.sink()},
      {"next_sequence", cursor.next_sequence()},
      {"waiting", cursor.waiting()},
      {"start_sequence", cursor.start_sequence()},
      {"parked", cursor.parked()},
      {"delivered", cursor.delivered()},
      {"dead_lettered", cursor.dead_lettered()},
      {"filtered", cursor.filtered()},
      {"dropped", cursor.dropped()},
      {"corrupt", cursor.corrupt()},
      {"skipped", cursor.skipped()},
      {"rewound", cursor.rewound()},
      {"log_first_sequence", cursor.log_first_sequence()},
      {"log_next_sequence", cursor.log_next_sequence()}};
  if (cursor.has_next_appended()) {
    object["next_appended"] = TimeOf(true, cursor.next_appended());
  }
  if (cursor.has_log_first_appended()) {
    object["log_first_appended"] = TimeOf(true, cursor.log_first_appended());
  }
  boost::json::array ahead;
  for (const v1::EventRange& range : cursor.done_ahead()) {
    ahead.push_back({{"first", range.first()}, {"last", range.last()}});
  }
  object["done_ahead"] = std::move(ahead);
  return object;
}

std::string At(const std::string& time) {
  return time.empty() ? "" : absl::StrCat(", stored at ", time);
}

std::string FormatCursor(const v1::SinkCursor& cursor) {
  std::string ahead;
  for (const v1::EventRange& range : cursor.done_ahead()) {
    absl::StrAppend(&ahead, ahead.empty() ? "" : ", ", range.first(), "-",
                    range.last());
  }
  return FormatTable(
      {{"sink", cursor.sink() + (cursor.parked() ? " (parked)" : "")},
       {"next event", absl::StrCat(cursor.next_sequence(),
                                   At(TimeOf(cursor.has_next_appended(),
                                             cursor.next_appended())))},
       {"done ahead", ahead.empty() ? "none" : ahead},
       {"waiting", absl::StrCat(cursor.waiting())},
       {"the log holds", absl::StrCat(cursor.log_first_sequence(), " to ",
                                      cursor.log_next_sequence(), ", excluded",
                                      At(TimeOf(cursor.has_log_first_appended(),
                                                cursor.log_first_appended())))},
       {"delivered", absl::StrCat(cursor.delivered())},
       {"dead letters", absl::StrCat(cursor.dead_lettered())},
       {"filtered", absl::StrCat(cursor.filtered())},
       {"dropped", absl::StrCat(cursor.dropped())},
       {"corrupt", absl::StrCat(cursor.corrupt())},
       {"skipped", absl::StrCat(cursor.skipped())},
       {"rewound", absl::StrCat(cursor.rewound())}});
}

// "would go back", "goes back".
std::string Would(const SinksOptions& options, const std::string& verb,
                  const std::string& verb_s) {
  return options.dry_run ? absl::StrCat("would ", verb) : verb_s;
}

void PrintMove(const SinksOptions& options, const v1::SinkCursor& cursor,
               const char* name, uint64_t events, uint64_t to_sequence,
               const std::string& text, std::ostream& out) {
  if (options.output == OutputFormat::kText) {
    out << text << "\n";
    return;
  }
  out << boost::json::object{{name, events},
                             {"to_sequence", to_sequence},
                             {"dry_run", options.dry_run},
                             {"cursor", ToJson(cursor)}}
      << "\n";
}

void PrintReplay(const v1::ReplayToSinkResponse& progress,
                 const std::string& left, const SinksOptions& options,
                 std::ostream& out) {
  if (options.output == OutputFormat::kJson) {
    out << boost::json::object{{"seen", progress.seen()},
                               {"total", progress.total()},
                               {"replayed", progress.replayed()},
                               {"missed", progress.missed()},
                               {"waiting_for_room",
                                progress.waiting_for_room()},
                               {"done", progress.done()}}
        << "\n"
        << std::flush;
    return;
  }
  out << (progress.done() ? "done: " : "") << "looked at " << progress.seen()
      << " of " << Count(progress.total(), "event") << left << ", "
      << Would(options, "replay ", "replayed ") << progress.replayed();
  if (progress.missed() > 0) {
    out << "; " << progress.missed()
        << " were gone from the log before they were reached";
  }
  if (progress.waiting_for_room()) out << "; the log is full, waiting for room";
  out << "\n" << std::flush;
}

using Run = int (*)(const SinksOptions&, std::ostream&, std::ostream&);

class SinkCommands {
 public:
  SinkCommands(CLI::App& parent, CommandAction* action)
      : parent_(parent), action_(action) {}

  void AddPauses() {
    AddGrace(
        Add("pause", "Stop one sink; the log keeps what it misses", PauseSink));
    Add("resume", "Let it go on where it stopped", ResumeSink);
  }

  void AddMoves() {
    Add("cursor", "Where it stands in the log", ShowSinkCursor);
    CLI::App* rewind =
        Add("rewind", "Deliver again, from a place on", RewindSink);
    AddPlaceOption(*rewind, "--to", "The first event to be delivered again",
                   &options_->to)
        ->required();
    AddDryRun(rewind);
    AddGrace(rewind);
    rewind->footer(
        "Events that the log does not hold any more do not come back; set\n"
        "log.retain to keep what was delivered.\n"
        "\n"
        "Examples:\n"
        "  sluice sinks rewind office room-feed --to 2h --dry-run\n"
        "  sluice sinks rewind office room-feed --to oldest");
    CLI::App* skip = Add("skip", "Give up what waits before a place", SkipSink);
    AddPlaceOption(*skip, "--to", "The first event that is not given up",
                   &options_->to)
        ->required();
    AddDryRun(skip);
    AddGrace(skip);
    skip->footer(
        "The events are counted as skipped, and lost for this sink only.\n"
        "\n"
        "Examples:\n"
        "  sluice sinks skip office room-feed --to end --dry-run");
    Add("forget", "Forget a sink that is not configured any more", ForgetSink);
  }

  void AddReplay() {
    CLI::App* replay = Add(
        "replay", "Deliver events again while the sink goes on", ReplayToSink);
    AddPlaceOption(*replay, "--from", "The first event", &options_->from)
        ->required();
    AddPlaceOption(*replay, "--to",
                   "The event behind the last; default: what is there now",
                   &options_->to);
    AddSelectionOptions(*replay, &options_->select);
    replay
        ->add_option("--rate", options_->events_per_second,
                     "At most so many events a second")
        ->check(CLI::NonNegativeNumber)
        ->type_name("N");
    AddDryRun(replay);
    replay->footer(
        "Copies of the events go behind everything stored so far, for this\n"
        "sink only. Ctrl-C ends it: what was copied by then is delivered.\n"
        "\n"
        "Examples:\n"
        "  sluice sinks replay office room-feed --from 24h --to 12h "
        "--rate 100\n"
        "  sluice sinks replay office room-feed --from oldest --type "
        "temperature");
  }

 private:
  CLI::App* Add(const std::string& name, const std::string& what, Run run) {
    CLI::App* command =
        AddAdminCommand(parent_, name, what, run, options_, action_);
    command->add_option("pipeline", options_->pipeline, "The pipeline")
        ->required()
        ->type_name("PIPELINE");
    command->add_option("sink", options_->sink, "The sink")
        ->required()
        ->type_name("SINK");
    return command;
  }
  void AddGrace(CLI::App* command) {
    AddDurationOption(*command, "--grace",
                      "Longest wait for what is under way; default 10s",
                      &options_->grace);
  }
  void AddDryRun(CLI::App* command) {
    command->add_flag("--dry-run", options_->dry_run,
                      "Only tell what would be");
  }

  CLI::App& parent_;
  CommandAction* action_;
  const std::shared_ptr<SinksOptions> options_ =
      std::make_shared<SinksOptions>();
};

}  // namespace

void AddSinksCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "sinks", "Pause sinks, and move them to other places in the log");
  command->require_subcommand(1);
  SinkCommands commands(*command, action);
  commands.AddPauses();
  commands.AddMoves();
  commands.AddReplay();
  command->footer(
      "A PLACE is oldest, end, the number of an event, a moment such as\n"
      "2024-05-01T12:00:00Z, or how long ago it was: 30m, 24h, 7d.\n"
      "\n"
      "Exit codes: 0 done, 1 the process cannot be reached or refuses,\n"
      "2 the command line is wrong, or there is no such sink.\n"
      "\n"
      "Examples:\n"
      "  sluice sinks pause office room-feed --data-dir /var/lib/sluice\n"
      "  sluice sinks cursor office room-feed --data-dir /var/lib/sluice\n"
      "  sluice sinks rewind office room-feed --to 2h --data-dir "
      "/var/lib/sluice");
}

int PauseSink(const SinksOptions& options, std::ostream& out,
              std::ostream& err) {
  auto request = For<v1::PauseSinkRequest>(options);
  *request.mutable_grace() = ToProto(options.grace);
  return Ask(options, request, &Service::Stub::PauseSink, err,
             [&](const v1::PipelineStatus& status) {
               PrintPipeline(status, options.output, out);
             });
}

int ResumeSink(const SinksOptions& options, std::ostream& out,
               std::ostream& err) {
  return Ask(options, For<v1::ResumeSinkRequest>(options),
             &Service::Stub::ResumeSink, err,
             [&](const v1::PipelineStatus& status) {
               PrintPipeline(status, options.output, out);
             });
}

int ShowSinkCursor(const SinksOptions& options, std::ostream& out,
                   std::ostream& err) {
  return Ask(options, For<v1::GetSinkCursorRequest>(options),
             &Service::Stub::GetSinkCursor, err,
             [&](const v1::SinkCursor& cursor) {
               if (options.output == OutputFormat::kJson) {
                 out << ToJson(cursor) << "\n";
               } else {
                 out << FormatCursor(cursor);
               }
             });
}

int RewindSink(const SinksOptions& options, std::ostream& out,
               std::ostream& err) {
  auto request = For<v1::RewindSinkRequest>(options);
  *request.mutable_to() = options.to;
  request.set_dry_run(options.dry_run);
  *request.mutable_grace() = ToProto(options.grace);
  return Ask(
      options, request, &Service::Stub::RewindSink, err,
      [&](const v1::RewindSinkResponse& response) {
        PrintMove(
            options, response.cursor(), "rewound", response.rewound(),
            response.to_sequence(),
            absl::StrCat(
                options.sink, " ", Would(options, "go back", "goes back"),
                " to event ", response.to_sequence(), ": ",
                Count(response.rewound(), "event"), " ",
                options.dry_run ? "at most would wait again" : "wait again",
                response.rewound() == 0 ? kNothingKept : ""),
            out);
      });
}

int SkipSink(const SinksOptions& options, std::ostream& out,
             std::ostream& err) {
  auto request = For<v1::SkipSinkRequest>(options);
  *request.mutable_to() = options.to;
  request.set_dry_run(options.dry_run);
  *request.mutable_grace() = ToProto(options.grace);
  return Ask(
      options, request, &Service::Stub::SkipSink, err,
      [&](const v1::SkipSinkResponse& response) {
        PrintMove(
            options, response.cursor(), "skipped", response.skipped(),
            response.to_sequence(),
            absl::StrCat(options.sink, " ", Would(options, "go on", "goes on"),
                         " at event ", response.to_sequence(), ": ",
                         Count(response.skipped(), "event"), " ",
                         options.dry_run ? "would be" : "are", " given up"),
            out);
      });
}

int ReplayToSink(const SinksOptions& options, std::ostream& out,
                 std::ostream& err) {
  return WithStub<Service>(
      options.admin, err,
      [&](const AdminClient& client, Service::Stub& stub) -> int {
        auto request = For<v1::ReplayToSinkRequest>(options);
        *request.mutable_from() = options.from;
        if (options.to.place_case() != v1::LogPlace::PLACE_NOT_SET) {
          *request.mutable_to() = options.to;
        }
        *request.mutable_select() = options.select;
        request.set_events_per_second(options.events_per_second);
        request.set_dry_run(options.dry_run);
        const auto context = client.NewContext(absl::InfiniteDuration());
        const auto reader = stub.ReplayToSink(context.get(), request);
        v1::ReplayToSinkResponse progress;
        absl::Time told = absl::Now();
        const Estimate estimate(told);
        while (reader->Read(&progress)) {
          const absl::Time now = absl::Now();
          if (!progress.done() && now - told < kProgressInterval) continue;
          told = now;
          PrintReplay(progress,
                      estimate.Left(progress.seen(), progress.total(), now),
                      options, out);
        }
        const grpc::Status ended = reader->Finish();
        return ended.ok() ? kExitOk : client.Fail(ended, err);
      });
}

int ForgetSink(const SinksOptions& options, std::ostream& out,
               std::ostream& err) {
  return Ask(
      options, For<v1::ForgetSinkRequest>(options), &Service::Stub::ForgetSink,
      err, [&](const v1::ForgetSinkResponse& response) {
        if (options.output == OutputFormat::kJson) {
          out << boost::json::object{{"waiting", response.waiting()}} << "\n";
        } else {
          out << options.sink << " is forgotten; "
              << Count(response.waiting(), "event") << " waited for it\n";
        }
      });
}

}  // namespace sluice
