#include "tools/sluice/events_command.h"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "boost/json.hpp"
#include "google/protobuf/util/time_util.h"
#include "proto/admin/v1/events.grpc.pb.h"
#include "tools/sluice/admin_call.h"
#include "tools/sluice/event_output.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/place_option.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;
using Service = v1::EventService;
using google::protobuf::util::TimeUtil;

// Of a payload, on a line.
constexpr size_t kMaxShownBytes = 200;

boost::json::object ToJson(const v1::TappedEvent& tapped, Payload payload) {
  boost::json::object object{{"sequence", tapped.sequence()}};
  PutMoment("appended", TimeUtil::TimestampToNanoseconds(tapped.appended()),
            &object);
  if (!tapped.only_sinks().empty()) {
    object["only_sinks"] = boost::json::array(tapped.only_sinks().begin(),
                                              tapped.only_sinks().end());
  }
  object["event"] = EventToJson(tapped.event().SerializeAsString(), payload);
  return object;
}

std::string FormatLine(const v1::TappedEvent& tapped) {
  const event::v1::Event& event = tapped.event();
  return absl::StrCat(
      tapped.sequence(), "  ",
      Moment(TimeUtil::TimestampToNanoseconds(tapped.appended())), "  ",
      Cell(event.type()), "  ", Cell(event.subject()), "  ", Cell(event.id()),
      event.data().empty() ? "" : "  ", Cell(event.data(), kMaxShownBytes));
}

void Print(const v1::TapEventsResponse& response, const TapOptions& options,
           std::ostream& out, std::ostream& err) {
  if (response.missed() > 0) {
    err << "sluice: " << Count(response.missed(), "event")
        << " went by unseen\n";
  }
  const Payload payload =
      options.request.without_data() ? Payload::kSize : Payload::kWhole;
  for (const v1::TappedEvent& event : response.events()) {
    if (options.output == OutputFormat::kJson) {
      out << ToJson(event, payload) << "\n";
    } else {
      out << FormatLine(event) << "\n";
    }
  }
  out << std::flush;
}

// "dead_lettered".
std::string StateName(v1::DeliveryState state) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::DeliveryState_Name(state), "DELIVERY_"));
}

boost::json::object ToJson(const v1::EventDelivery& delivery) {
  boost::json::object object{{"sink", delivery.sink()},
                             {"state", StateName(delivery.state())}};
  if (delivery.attempts() > 0) object["attempts"] = delivery.attempts();
  if (!delivery.first_error().empty()) {
    PutBytes("first_error", delivery.first_error(), &object);
    PutBytes("last_error", delivery.last_error(), &object);
  }
  if (delivery.has_last_attempt()) {
    PutMoment("last_attempt",
              TimeUtil::TimestampToNanoseconds(delivery.last_attempt()),
              &object);
  }
  if (delivery.dead_letter() > 0) {
    object["dead_letter"] = delivery.dead_letter();
  }
  if (delivery.waiting_before() > 0) {
    object["waiting_before"] = delivery.waiting_before();
  }
  return object;
}

boost::json::object ToJson(const v1::ExplainEventResponse& answer) {
  boost::json::array stories;
  for (const v1::EventStory& story : answer.stories()) {
    boost::json::object object = ToJson(story.event(), Payload::kWhole);
    boost::json::array deliveries;
    for (const v1::EventDelivery& delivery : story.deliveries()) {
      deliveries.push_back(ToJson(delivery));
    }
    object["deliveries"] = std::move(deliveries);
    stories.push_back(std::move(object));
  }
  boost::json::object object{
      {"stories", std::move(stories)},
      {"dead_letters", boost::json::array(answer.dead_letters().begin(),
                                          answer.dead_letters().end())},
      {"seen", answer.seen()}};
  if (answer.has_log_begins()) {
    PutMoment("log_begins",
              TimeUtil::TimestampToNanoseconds(answer.log_begins()), &object);
  }
  return object;
}

std::string Words(const v1::EventDelivery& delivery) {
  std::string text;
  switch (delivery.state()) {
    case v1::DELIVERY_WAITING:
      return absl::StrCat("waits behind ",
                          Count(delivery.waiting_before(), "event"));
    case v1::DELIVERY_PENDING:
      text = "is next to be sent";
      break;
    case v1::DELIVERY_IN_FLIGHT:
      text = "is sent, and not answered yet";
      break;
    case v1::DELIVERY_DONE:
      return "done";
    case v1::DELIVERY_DEAD_LETTERED:
      return absl::StrCat("became dead letter ", delivery.dead_letter());
    case v1::DELIVERY_NOT_FOR_IT:
      return "not for this sink";
    default:
      return "not known";
  }
  if (delivery.attempts() > 0) {
    absl::StrAppend(&text, ", after ", Count(delivery.attempts(), "attempt"));
  }
  if (!delivery.last_error().empty()) {
    absl::StrAppend(&text, ": ", Cell(delivery.last_error(), kMaxShownBytes));
  }
  return text;
}

std::string FormatStory(const v1::ExplainEventResponse& answer,
                        const std::string& id) {
  std::string text;
  for (const v1::EventStory& story : answer.stories()) {
    absl::StrAppend(&text, "event ", FormatLine(story.event()), "\n");
    if (!story.event().only_sinks().empty()) {
      absl::StrAppend(&text, "  put back for ",
                      absl::StrJoin(story.event().only_sinks(), ", "),
                      " only\n");
    }
    std::vector<std::vector<std::string>> rows;
    for (const v1::EventDelivery& delivery : story.deliveries()) {
      rows.push_back({"  " + delivery.sink(), Words(delivery)});
    }
    text += FormatTable(rows);
  }
  if (answer.stories().empty()) {
    absl::StrAppend(&text, "the log holds no event with id ", Cell(id));
    if (answer.has_log_begins()) {
      absl::StrAppend(
          &text, "; it begins at ",
          Moment(TimeUtil::TimestampToNanoseconds(answer.log_begins())),
          ", and what came before was done with");
    }
    text += "\n";
  }
  if (!answer.dead_letters().empty()) {
    absl::StrAppend(&text, "dead letters: ",
                    absl::StrJoin(answer.dead_letters(), ", "), "\n");
  }
  return text;
}

}  // namespace

void AddTapCommand(CLI::App& app, CommandAction* action) {
  const auto options = std::make_shared<TapOptions>();
  v1::TapEventsRequest& request = options->request;
  CLI::App* command =
      AddAdminCommand(app, "tap", "Watch the events that a pipeline stores",
                      TapEvents, options, action);
  command
      ->add_option_function<std::string>(
          "pipeline",
          [&request](const std::string& name) { request.set_pipeline(name); },
          "The pipeline")
      ->required()
      ->type_name("PIPELINE");
  AddPlaceOption(*command, "--from", "Begin there; default: with what comes",
                 request.mutable_from());
  AddSelectionOptions(*command, request.mutable_select());
  command
      ->add_option_function<uint64_t>(
          "--limit", [&request](uint64_t limit) { request.set_limit(limit); },
          "End after so many")
      ->type_name("N");
  command
      ->add_option_function<uint64_t>(
          "--every", [&request](uint64_t every) { request.set_every(every); },
          "Show one of so many")
      ->type_name("N");
  command->add_flag_callback(
      "--without-data", [&request] { request.set_without_data(true); },
      "Leave out what events carry");
  command->footer(
      "The pipeline does not wait for it: who is too slow misses events,\n"
      "which are counted.\n"
      "\n"
      "Examples:\n"
      "  sluice tap office --data-dir /var/lib/sluice\n"
      "  sluice tap office --type temperature --label room=99 --limit 10\n"
      "  sluice tap office --from 1h --output json | jq .event.id");
}

void AddExplainCommand(CLI::App& app, CommandAction* action) {
  const auto options = std::make_shared<ExplainOptions>();
  v1::ExplainEventRequest& request = options->request;
  CLI::App* command =
      AddAdminCommand(app, "explain", "Tell what became of an event",
                      ExplainEvent, options, action);
  command
      ->add_option_function<std::string>(
          "pipeline",
          [&request](const std::string& name) { request.set_pipeline(name); },
          "The pipeline")
      ->required()
      ->type_name("PIPELINE");
  command
      ->add_option_function<std::string>(
          "id", [&request](const std::string& id) { request.set_id(id); },
          "Id of the event")
      ->required()
      ->type_name("ID");
  command
      ->add_option_function<std::string>(
          "--event-source",
          [&request](const std::string& source) { request.set_source(source); },
          "Only from this source")
      ->type_name("SOURCE");
  command->footer(
      "Exit codes: 0 it is known, 1 the process cannot be reached or refuses,\n"
      "2 the command line is wrong, or there is no such pipeline, 3 nothing\n"
      "is known of it.\n"
      "\n"
      "Examples:\n"
      "  sluice explain office bjehn6sdm92f9pd7f4s0 --data-dir "
      "/var/lib/sluice");
}

int TapEvents(const TapOptions& options, std::ostream& out, std::ostream& err) {
  return WithStub<Service>(
      options.admin, err,
      [&](const AdminClient& client, Service::Stub& stub) -> int {
        v1::TapEventsRequest request = options.request;
        if (request.from().place_case() == v1::LogPlace::PLACE_NOT_SET) {
          request.clear_from();
        }
        const auto context = client.NewContext(absl::InfiniteDuration());
        const auto reader = stub.TapEvents(context.get(), request);
        v1::TapEventsResponse response;
        while (reader->Read(&response)) Print(response, options, out, err);
        const grpc::Status ended = reader->Finish();
        return ended.ok() ? kExitOk : client.Fail(ended, err);
      });
}

int ExplainEvent(const ExplainOptions& options, std::ostream& out,
                 std::ostream& err) {
  return WithStub<Service>(
      options.admin, err,
      [&](const AdminClient& client, Service::Stub& stub) -> int {
        const auto context = client.NewContext(absl::InfiniteDuration());
        const auto reader = stub.ExplainEvent(context.get(), options.request);
        v1::ExplainEventResponse answer;
        while (reader->Read(&answer)) {
        }
        const grpc::Status ended = reader->Finish();
        if (!ended.ok()) return client.Fail(ended, err);
        if (options.output == OutputFormat::kJson) {
          out << ToJson(answer) << "\n";
        } else {
          out << FormatStory(answer, options.request.id());
        }
        return answer.stories().empty() && answer.dead_letters().empty()
                   ? kExitFindings
                   : kExitOk;
      });
}

}  // namespace sluice
