// What the control server can ask of the emulated Disruptive Technologies.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/disruptive/request_json.h"
#include "tools/sandbox/json_fields.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr char kSettingsPath[] = "/disruptive/settings";
constexpr char kEventsPath[] = "/disruptive/events";

constexpr int64_t kMany = 1'000'000'000;
// At once, on the thread that also serves requests.
constexpr int64_t kMostAtOnce = 100'000;
constexpr double kSlowest = 0.001;
constexpr double kFastest = 1'000'000;

bool IsWord(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c);
  });
}

// Below: `now` with what the fields say.

EventStreamsOptions ReadStreamSettings(JsonFields& fields,
                                       EventStreamsOptions now) {
  now.lifetime = fields.Seconds("stream_lifetime", now.lifetime);
  const auto end = ParseStreamEnd(
      fields.Text("stream_end", std::string(StreamEndName(now.end))));
  if (!end.has_value()) {
    fields.Fail("stream_end", "must be clean, error, old_error, fin or reset");
  }
  now.end = end.value_or(now.end);
  now.max_frames = fields.Whole("stream_frames", 0, kMany, now.max_frames);
  now.duplicate_every =
      fields.Whole("duplicate_every", 0, kMany, now.duplicate_every);
  now.reorder_every =
      fields.Whole("reorder_every", 0, kMany, now.reorder_every);
  now.any_label = fields.Flag("any_label", now.any_label);
  return now;
}

CloudRules ReadRules(JsonFields& fields, CloudRules now) {
  now.refuse_foreign_types = !fields.Flag("lenient", !now.refuse_foreign_types);
  now.auto_network_status =
      fields.Flag("auto_network_status", now.auto_network_status);
  now.label_changes_in_history =
      fields.Flag("label_history", now.label_changes_in_history);
  now.nine_digits = fields.Flag("nine_digits", now.nine_digits);
  if (fields.Has("clock_offset")) {
    now.clock_offset = absl::Seconds(
        fields.Number("clock_offset", -86400 * 365, 86400 * 365, 0));
  }
  return now;
}

ConnectorPusherOptions ReadPushSettings(JsonFields& fields,
                                        ConnectorPusherOptions now) {
  now.timeout = fields.Seconds("push_timeout", now.timeout);
  now.first_retry = fields.Seconds("push_first_retry", now.first_retry);
  now.longest_retry = fields.Seconds("push_longest_retry", now.longest_retry);
  now.max_age = fields.Seconds("push_max_age", now.max_age);
  now.duplicate_every =
      fields.Whole("push_duplicate_every", 0, kMany, now.duplicate_every);
  now.reorder_every =
      fields.Whole("push_reorder_every", 0, kMany, now.reorder_every);
  return now;
}

}  // namespace

std::string DisruptiveEmulator::ReadyJson() {
  const DisruptiveAccessOptions& access = access_.options();
  const std::string token_url = absl::StrCat(base_url_, "/oauth2/token");
  json::object ready{
      {"base_url", absl::StrCat(base_url_, "/v2")},
      {"emulator_base_url", absl::StrCat(base_url_, "/emulator/v2")},
      {"token_url", token_url},
      {"organization", projects_.organization()},
      {"project", project_},
      {"kit", administration_.claim_desk().kits().front().id},
      {"key_id", access.key_id},
      {"secret", access.secret},
      {"email", access.email},
      // As the file that DT_CREDENTIALS_FILE names.
      {"credentials",
       {{"serviceAccount",
         {{"keyId", access.key_id},
          {"secret", access.secret},
          {"email", access.email},
          {"algorithm", "HS256"},
          {"tokenEndpoint", token_url}}}}}};
  const DataConnector* connector = cloud_.connectors().Find(first_connector_);
  if (connector != nullptr) {
    ready["connector"] = {{"id", connector->id},
                          {"url", connector->url},
                          {"secret", connector->signature_secret}};
  }
  return JsonText(ready);
}

std::string DisruptiveEmulator::StatusJson() {
  EventStreams& streams = cloud_.streams();
  return JsonText(
      json::object{{"devices", cloud_.registry().devices().size()},
                   {"published", cloud_.published()},
                   {"readings", publisher_.published()},
                   {"running", publisher_.running()},
                   {"rate", publisher_.running() ? publisher_.rate() : 0.0},
                   {"streams_open", streams.open()},
                   {"streams_opened", streams.opened()},
                   {"streams_ended", streams.ended()},
                   {"frames", streams.frames()},
                   {"connectors", cloud_.connectors().all().size()},
                   {"pushes", cloud_.pusher().attempts()},
                   {"pushes_delivered", cloud_.pusher().delivered()},
                   {"pushes_expired", cloud_.pusher().expired()},
                   {"pushes_waiting", cloud_.pusher().waiting()},
                   {"history_requests", history_requests_},
                   {"history_events", history_events_},
                   {"tokens_issued", access_.tokens_issued()},
                   {"refused", access_.refused()},
                   {"rate_limited", access_.rate_limited()}});
}

std::string DisruptiveEmulator::DevicesJson() const {
  json::array devices;
  for (const SimulatedDevice& device : fleet_.devices()) {
    json::object labels;
    for (const auto& [key, value] : device.labels) labels[key] = value;
    devices.push_back(
        {{"id", device.id}, {"type", device.type}, {"labels", labels}});
  }
  return JsonText(json::object{{"devices", std::move(devices)}});
}

bool DisruptiveEmulator::Control(
    const HttpServerRequest& request,
    const std::shared_ptr<HttpResponder>& responder) {
  std::optional<Answer> answer = AnswerControl(request);
  if (!answer.has_value()) return false;
  responder->Send(answer->ok() ? JsonAnswer(200, **std::move(answer))
                               : DisruptiveError(answer->status()));
  return true;
}

std::optional<DisruptiveEmulator::Answer> DisruptiveEmulator::AnswerControl(
    const HttpServerRequest& request) {
  const std::string& path = request.path;
  if (request.method == "GET") {
    if (path == "/devices") return DevicesJson();
    return std::nullopt;
  }
  if (request.method != "POST") return std::nullopt;
  if (path == "/devices/start") return StartReadings(request.body);
  if (path == "/devices/publish") return PublishReadings(request.body);
  if (path == "/devices/stop") {
    publisher_.Stop();
    return StatusJson();
  }
  if (path == "/streams/cut") return CutStreams(request.body);
  if (path == "/streams/stall") return StallStreams(request.body);
  if (path == "/streams/send") return SendToStreams(request.body);
  if (path == "/tokens/revoke") {
    access_.RevokeTokens();
    return StatusJson();
  }
  if (path == kSettingsPath) return ChangeSettings(request.body);
  if (path == kEventsPath) return PublishAnything(request.body);
  return std::nullopt;
}

bool DisruptiveEmulator::ControlChanges(
    const HttpServerRequest& request) const {
  return request.method == "POST" &&
         (request.path == kSettingsPath || request.path == kEventsPath);
}

DisruptiveEmulator::Answer DisruptiveEmulator::StartReadings(
    std::string_view body) {
  JsonFields fields(body, {"rate", "count"});
  const double standard = options_.rate > 0 ? options_.rate : 10;
  const double rate = fields.Number("rate", kSlowest, kFastest, standard);
  std::optional<int64_t> count;
  if (fields.Has("count")) count = fields.Whole("count", 1, kMany, 1);
  SLUICE_RETURN_IF_ERROR(fields.status());
  publisher_.Run(rate, count);
  return StatusJson();
}

DisruptiveEmulator::Answer DisruptiveEmulator::PublishReadings(
    std::string_view body) {
  JsonFields fields(body, {"count"});
  const int64_t count = fields.Whole("count", 1, kMostAtOnce, 1);
  SLUICE_RETURN_IF_ERROR(fields.status());
  publisher_.PublishNow(count);
  return StatusJson();
}

DisruptiveEmulator::Answer DisruptiveEmulator::CutStreams(
    std::string_view body) {
  JsonFields fields(body, {"how", "count"});
  const auto how = ParseStreamEnd(fields.Text("how", "fin"));
  if (!how.has_value()) {
    fields.Fail("how", "must be clean, error, old_error, fin or reset");
  }
  std::optional<int64_t> count;
  if (fields.Has("count")) count = fields.Whole("count", 1, kMany, 1);
  SLUICE_RETURN_IF_ERROR(fields.status());
  return absl::StrCat(R"({"cut":)", cloud_.streams().Cut(*how, count), "}");
}

DisruptiveEmulator::Answer DisruptiveEmulator::StallStreams(
    std::string_view body) {
  JsonFields fields(body, {"seconds"});
  const absl::Duration duration = fields.Seconds("seconds", absl::Seconds(30));
  SLUICE_RETURN_IF_ERROR(fields.status());
  cloud_.streams().Stall(duration);
  return absl::StrCat(R"({"stalled":)", cloud_.streams().open(), "}");
}

DisruptiveEmulator::Answer DisruptiveEmulator::SendToStreams(
    std::string_view body) {
  JsonFields fields(body, {"text"});
  if (!fields.Has("text")) fields.Fail("text", "is needed: what to send");
  const std::string text = fields.Text("text");
  SLUICE_RETURN_IF_ERROR(fields.status());
  cloud_.streams().SendRaw(text);
  return absl::StrCat(R"({"sent":)", cloud_.streams().open(), "}");
}

DisruptiveEmulator::Answer DisruptiveEmulator::PublishAnything(
    std::string_view body) {
  json::object fields;
  SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(body));
  std::string id;
  SLUICE_ASSIGN_OR_RETURN(id, TextOf(fields, "device"));
  Device* device = cloud_.registry().Find("-", id);
  if (device == nullptr) return NoSuch("device");
  std::string type;
  SLUICE_ASSIGN_OR_RETURN(type, TextOf(fields, "type"));
  const json::value* data = fields.if_contains("data");
  if (!IsWord(type) || data == nullptr || !data->is_object()) {
    return absl::InvalidArgumentError(
        "type (letters and digits) and data (an object) are needed");
  }
  std::string text;
  SLUICE_ASSIGN_OR_RETURN(text, TextOf(fields, "time"));
  const std::optional<absl::Time> time =
      text.empty() ? cloud_.Now() : ParseRfc3339Time(text);
  if (!time.has_value()) {
    return absl::InvalidArgumentError("time must be as 2024-05-01T12:00:00Z");
  }
  cloud_.PublishAnything(*device, type, data->get_object(), *time);
  return StatusJson();
}

DisruptiveEmulator::Answer DisruptiveEmulator::ChangeSettings(
    std::string_view body) {
  JsonFields fields(body, {"stream_lifetime",
                           "stream_end",
                           "stream_frames",
                           "duplicate_every",
                           "reorder_every",
                           "any_label",
                           "list_any_label",
                           "pings",
                           "token_lifetime",
                           "rate_limit",
                           "indexing_delay",
                           "page_size",
                           "list_page_size",
                           "label_history",
                           "lenient",
                           "auto_network_status",
                           "nine_digits",
                           "clock_offset",
                           "push_timeout",
                           "push_first_retry",
                           "push_longest_retry",
                           "push_max_age",
                           "push_duplicate_every",
                           "push_reorder_every"});
  const EventStreamsOptions streams =
      ReadStreamSettings(fields, cloud_.streams().options());
  const CloudRules rules = ReadRules(fields, cloud_.rules());
  const ConnectorPusherOptions pushes =
      ReadPushSettings(fields, cloud_.pusher().options());
  const absl::Duration token_lifetime =
      fields.Seconds("token_lifetime", access_.options().token_lifetime);
  const absl::Duration indexing_delay = fields.Seconds(
      "indexing_delay", cloud_.history().options().indexing_delay);
  const int64_t page_size = fields.Whole(
      "page_size", 1, 1'000'000, static_cast<int64_t>(history_page_size_));
  const int64_t list_page_size =
      fields.Whole("list_page_size", 1, kListPageSize,
                   static_cast<int64_t>(list_page_size_));
  const int64_t rate_limit =
      fields.Whole("rate_limit", 0, 1'000'000, access_.options().rate_limit);
  const bool pings = fields.Flag("pings", true);
  const bool list_any_label = fields.Flag("list_any_label", false);
  SLUICE_RETURN_IF_ERROR(fields.status());
  // All are good: nothing was changed before.
  cloud_.streams().options() = streams;
  cloud_.rules() = rules;
  cloud_.pusher().options() = pushes;
  if (fields.Has("pings")) cloud_.streams().set_pings(pings);
  if (fields.Has("list_any_label")) {
    cloud_.registry().set_any_label(list_any_label);
  }
  access_.set_token_lifetime(token_lifetime);
  access_.set_rate_limit(static_cast<int>(rate_limit));
  cloud_.history().set_indexing_delay(indexing_delay);
  history_page_size_ = static_cast<size_t>(page_size);
  list_page_size_ = static_cast<size_t>(list_page_size);
  return StatusJson();
}

}  // namespace sluice::sandbox
