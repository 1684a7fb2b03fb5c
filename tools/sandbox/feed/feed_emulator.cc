#include "tools/sandbox/feed/feed_emulator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "glog/logging.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_page.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view kPagesPath = "/pages/";
constexpr std::string_view kRedirectResource = "redirect_and_track";
constexpr absl::Duration kRetryAfterFault = absl::Seconds(1);

// What the load balancer in front of the service says.
HttpResponse GatewayError(int status) {
  HttpResponse response{.status = status};
  response.headers = {{"Content-Type", "text/html"}};
  response.body = absl::StrCat("<html>\r\n<head><title>", status,
                               "</title></head>\r\n<body><h1>", status,
                               "</h1></body>\r\n</html>\r\n");
  return response;
}

// Every answer says how long it took. `body` is an object.
void AddDuration(absl::Duration duration, std::string& body) {
  DCHECK(body.ends_with('}'));
  body.pop_back();
  if (body.size() > 1) body += ',';
  absl::StrAppendFormat(&body, R"("duration":"%.2fms"})",
                        absl::ToDoubleMilliseconds(duration));
}

bool IsText(const FeedCall& call) {
  return IsUtf8(call.feed) &&
         std::all_of(call.values.begin(), call.values.end(),
                     [](const std::string& value) { return IsUtf8(value); }) &&
         std::all_of(call.parameters.begin(), call.parameters.end(),
                     [](const auto& parameter) {
                       return IsUtf8(parameter.first) &&
                              IsUtf8(parameter.second);
                     });
}

}  // namespace

FeedEmulator::FeedEmulator(FeedOptions options, Ledger* ledger)
    : service_(std::move(options), name(), ledger),
      access_(service_.options.api_key, service_.options.api_secret),
      limits_(service_.options.rate_limits,
              service_.options.rate_limit_factor) {}

void FeedEmulator::Start(std::string base_url, Executor* executor) {
  service_.base_url = std::move(base_url);
  service_.executor = executor;
}

void FeedEmulator::Handle(HttpServerRequest request,
                          std::shared_ptr<HttpResponder> responder) {
  if (request.path == "/" || request.path.starts_with(kPagesPath)) {
    responder->Send(FeedPage(service_, request));
    return;
  }
  const absl::Duration start = service_.executor->MonotonicNow();
  ++service_.counts.requests;
  FeedCallKind kind = FeedCallKind::kOther;
  HttpResponse response = Answer(request, kind);
  limits_.AppendHeaders(kind, service_.executor->Now(), response.headers);
  if (response.status >= 400) ++service_.counts.refused;
  AddDuration(service_.executor->MonotonicNow() - start, response.body);
  responder->Send(std::move(response));
}

HttpResponse FeedEmulator::Answer(const HttpServerRequest& request,
                                  FeedCallKind& kind) {
  FeedMatch match = FindFeedRoute(request.method, request.path);
  switch (match.outcome) {
    case FeedMatch::Outcome::kNoSuchPath:
      return DoesNotExist("there is nothing at this path");
    case FeedMatch::Outcome::kOtherMethod:
      return FeedError(
          405, 17, "NotAllowedException",
          absl::StrCat("Method \"",
                       IsUtf8(request.method) ? request.method : "",
                       "\" not allowed."));
    case FeedMatch::Outcome::kFound:
      break;
  }
  const FeedRoute& route = *match.route;
  kind = route.kind;
  FeedCall call{.request = request,
                .parameters = ParseQuery(request.query),
                .values = std::move(match.values),
                .feed = std::move(match.feed),
                .enriched = route.path.starts_with("api/v1.0/enrich/")};
  std::optional<HttpResponse> refusal = Refuse(route, call);
  return refusal.has_value()
             ? *std::move(refusal)
             : service_.Do([&] { return route.handler(service_, call); });
}

std::optional<HttpResponse> FeedEmulator::Refuse(const FeedRoute& route,
                                                 FeedCall& call) {
  const HttpServerRequest& request = call.request;
  const absl::Time now = service_.executor->Now();
  if (!IsText(call)) return InputError("the address must be UTF-8");
  // Redirects are followed by browsers, which bring no headers.
  const std::string_view token =
      route.resource == kRedirectResource
          ? call.Parameter("authorization")
          : FindHeader(request.headers, "Authorization").value_or("");
  if (auto refusal =
          access_.Check(call.Parameter("api_key"), token,
                        {route.resource, route.action, route.users, call.feed},
                        now, call.user)) {
    return refusal;
  }
  if (!limits_.Count(route.kind, now)) {
    ++service_.counts.rate_limited;
    return PlainFeedError(429);
  }
  const size_t most = service_.options.max_request_bytes;
  if (request.body.size() > most) {
    return FeedError(413, 18, "InputException",
                     absl::StrCat("The request body was too large (limit is ",
                                  most >> 10, "k)"));
  }
  if (call.feed.empty()) return std::nullopt;
  return service_.CheckGroups({call.feed});
}

HttpResponse FeedEmulator::FaultAnswer(const Fault& fault) {
  const bool gateway =
      fault.status == 502 || fault.status == 503 || fault.status == 504;
  HttpResponse response =
      gateway ? GatewayError(fault.status) : PlainFeedError(fault.status);
  if (fault.status == 429) {
    const absl::Time reset =
        service_.executor->Now() + fault.retry_after.value_or(kRetryAfterFault);
    response.headers.emplace_back("X-RateLimit-Limit", "1000");
    response.headers.emplace_back("X-RateLimit-Remaining", "0");
    response.headers.emplace_back(
        "X-RateLimit-Reset",
        absl::StrCat(absl::ToUnixSeconds(reset + absl::Seconds(1) -
                                         absl::Nanoseconds(1))));
  }
  return response;
}

HttpResponse FeedEmulator::ErrorAnswer(int status, std::string_view message) {
  HttpResponse response =
      status == 400   ? InputError(message)
      : status == 413 ? FeedError(413, 18, "InputException", message)
                      : FeedError(status, -1, "StreamApiException", message);
  AddDuration(absl::ZeroDuration(), response.body);
  return response;
}

std::string FeedEmulator::ReadyJson() {
  const FeedOptions& options = service_.options;
  std::string out = "{\"base_url\":";
  AppendJsonString(service_.base_url, &out);
  out += ",\"api_key\":";
  AppendJsonString(options.api_key, &out);
  out += ",\"api_secret\":";
  AppendJsonString(options.api_secret, &out);
  out += ",\"app_id\":";
  AppendJsonString(options.app_id, &out);
  out += ",\"pages\":";
  AppendJsonString(absl::StrCat(service_.base_url, ToAbsl(kPagesPath)), &out);
  return out + "}";
}

std::string FeedEmulator::StatusJson() {
  const FeedCounts& counts = service_.counts;
  return absl::StrCat("{\"requests\":", counts.requests,
                      ",\"batches\":", counts.batches,
                      ",\"activities_received\":", counts.received,
                      ",\"repeated\":", counts.repeated,
                      ",\"activities\":", service_.feeds.activities(),
                      ",\"feeds\":", service_.feeds.feeds(),
                      ",\"reactions\":", service_.reactions.size(),
                      ",\"users\":", service_.users.size(),
                      ",\"objects\":", service_.collections.size(),
                      ",\"engagements\":", counts.engagements,
                      ",\"impressions\":", counts.impressions,
                      ",\"redirects\":", counts.redirects,
                      ",\"rate_limited\":", counts.rate_limited,
                      ",\"refused\":", counts.refused, "}");
}

std::vector<Emulator::Page> FeedEmulator::Pages() {
  return {{"Feeds", std::string(kPagesPath)}};
}

bool FeedEmulator::Changes(const HttpServerRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") return true;
  const std::vector<std::pair<std::string, std::string>> parameters =
      ParseQuery(request.query);
  return std::any_of(
      parameters.begin(), parameters.end(), [](const auto& parameter) {
        return parameter.first == "mark_seen" ||
               parameter.first == "mark_read" || parameter.first == "events";
      });
}

bool FeedEmulator::Control(const HttpServerRequest& request,
                           const std::shared_ptr<HttpResponder>& responder) {
  if (request.method != "GET" || request.path != "/feed/analytics") {
    return false;
  }
  std::string body = "{\"events\":[";
  for (const std::string& event : service_.analytics) {
    absl::StrAppend(&body, body.back() == '[' ? "" : ",", event);
  }
  responder->Send({.status = 200,
                   .headers = {{"Content-Type", "application/json"}},
                   .body = body + "]}"});
  return true;
}

}  // namespace sluice::sandbox
