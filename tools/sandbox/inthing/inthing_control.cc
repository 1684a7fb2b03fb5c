// Controls of the emulated inthing.io; docs/sandbox.md lists them.
#include <openssl/sha.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/inthing/inthing_emulator.h"
#include "tools/sandbox/json_fields.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxListed = 1000;
constexpr double kLeastFactor = 0.001;
constexpr double kGreatestFactor = 1000;
constexpr double kShortestMinute = 0.001;  // seconds
constexpr double kLongestMinute = 86400;

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

json::object EventObject(const InthingEvent& event) {
  json::object object{
      {"id", event.id},
      {"order", event.order},
      {"time", absl::ToDoubleSeconds(event.time - absl::UnixEpoch())},
      {"title", event.title},
      {"type", event.type},
      {"priority", event.priority},
      {"markup", event.markup},
      {"description", event.description},
      {"text", event.text},
      {"generator", event.generator},
      {"code_language", event.code_language},
  };
  json::array tags;
  for (const std::string& tag : event.tags) tags.emplace_back(tag);
  object["tags"] = std::move(tags);
  if (!event.image_type.empty()) {
    object["image"] = {{"type", event.image_type},
                       {"name", event.image_name},
                       {"part_type", event.image_part_type},
                       {"bytes", event.image.size()},
                       {"sha256", Sha256Hex(event.image)}};
  }
  json::array headers;
  for (const auto& [name, value] : event.request_headers) {
    headers.push_back(json::array{ToUtf8(name), ToUtf8(value)});
  }
  object["headers"] = std::move(headers);
  return object;
}

HttpResponse JsonAnswer(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

}  // namespace

bool InthingEmulator::Control(const HttpServerRequest& request,
                              const std::shared_ptr<HttpResponder>& responder) {
  if (!absl::StartsWith(request.path, "/inthing/")) return false;
  const absl::StatusOr<std::string> answer = ControlAnswer(request);
  if (answer.ok()) {
    responder->Send(JsonAnswer(200, *answer));
    return true;
  }
  if (absl::IsUnimplemented(answer.status())) return false;
  responder->Send(JsonAnswer(
      absl::IsNotFound(answer.status()) ? 404 : 400,
      JsonText(
          json::object{{"error", std::string(answer.status().message())}})));
  return true;
}

absl::StatusOr<std::string> InthingEmulator::ControlAnswer(
    const HttpServerRequest& request) {
  absl::string_view path = request.path;
  if (request.method == "POST") {
    if (path == "/inthing/streams") return CreateStream(request.body);
    if (path == "/inthing/settings") return ChangeSettings(request.body);
    if (path == "/inthing/reset") {
      store_.Reset(*ready_);
      return "{}";
    }
  } else if (request.method == "GET" &&
             absl::ConsumePrefix(&path, "/inthing/streams/") &&
             absl::ConsumeSuffix(&path, "/events")) {
    return ListEvents(ToStd(path));
  }
  return absl::UnimplementedError("");
}

absl::StatusOr<std::string> InthingEmulator::CreateStream(
    const std::string& body) {
  JsonFields fields(body, {"user", "title", "password"});
  const std::string user = fields.Text("user");
  if (!IsUserName(user)) {
    fields.Fail("user",
                "a name of up to 30 letters, digits, \"-\" and \"_\" that no "
                "page of the site has");
  }
  const std::string title = fields.Text("title");
  const std::string password = fields.Text("password");
  SLUICE_RETURN_IF_ERROR(fields.status());
  const std::string slug = title.empty() ? "" : SlugOf(title);
  if (!title.empty() && slug.empty()) {
    return absl::InvalidArgumentError(
        "field \"title\": must have a letter or a digit");
  }
  if (!slug.empty() && store_.FindOwned(user, slug) != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "field \"title\": ", user, " has a stream at /", user, "/", slug, "/"));
  }
  InthingStream* stream = store_.NewStream(executor_->Now());
  if (stream == nullptr) {
    return absl::InvalidArgumentError("there is no room for another stream");
  }
  if (!title.empty()) stream->title = title;
  store_.Claim(*stream, user, slug, password);
  stream->password_shown = true;
  return JsonText(json::object{{"id", stream->id},
                               {"path", stream->Path()},
                               {"url", absl::StrCat(base_url_, stream->Path())},
                               {"password", stream->password}});
}

absl::StatusOr<std::string> InthingEmulator::ListEvents(std::string_view id) {
  const InthingStream* stream = store_.Find(id);
  if (stream == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("there is no stream \"", ToUtf8(id), "\""));
  }
  json::array events;
  for (const auto& event : stream->events) {
    if (events.size() >= kMaxListed) break;
    events.push_back(EventObject(*event));
  }
  return JsonText(json::object{{"events", std::move(events)}});
}

absl::StatusOr<std::string> InthingEmulator::ChangeSettings(
    const std::string& body) {
  JsonFields fields(body, {"mode", "limits", "limit_factor", "limit_minute"});
  const auto mode = ParseInthingMode(
      fields.Text("mode", std::string(InthingModeName(mode_))));
  if (!mode.has_value()) {
    fields.Fail("mode", "\"lenient\", \"strict\" or \"permissive\"");
  }
  InthingLimits limits = store_.limits();
  limits.enabled = fields.Flag("limits", limits.enabled);
  limits.factor = fields.Number("limit_factor", kLeastFactor, kGreatestFactor,
                                limits.factor);
  limits.minute = absl::Seconds(
      fields.Number("limit_minute", kShortestMinute, kLongestMinute,
                    absl::ToDoubleSeconds(limits.minute)));
  SLUICE_RETURN_IF_ERROR(fields.status());
  store_.set_limits(limits);
  SetMode(*mode);
  return "{}";
}

}  // namespace sluice::sandbox
