// What the control server can ask of the emulated Disruptive Technologies.
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/json_fields.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr int64_t kMany = 1'000'000'000;
// At once, on the thread that also serves requests.
constexpr int64_t kMostAtOnce = 100'000;
constexpr double kSlowest = 0.001;
constexpr double kFastest = 1'000'000;

}  // namespace

std::string DisruptiveEmulator::ReadyJson() {
  const DisruptiveAccessOptions& access = access_.options();
  const std::string token_url = absl::StrCat(base_url_, "/oauth2/token");
  return JsonText(json::object{
      {"base_url", absl::StrCat(base_url_, "/v2")},
      {"emulator_base_url", absl::StrCat(base_url_, "/emulator/v2")},
      {"token_url", token_url},
      {"project", project_},
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
          {"tokenEndpoint", token_url}}}}}});
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
  if (path == "/disruptive/settings") return ChangeSettings(request.body);
  return std::nullopt;
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

DisruptiveEmulator::Answer DisruptiveEmulator::ChangeSettings(
    std::string_view body) {
  JsonFields fields(
      body, {"stream_lifetime", "stream_end", "duplicate_every", "pings",
             "token_lifetime", "indexing_delay", "rate_limit", "clock_offset"});
  EventStreamsOptions& streams = cloud_.streams().options();
  const absl::Duration lifetime =
      fields.Seconds("stream_lifetime", streams.lifetime);
  const auto end = ParseStreamEnd(
      fields.Text("stream_end", std::string(StreamEndName(streams.end))));
  if (!end.has_value()) {
    fields.Fail("stream_end", "must be clean, error, old_error, fin or reset");
  }
  const int64_t duplicate_every =
      fields.Whole("duplicate_every", 0, kMany, streams.duplicate_every);
  const absl::Duration token_lifetime =
      fields.Seconds("token_lifetime", access_.options().token_lifetime);
  const absl::Duration indexing_delay = fields.Seconds(
      "indexing_delay", cloud_.history().options().indexing_delay);
  const int64_t rate_limit =
      fields.Whole("rate_limit", 0, 1'000'000, access_.options().rate_limit);
  const double clock_offset =
      fields.Number("clock_offset", -86400 * 365, 86400 * 365, 0);
  SLUICE_RETURN_IF_ERROR(fields.status());
  // All are good: nothing was changed before.
  streams.lifetime = lifetime;
  streams.end = *end;
  streams.duplicate_every = duplicate_every;
  if (fields.Has("pings")) {
    cloud_.streams().set_pings(fields.Flag("pings", true));
  }
  access_.set_token_lifetime(token_lifetime);
  access_.set_rate_limit(static_cast<int>(rate_limit));
  cloud_.history().set_indexing_delay(indexing_delay);
  if (fields.Has("clock_offset")) {
    cloud_.set_clock_offset(absl::Seconds(clock_offset));
  }
  return StatusJson();
}

}  // namespace sluice::sandbox
