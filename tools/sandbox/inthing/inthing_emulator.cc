#include "tools/sandbox/inthing/inthing_emulator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/inthing/inthing_page.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kPublicPath = "/api/public/";
constexpr std::string_view kPrivatePath = "/api/private/";
constexpr std::string_view kPostPath = "/api/new-event/";
constexpr std::string_view kControlPath = "/inthing/";
constexpr char kDefaultPassword[] = "sandbox1";
// How the answer to a post begins that was not taken.
constexpr std::string_view kFail = R"({"status":"fail")";

HttpResponse JsonResponse(std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

std::string StatusText(std::string_view status, std::string_view message) {
  return JsonText(json::object{{"status", status}, {"msg", message}});
}

std::string FailText(const FieldMessages& messages) {
  json::object errors;
  for (const auto& [field, message] : messages) {
    json::value& list = errors[field];
    if (!list.is_array()) list = json::array();
    list.get_array().push_back(json::string(message));
  }
  return JsonText(
      json::object{{"status", "fail"},
                   {"msg", "failed to validate"},
                   {"error", "One or more fields failed to validate"},
                   {"field_errors", std::move(errors)}});
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  for (const absl::string_view part :
       absl::StrSplit(ToAbsl(path), '/', absl::SkipEmpty())) {
    parts.push_back(ToUtf8(PercentDecode(ToStd(part))));
  }
  return parts;
}

HttpResponse Redirect(const std::string& location) {
  return {.status = 303, .headers = {{"Location", location}}, .body = ""};
}

}  // namespace

InthingEmulator::InthingEmulator(InthingOptions options, Ledger* ledger)
    : options_(std::move(options)),
      ledger_(ledger),
      store_(options_.seed, options_.capacity, options_.limits) {
  SetMode(options_.mode);
  ledger_->AddDestination(name());
}

void InthingEmulator::Start(std::string base_url, Executor* executor) {
  base_url_ = std::move(base_url);
  executor_ = executor;
  live_.Start(executor);
  ready_ = store_.NewStream(executor_->Now());
  ready_->title = "Sandbox";
  store_.Claim(
      *ready_, options_.user, options_.slug,
      options_.password.empty() ? kDefaultPassword : options_.password);
}

void InthingEmulator::Handle(HttpServerRequest request,
                             std::shared_ptr<HttpResponder> responder) {
  const Parts parts = SplitPath(request.path);
  if (request.method == "GET" && parts.size() == 3 && parts[0] == "s" &&
      parts[2] == "live") {
    if (const InthingStream* stream = StreamAt(parts)) {
      return live_.Watch(stream->number, std::move(responder));
    }
  }
  responder->Send(Answer(request));
}

void InthingEmulator::SetMode(InthingMode mode) {
  mode_ = mode;
  InthingLimits limits = store_.limits();
  limits.by_spelling = strict();
  store_.set_limits(limits);
}

std::string InthingEmulator::BaseOf(const HttpServerRequest& request) const {
  const auto host = FindHeader(request.headers, "Host");
  const bool plain =
      host.has_value() && !host->empty() &&
      std::all_of(host->begin(), host->end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               absl::StrContains(".-:[]_", std::string(1, c));
      });
  if (!plain) return base_url_;
  const absl::string_view scheme =
      absl::string_view(base_url_).substr(0, base_url_.find(':'));
  return absl::StrCat(scheme, "://", ToAbsl(*host));
}

InthingStream* InthingEmulator::StreamAt(const Parts& parts) const {
  return store_.Find(absl::StrCat("/", parts[0], "/", parts[1], "/"));
}

HttpResponse InthingEmulator::Answer(const HttpServerRequest& request) {
  const Parts parts = SplitPath(request.path);
  if (request.method == "GET" || request.method == "HEAD") {
    return AnswerPage(request, parts);
  }
  if (request.method != "POST") {
    return {.status = 405, .headers = {{"Allow", "GET, HEAD, POST"}}};
  }
  if (request.path == kPublicPath) {
    return AnswerRpc(request, PublicMethods(BaseOf(request)));
  }
  if (request.path == kPrivatePath) {
    return AnswerRpc(request, PrivateMethods());
  }
  if (request.path == kPostPath) return AddEvent(request, nullptr);
  // The slash at the end is part of the path; only pages are forgiving.
  const bool whole = absl::EndsWith(request.path, "/");
  if (whole && parts.size() == 3) {
    InthingStream* stream = StreamAt(parts);
    if (stream != nullptr && parts[2] == "add") {
      return AddEvent(request, stream);
    }
    if (stream != nullptr && parts[0] == "s" && parts[2] == "claim") {
      return Claim(request, *stream);
    }
  }
  return InthingNotFoundPage();
}

HttpResponse InthingEmulator::AnswerPage(const HttpServerRequest& request,
                                         const Parts& parts) {
  if (parts.empty()) return InthingIndexPage(store_);
  if (request.path == kPublicPath || request.path == kPrivatePath) {
    return InthingApiPage();
  }
  if (request.path == kPostPath) {
    return InthingFormPage(request.path, nullptr);
  }
  if (parts.size() == 1) {
    if (parts[0] == "home" || parts[0] == "dash") return Redirect("/");
    const auto owned = store_.OwnedBy(parts[0]);
    if (owned.empty()) return InthingNotFoundPage();
    if (request.path != "/" + parts[0]) return Redirect("/" + parts[0]);
    return InthingUserPage(parts[0], owned);
  }
  if (parts.size() == 2 && parts[0] == "tag") {
    const std::string tag = absl::AsciiStrToLower(parts[1]);
    if (tag == parts[1]) return InthingTagPage(tag, store_);
    return Redirect(absl::StrCat("/tag/", PercentEncode(tag), "/"));
  }
  const InthingStream* stream = nullptr;
  if (parts.size() == 2 && parts[0] == "e") {
    const InthingEvent* event = store_.FindEvent(parts[1], &stream);
    if (event != nullptr) return InthingEventPage(*stream, *event);
  }
  if (parts.size() == 4 && parts[0] == "in" && parts[1] == "uploads") {
    const InthingEvent* event =
        store_.FindEvent(parts[3].substr(0, parts[3].find('.')), &stream);
    if (event != nullptr && stream->id == parts[2]) {
      return InthingImage(*event);
    }
  }
  return AnswerStreamPage(request, parts).value_or(InthingNotFoundPage());
}

std::optional<HttpResponse> InthingEmulator::AnswerStreamPage(
    const HttpServerRequest& request, const Parts& parts) {
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  InthingStream* stream = StreamAt(parts);
  if (stream == nullptr) return std::nullopt;
  if (parts.size() == 2) {
    const bool moved = parts[0] == "s" && stream->claimed();
    return moved ? Redirect(stream->Path())
                 : ShowStream(*stream, request.method == "GET");
  }
  if (parts[2] == "add") return InthingFormPage(request.path, stream);
  if (parts[0] == "s" && parts[2] == "claim") {
    return InthingClaimPage(*stream, "");
  }
  return std::nullopt;
}

HttpResponse InthingEmulator::ShowStream(InthingStream& stream, bool seen) {
  const bool secret = !stream.password_shown;
  if (seen) stream.password_shown = true;
  return InthingStreamPage(stream, secret ? stream.password : "");
}

HttpResponse InthingEmulator::FaultAnswer(const Fault& fault) {
  // The site never limits by status: its own words, with status 200 if asked.
  if (fault.status == 200 || fault.status == 429) {
    HttpResponse response = JsonResponse(StatusText(
        "ratelimited",
        "you have exceeded the maximum of 20 requests in 60 seconds"));
    response.status = fault.status;
    return response;
  }
  HttpResponse response = InthingBrokenPage();
  response.status = fault.status;
  return response;
}

HttpResponse InthingEmulator::ErrorAnswer(int status,
                                          std::string_view message) {
  HttpResponse response = JsonResponse(StatusText("error", message));
  response.status = status;
  return response;
}

bool InthingEmulator::Changes(const HttpServerRequest& request) const {
  if (request.method == "POST" && request.path == kPublicPath) {
    // Its name may be written with escapes.
    return absl::StrContains(request.body, "stream.new") ||
           absl::StrContains(request.body, "\\");
  }
  if (request.method == "POST") return request.path != kPrivatePath;
  if (request.method != "GET") return false;
  const Parts parts = SplitPath(request.path);
  const InthingStream* stream = parts.size() == 2 ? StreamAt(parts) : nullptr;
  return stream != nullptr && !stream->password_shown && parts[0] != "s";
}

bool InthingEmulator::ControlChanges(const HttpServerRequest& request) const {
  return request.method == "POST" && request.path.starts_with(kControlPath);
}

bool InthingEmulator::Refuses(const HttpResponse& answer) const {
  return answer.status >= 400 || answer.body.starts_with(kFail);
}

std::string InthingEmulator::ReadyJson() {
  return JsonText(json::object{
      {"base_url", base_url_},
      {"stream", ready_->id},
      {"password", ready_->password},
      {"url", absl::StrCat(base_url_, ready_->Path())},
  });
}

std::string InthingEmulator::StatusJson() {
  return absl::StrCat("{\"posts\":", posts_, ",\"digests\":", digests_,
                      ",\"rate_limited\":", rate_limited_,
                      ",\"refused\":", refused_,
                      ",\"streams\":", store_.streams().size(), "}");
}

std::vector<Emulator::Page> InthingEmulator::Pages() {
  return {{"Stream", ready_ == nullptr ? "/" : ready_->Path()},
          {"All streams", "/"}};
}

HttpResponse InthingEmulator::AddEvent(const HttpServerRequest& request,
                                       InthingStream* preset) {
  const InthingForm form = InthingForm::Parse(request);
  std::optional<PostResult> result = Post(request, form, preset);
  if (!result.has_value()) return InthingBrokenPage();
  // A limit is told as JSON however it was asked for.
  if (result->is_rate_limited || form.Get("format") == "json") {
    return JsonResponse(std::move(result->json));
  }
  return InthingResultPage(result->json);
}

std::optional<InthingEmulator::PostResult> InthingEmulator::Post(
    const HttpServerRequest& request, const InthingForm& form,
    InthingStream* preset) {
  FieldMessages messages;
  const std::optional<std::string> posted = form.Find("stream");
  // The site looked for the field before its path's stream.
  if (strict() && !posted.has_value()) return std::nullopt;
  const std::string name = posted.value_or("");
  if (strict() && preset == nullptr && IsUnclaimedPath(name)) {
    return std::nullopt;
  }
  InthingStream* stream = preset == nullptr ? store_.Find(name) : preset;
  if (strict() && preset == nullptr && stream != nullptr && IsUuid(name) &&
      name != stream->id) {
    stream = nullptr;
  }
  if (stream == nullptr) {
    messages.emplace_back("stream", name.empty() ? "This field is required"
                                                 : "stream does not exist");
  }
  for (auto& message : CheckFields(form, mode_)) {
    messages.push_back(std::move(message));
  }
  if (stream != nullptr && stream->claimed()) {
    const std::string password = form.Get("password");
    if (password.empty()) {
      messages.emplace_back("password", "this stream requires a password");
    } else if (password != stream->password) {
      messages.emplace_back("password", "password failed");
    }
  }
  if (!messages.empty()) {
    ++refused_;
    return PostResult{FailText(messages)};
  }
  if (const auto limited = store_.CountPost(
          *stream, preset == nullptr ? name : stream->id, executor_->Now())) {
    ++rate_limited_;
    return PostResult{StatusText("ratelimited", *limited), true};
  }
  return PostResult{Store(request, form, *stream)};
}

std::string InthingEmulator::Store(const HttpServerRequest& request,
                                   const InthingForm& form,
                                   InthingStream& stream) {
  absl::StatusOr<InthingEvent> event = ReadEvent(form, executor_->Now());
  if (!event.ok()) {
    ++refused_;
    return StatusText("error", ToStd(event.status().message()));
  }
  event->request_headers = request.headers;
  ++posts_;
  ++stream.posts;
  const InthingEvent& added =
      store_.Add(stream, *std::move(event), executor_->Now());
  Record(stream, added);
  live_.Notify(stream.number);
  return JsonText(json::object{
      {"status", "ok"},
      {"event",
       {{"id", added.id},
        {"url", absl::StrCat(BaseOf(request), "/e/", added.id, "/")}}}});
}

void InthingEmulator::Record(const InthingStream& stream,
                             const InthingEvent& event) {
  if (replaying_) return;
  const int found = ledger_->ReceivedText(
      name(),
      absl::StrCat(event.title, "\n", event.description, "\n", event.text),
      Arrival::kStored, stream.id);
  if (found > 1 || absl::StrContains(event.title, " events from ")) ++digests_;
}

void InthingEmulator::AddMeta(InthingStream& stream, std::string title,
                              std::string text) {
  InthingEvent event;
  event.type = "meta";
  event.title = std::move(title);
  event.text = std::move(text);
  event.time = executor_->Now();
  store_.Add(stream, std::move(event), executor_->Now());
  live_.Notify(stream.number);
}

HttpResponse InthingEmulator::Claim(const HttpServerRequest& request,
                                    InthingStream& stream) {
  const InthingForm form = InthingForm::Parse(request);
  if (form.Get("claim") != "yes") return Redirect(stream.Path());
  if (stream.claimed()) {
    return InthingClaimPage(stream, "Sorry, this stream has an owner.");
  }
  const std::string user = form.Get("username");
  if (!IsUserName(user)) {
    return InthingClaimPage(stream, "This name cannot be used.");
  }
  if (store_.OwnedBy(user).size() >= options_.streams_per_user) {
    return InthingClaimPage(
        stream, "Unable to claim this stream, you have reached your limit.");
  }
  store_.Claim(stream, user, "", "");
  AddMeta(stream, "Claimed",
          absl::StrCat("**", user, "** claimed stream **", stream.title, "**"));
  return Redirect(stream.Path());
}

}  // namespace sluice::sandbox
