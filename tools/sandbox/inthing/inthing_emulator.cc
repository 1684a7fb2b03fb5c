#include "tools/sandbox/inthing/inthing_emulator.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/inthing/inthing_page.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kRpcPath = "/api/public/";
constexpr std::string_view kPostPath = "/api/new-event/";
constexpr size_t kMaxTitle = 100;
constexpr size_t kMaxDescription = 16'384;
constexpr size_t kMaxText = 65'536;
constexpr char kDefaultPassword[] = "sandbox1";

using FieldMessages = std::vector<std::pair<std::string, std::string>>;

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
    errors[field] = json::array{message};
  }
  return JsonText(
      json::object{{"status", "fail"},
                   {"msg", "failed to validate"},
                   {"error", "One or more fields failed to validate"},
                   {"field_errors", std::move(errors)}});
}

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool IsOneOf(std::string_view value,
             std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), value) != known.end();
}

// By the first bytes; empty: no picture that a page can show.
std::string_view PictureType(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) {
    return "image/gif";
  }
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) {
    return "image/webp";
  }
  return {};
}

std::optional<int> ParsePriority(const std::string& text) {
  int priority = 0;
  if (text.empty()) return 0;
  if (!absl::SimpleAtoi(text, &priority)) return std::nullopt;
  if (priority < -2 || priority > 2) return std::nullopt;
  return priority;
}

// The messages of the site's forms, and what its database would have refused.
FieldMessages CheckFields(const InthingForm& form) {
  FieldMessages messages;
  if (form.Get("title").empty()) {
    messages.emplace_back("title", "This field is required");
  }
  const std::string type = form.Find("type").value_or("text");
  if (!IsOneOf(type, {"", "text", "code", "image", "screenshot"})) {
    messages.emplace_back("type", "unknown type");
  }
  const std::string markup = form.Get("markup");
  if (!IsOneOf(markup, {"", "text", "markdown", "html", "bbcode"})) {
    messages.emplace_back("markup", "unknown markup");
  }
  if (!ParsePriority(form.Get("priority")).has_value()) {
    messages.emplace_back("priority", "must be a number from -2 to 2");
  }
  double time = 0;
  if (!form.Get("time").empty() && !absl::SimpleAtod(form.Get("time"), &time)) {
    messages.emplace_back("time", "must be seconds since 1970");
  }
  for (const auto& [field, most] :
       {std::pair("title", kMaxTitle), std::pair("generator", kMaxTitle),
        std::pair("description", kMaxDescription),
        std::pair("text", kMaxText)}) {
    if (CodePoints(form.Get(field)) <= most) continue;
    messages.emplace_back(
        field, absl::StrCat("must have at most ", most, " characters"));
  }
  if (type == "image" && form.image() == nullptr) {
    messages.emplace_back("image", "Required for image type");
  }
  return messages;
}

json::object RpcError(json::value id, int code, std::string_view message) {
  return {{"jsonrpc", "2.0"},
          {"error", {{"code", code}, {"message", message}}},
          {"id", std::move(id)}};
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  for (const absl::string_view part :
       absl::StrSplit(ToAbsl(path), '/', absl::SkipEmpty())) {
    parts.push_back(PercentDecode(std::string_view(part.data(), part.size())));
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
      store_(options_.seed, options_.max_events, options_.limits) {
  ledger_->AddDestination(name());
}

void InthingEmulator::Start(std::string base_url, Executor* executor) {
  base_url_ = std::move(base_url);
  executor_ = executor;
  ready_ = &store_.NewStream(executor_->Now());
  ready_->title = "Sandbox";
  store_.Claim(
      *ready_, options_.user, options_.slug,
      options_.password.empty() ? kDefaultPassword : options_.password);
}

void InthingEmulator::Handle(HttpServerRequest request,
                             std::shared_ptr<HttpResponder> responder) {
  responder->Send(Answer(request));
}

std::string InthingEmulator::BaseOf(const HttpServerRequest& request) const {
  const auto host = FindHeader(request.headers, "Host");
  return host.has_value() ? absl::StrCat("http://", ToAbsl(*host)) : base_url_;
}

HttpResponse InthingEmulator::Answer(const HttpServerRequest& request) {
  const bool post = request.method == "POST";
  if (request.path == kRpcPath && post) return AnswerRpc(request);
  if (request.path == kPostPath && post) return AddEvent(request, nullptr);
  const std::vector<std::string> parts = SplitPath(request.path);
  if (post && parts.size() == 3 && (parts[2] == "add" || parts[2] == "claim")) {
    InthingStream* stream =
        store_.Find(absl::StrCat("/", parts[0], "/", parts[1], "/"));
    if (stream != nullptr) {
      return parts[2] == "add" ? AddEvent(request, stream)
                               : Claim(request, *stream);
    }
  }
  return AnswerPage(request, parts);
}

HttpResponse InthingEmulator::AnswerPage(
    const HttpServerRequest& request, const std::vector<std::string>& parts) {
  if (parts.empty()) return InthingIndexPage(store_);
  if (request.path == kRpcPath || request.path == kPostPath) {
    return InthingApiPage();
  }
  if (parts.size() == 2 && parts[0] == "e") {
    const InthingStream* stream = nullptr;
    const InthingEvent* event = store_.FindEvent(parts[1], &stream);
    if (event != nullptr) return InthingEventPage(*stream, *event);
  }
  if (parts.size() == 4 && parts[0] == "in" && parts[1] == "uploads") {
    const InthingStream* stream = nullptr;
    const InthingEvent* event =
        store_.FindEvent(parts[3].substr(0, parts[3].find('.')), &stream);
    if (event != nullptr && !event->image_type.empty()) {
      return InthingImage(*event);
    }
  }
  if (parts.size() == 2 || parts.size() == 3) {
    InthingStream* stream =
        store_.Find(absl::StrCat("/", parts[0], "/", parts[1], "/"));
    if (stream != nullptr && parts.size() == 2) {
      if (parts[0] == "s" && stream->claimed()) return Redirect(stream->Path());
      return InthingStreamPage(*stream);
    }
    if (stream != nullptr && parts[2] == "claim") {
      return InthingClaimPage(*stream, "");
    }
  }
  return HtmlPage(404, "Not found", "<p><a href=\"/\">All streams</a></p>",
                  /*live=*/false);
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
  return HtmlPage(fault.status, "Error", "<p>the sandbox was asked to fail</p>",
                  /*live=*/false);
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

HttpResponse InthingEmulator::AnswerRpc(const HttpServerRequest& request) {
  const std::string base = BaseOf(request);
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  if (error) {
    return JsonResponse(JsonText(RpcError(nullptr, -32700, error.message())));
  }
  if (!body.is_array()) {
    if (!body.is_object()) {
      return JsonResponse(JsonText(RpcError(
          nullptr, -32600, "Invalid request - list or object expected")));
    }
    const json::value answer = AnswerCall(body, base);
    return JsonResponse(answer.is_null() ? "" : JsonText(answer));
  }
  json::array answers;
  for (const json::value& call : body.get_array()) {
    json::value answer = AnswerCall(call, base);
    if (!answer.is_null()) answers.push_back(std::move(answer));
  }
  if (body.get_array().empty()) {
    answers.push_back(RpcError(nullptr, -32600, "Invalid request"));
  }
  return JsonResponse(answers.empty() ? "" : JsonText(answers));
}

json::value InthingEmulator::AnswerCall(const json::value& call,
                                        const std::string& base) {
  if (!call.is_object()) {
    return RpcError(nullptr, -32600, "Invalid request - object expected");
  }
  const json::object& object = call.get_object();
  const json::value* id = object.if_contains("id");
  const json::value* version = object.if_contains("jsonrpc");
  const json::value* params = object.if_contains("params");
  const json::value* method = object.if_contains("method");
  const auto fail = [&](int code, std::string_view message) -> json::value {
    if (id == nullptr) return nullptr;
    return RpcError(*id, code, message);
  };
  const auto succeed = [&](json::value result) -> json::value {
    if (id == nullptr) return nullptr;
    return json::object{
        {"jsonrpc", "2.0"}, {"result", std::move(result)}, {"id", *id}};
  };
  if (version == nullptr) {
    return fail(-32600, "Invalid request - value for 'jsonrpc' expected");
  }
  if (!IsText(version, "2.0")) {
    return fail(-32600,
                "Invalid request - this server supports only JSON-RPC "
                "specification 2.0 (see http://www.jsonrpc.org/specification)");
  }
  if (params != nullptr && !params->is_object()) {
    return fail(-32602,
                "Invalid params - this server only supports parameters "
                "by-name");
  }
  if (method == nullptr) {
    return fail(-32600, "Invalid request - value for 'method' expected");
  }
  if (!method->is_string()) {
    return RpcError(nullptr, -32600,
                    "Invalid request - 'method' should be a string");
  }
  if (IsText(method, "stream.new")) return succeed(NewStream(base));
  if (!IsText(method, "greet")) {
    return fail(-32601, absl::StrCat("Method not found - no method called '",
                                     std::string(method->get_string()), "'"));
  }
  const json::value* who =
      params == nullptr ? nullptr : params->get_object().if_contains("who");
  if (who != nullptr && !who->is_string()) {
    return fail(-32602, "parameter 'who' should be type string, not type " +
                            std::string(json::to_string(who->kind())));
  }
  const std::string name =
      who == nullptr ? "World" : std::string(who->get_string());
  if (CodePoints(name) <= 10)
    return succeed(json::value("Hello, " + name + "!"));
  json::value answer = fail(
      1,
      absl::StrCat("'who' should be ten characters or less, not '", name, "'"));
  if (answer.is_object()) {
    answer.get_object()["error"].get_object()["data"] = {
        {"errortext", "What were you thinking?"}, {"foo", "bar"}};
  }
  return answer;
}

json::object InthingEmulator::NewStream(const std::string& base) {
  const InthingStream& stream = store_.NewStream(executor_->Now());
  return {{"status", "ok"},
          {"id", stream.id},
          {"slug", stream.id},
          {"password", nullptr},
          {"url", absl::StrCat(base, stream.Path())}};
}

HttpResponse InthingEmulator::AddEvent(const HttpServerRequest& request,
                                       InthingStream* preset) {
  const InthingForm form = InthingForm::Parse(request);
  std::string result = Post(form, preset, BaseOf(request));
  if (form.Get("format") == "json") return JsonResponse(std::move(result));
  return HtmlPage(
      200, "Result",
      absl::StrCat("<pre><code>", HtmlEscape(result), "</code></pre>"),
      /*live=*/false);
}

std::string InthingEmulator::Post(const InthingForm& form,
                                  InthingStream* preset,
                                  const std::string& base) {
  FieldMessages messages;
  const std::string name = form.Get("stream");
  InthingStream* stream = preset == nullptr ? store_.Find(name) : preset;
  if (stream == nullptr) {
    messages.emplace_back("stream", name.empty() ? "This field is required"
                                                 : "stream does not exist");
  }
  for (auto& message : CheckFields(form)) {
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
    return FailText(messages);
  }
  if (const auto limited = store_.CountPost(*stream, executor_->Now())) {
    ++rate_limited_;
    return StatusText("ratelimited", *limited);
  }
  return Store(form, *stream, base);
}

std::string InthingEmulator::Store(const InthingForm& form,
                                   InthingStream& stream,
                                   const std::string& base) {
  const absl::Time now = executor_->Now();
  InthingEvent event;
  event.time = now;
  double seconds = 0;
  if (absl::SimpleAtod(form.Get("time"), &seconds)) {
    event.time = absl::UnixEpoch() + absl::Seconds(seconds);
  }
  const auto or_else = [&](const char* field, const char* standard) {
    std::string value = form.Get(field);
    return value.empty() ? std::string(standard) : value;
  };
  event.title = form.Get("title");
  event.type = or_else("type", "text");
  event.priority = ParsePriority(form.Get("priority")).value_or(0);
  event.markup = or_else("markup", "markdown");
  event.description = form.Get("description");
  event.text = form.Get("text");
  event.generator = or_else("generator", "inthing api");
  event.code_language = absl::AsciiStrToLower(form.Get("code_language"));
  if (form.image() != nullptr) {
    event.image_type = PictureType(form.image()->bytes);
    if (event.image_type.empty()) {
      ++refused_;
      return StatusText("error", "cannot identify image file");
    }
    event.image = form.image()->bytes;
  }
  ++posts_;
  ++stream.posts;
  const InthingEvent& added = store_.Add(stream, std::move(event), now);
  Record(stream, added);
  return JsonText(json::object{
      {"status", "ok"},
      {"event",
       {{"id", added.id}, {"url", absl::StrCat(base, "/e/", added.id, "/")}}}});
}

void InthingEmulator::Record(const InthingStream& stream,
                             const InthingEvent& event) {
  const int found = ledger_->ReceivedText(
      name(),
      absl::StrCat(event.title, "\n", event.description, "\n", event.text),
      Arrival::kStored, stream.id);
  if (found > 1 || absl::StrContains(event.title, " events from ")) ++digests_;
}

HttpResponse InthingEmulator::Claim(const HttpServerRequest& request,
                                    InthingStream& stream) {
  const InthingForm form = InthingForm::Parse(request);
  if (form.Get("claim") != "yes") return Redirect(stream.Path());
  if (stream.claimed()) {
    return InthingClaimPage(stream, "Sorry, this stream has an owner.");
  }
  const std::string user = form.Get("username");
  const bool plain =
      !user.empty() && user.size() <= 30 &&
      std::all_of(user.begin(), user.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
               c == '_';
      });
  if (!plain || IsOneOf(user, {"in", "debug", "api", "home", "dash", "tag",
                               "admin", "s", "e", "a"})) {
    return InthingClaimPage(stream, "This name cannot be used.");
  }
  store_.Claim(stream, user, "", "");
  InthingEvent event;
  event.type = "meta";
  event.title = "Claimed";
  event.time = executor_->Now();
  event.text =
      absl::StrCat("**", user, "** claimed stream **", stream.title, "**");
  store_.Add(stream, std::move(event), executor_->Now());
  return InthingClaimedPage(stream);
}

}  // namespace sluice::sandbox
