#include "tools/sandbox/feed/feed_emulator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_page.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view kApiPath = "/api/v1.0/";
constexpr std::string_view kPagesPath = "/pages/";
constexpr absl::Duration kRetryAfterFault = absl::Seconds(1);

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  for (const absl::string_view part :
       absl::StrSplit(ToAbsl(path), '/', absl::SkipEmpty())) {
    parts.push_back(PercentDecode(std::string_view(part.data(), part.size())));
  }
  return parts;
}

// The error of a status that no rule of the API led to.
HttpResponse PlainError(int status) {
  constexpr std::string_view kText = "the sandbox was asked to fail";
  switch (status) {
    case 400:
      return FeedError(400, 4, "InputException", kText);
    case 401:
      return FeedError(401, 3, "SignatureException", kText);
    case 403:
      return FeedError(403, 17, "NotAllowedException", kText);
    case 404:
      return FeedError(404, 16, "DoesNotExistException", kText);
    case 405:
      return FeedError(405, 17, "NotAllowedException", kText);
    case 409:
      return FeedError(409, 22, "ConflictException", kText);
    case 413:
      return FeedError(413, 18, "InputException", kText);
    case 429:
      return FeedError(429, 9, "RateLimitReached",
                       "Too many requests, check response headers for more "
                       "information.");
    default:
      return FeedError(status, -1, "StreamApiException", kText);
  }
}

// What the load balancer in front of the service says.
HttpResponse GatewayError(int status) {
  HttpResponse response{.status = status};
  response.headers = {{"Content-Type", "text/html"}};
  response.body = absl::StrCat("<html>\r\n<head><title>", status,
                               "</title></head>\r\n<body><h1>", status,
                               "</h1></body>\r\n</html>\r\n");
  return response;
}

}  // namespace

std::string_view FeedEmulator::Call::Parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

bool FeedEmulator::Call::Flag(std::string_view name) const {
  const std::string text = absl::AsciiStrToLower(ToAbsl(Parameter(name)));
  return !text.empty() && text != "false" && text != "f" && text != "0";
}

FeedEmulator::FeedEmulator(FeedOptions options, Ledger* ledger)
    : options_(std::move(options)),
      ledger_(ledger),
      access_(options_.api_key, options_.api_secret),
      limits_(options_.rate_limits, options_.rate_limit_factor) {
  ledger_->AddDestination(name());
}

void FeedEmulator::Start(std::string base_url, Executor* executor) {
  base_url_ = std::move(base_url);
  executor_ = executor;
}

void FeedEmulator::Handle(HttpServerRequest request,
                          std::shared_ptr<HttpResponder> responder) {
  if (request.path == "/" || request.path.starts_with(kPagesPath)) {
    responder->Send(FeedPage(store_, request));
    return;
  }
  const absl::Duration start = executor_->MonotonicNow();
  ++requests_;
  HttpResponse response = Answer(request);
  if (response.status >= 400) ++refused_;
  // Every answer says how long it took.
  DCHECK(response.body.ends_with('}'));
  response.body.pop_back();
  if (response.body.size() > 1) response.body += ',';
  absl::StrAppend(&response.body,
                  absl::StrFormat(R"("duration":"%.2fms"})",
                                  absl::ToDoubleMilliseconds(
                                      executor_->MonotonicNow() - start)));
  responder->Send(std::move(response));
}

HttpResponse FeedEmulator::Answer(const HttpServerRequest& request) {
  Call call{request, {}, ParseQuery(request.query), {}};
  std::string_view path = request.path;
  std::optional<Route> route;
  if (path.starts_with(kApiPath)) {
    call.parts = SplitPath(path.substr(kApiPath.size()));
    route = FindRoute(call);
  }
  if (!route.has_value()) {
    return FeedError(404, 16, "DoesNotExistException",
                     "there is nothing at this path");
  }
  const absl::Time now = executor_->Now();
  std::optional<HttpResponse> refusal =
      access_.Check(request, {route->resource, route->action, call.feed}, now);
  if (!refusal.has_value() && !limits_.Count(route->kind, now)) {
    ++rate_limited_;
    refusal = PlainError(429);
  }
  if (!refusal.has_value() &&
      request.body.size() > options_.max_request_bytes) {
    refusal =
        FeedError(413, 18, "InputException",
                  absl::StrCat("The request body was too large (limit is ",
                               options_.max_request_bytes >> 10, "k)"));
  }
  if (!refusal.has_value() && !call.feed.empty()) {
    refusal = CheckGroups({call.feed});
  }
  HttpResponse response =
      refusal.has_value() ? *std::move(refusal) : (this->*route->handler)(call);
  limits_.AppendHeaders(route->kind, now, response.headers);
  return response;
}

std::optional<FeedEmulator::Route> FeedEmulator::FindRoute(Call& call) const {
  using Self = FeedEmulator;
  std::vector<std::string>& parts = call.parts;
  const std::string& method = call.request.method;
  const bool get = method == "GET";
  const bool post = method == "POST";
  if (parts.size() > 1 && parts[0] == "enrich") parts.erase(parts.begin());
  if (parts.empty()) return std::nullopt;
  const std::string& first = parts[0];
  if (parts.size() == 1) {
    if (first == "follow_many" && post) {
      return Route{FeedCall::kFollowMany, "follower", "write",
                   &Self::FollowMany};
    }
    if (first == "unfollow_many" && post) {
      return Route{FeedCall::kFollowMany, "follower", "write",
                   &Self::UnfollowMany};
    }
    if (first == "activities" && get) {
      return Route{FeedCall::kRead, "activities", "read", &Self::GetActivities};
    }
    if (first == "activities" && post) {
      return Route{FeedCall::kUpdate, "activities", "write",
                   &Self::UpdateActivities};
    }
    if (first == "activity" && post) {
      return Route{FeedCall::kUpdate, "activities", "write",
                   &Self::ChangeActivities};
    }
    return std::nullopt;
  }
  if (first == "stats" && parts[1] == "follow" && get) {
    return Route{FeedCall::kReadFollowers, "follower", "read",
                 &Self::FollowStats};
  }
  if (first == "feed" && parts.size() == 2 && parts[1] == "add_to_many" &&
      post) {
    return Route{FeedCall::kAdd, "feed", "write", &Self::AddToMany};
  }
  if (parts.size() < 3) return std::nullopt;
  call.feed = absl::StrCat(parts[1], ":", parts[2]);
  if (!IsFeedId(call.feed)) return std::nullopt;
  if (first == "feed_targets" && parts.size() == 4 && post &&
      parts[3] == "activity_to_targets") {
    return Route{FeedCall::kUpdate, "feed_targets", "write",
                 &Self::ChangeTargets};
  }
  return first == "feed" ? FeedRoute(call) : std::nullopt;
}

// Paths below feed/{group}/{id}/.
std::optional<FeedEmulator::Route> FeedEmulator::FeedRoute(
    const Call& call) const {
  using Self = FeedEmulator;
  const std::vector<std::string>& parts = call.parts;
  const std::string& method = call.request.method;
  if (parts.size() == 3) {
    if (method == "GET") {
      return Route{FeedCall::kRead, "feed", "read", &Self::ReadFeed};
    }
    if (method == "POST") {
      return Route{FeedCall::kAdd, "feed", "write", &Self::AddActivities};
    }
    return std::nullopt;
  }
  const bool follows = parts[3] == "follows" || parts[3] == "following";
  if (parts.size() == 4 && method == "POST" && follows) {
    return Route{FeedCall::kFollow, "follower", "write", &Self::Follow};
  }
  if (parts.size() == 4 && method == "GET" && follows) {
    return Route{FeedCall::kReadFollowing, "follower", "read",
                 &Self::ReadFollowing};
  }
  if (parts.size() == 4 && method == "GET" && parts[3] == "followers") {
    return Route{FeedCall::kReadFollowers, "follower", "read",
                 &Self::ReadFollowers};
  }
  if (method != "DELETE") return std::nullopt;
  if (parts.size() == 5 && follows) {
    return Route{FeedCall::kUnfollow, "follower", "delete", &Self::Unfollow};
  }
  return Route{FeedCall::kRemove, "feed", "delete", &Self::RemoveActivity};
}

std::optional<HttpResponse> FeedEmulator::CheckGroups(
    const std::vector<std::string>& feeds) const {
  if (options_.groups.empty()) return std::nullopt;
  for (const std::string& feed : feeds) {
    const std::string group = feed.substr(0, feed.find(':'));
    if (std::find(options_.groups.begin(), options_.groups.end(), group) ==
        options_.groups.end()) {
      return FeedError(
          400, 6, "FeedConfigException",
          absl::StrCat("The following feeds are not configured: '", group,
                       "'. This could be the cause of a typo, but otherwise "
                       "you should configure them on the dashboard of this "
                       "app."));
    }
  }
  return std::nullopt;
}

HttpResponse FeedEmulator::FaultAnswer(const Fault& fault) {
  const bool gateway =
      fault.status == 502 || fault.status == 503 || fault.status == 504;
  HttpResponse response =
      gateway ? GatewayError(fault.status) : PlainError(fault.status);
  if (fault.status == 429) {
    const absl::Time reset =
        executor_->Now() + fault.retry_after.value_or(kRetryAfterFault);
    response.headers.emplace_back("X-RateLimit-Limit", "1000");
    response.headers.emplace_back("X-RateLimit-Remaining", "0");
    response.headers.emplace_back(
        "X-RateLimit-Reset",
        absl::StrCat(absl::ToUnixSeconds(reset + absl::Seconds(1) -
                                         absl::Nanoseconds(1))));
  }
  return response;
}

std::string FeedEmulator::ReadyJson() {
  std::string out = "{\"base_url\":";
  AppendJsonString(base_url_, &out);
  out += ",\"api_key\":";
  AppendJsonString(options_.api_key, &out);
  out += ",\"api_secret\":";
  AppendJsonString(options_.api_secret, &out);
  out += ",\"app_id\":";
  AppendJsonString(options_.app_id, &out);
  out += ",\"pages\":";
  AppendJsonString(absl::StrCat(base_url_, ToAbsl(kPagesPath)), &out);
  return out + "}";
}

std::string FeedEmulator::StatusJson() {
  return absl::StrCat(
      "{\"requests\":", requests_, ",\"batches\":", batches_,
      ",\"activities_received\":", received_, ",\"repeated\":", repeated_,
      ",\"activities\":", store_.activities(), ",\"feeds\":", store_.feeds(),
      ",\"rate_limited\":", rate_limited_, ",\"refused\":", refused_, "}");
}

std::vector<Emulator::Page> FeedEmulator::Pages() {
  return {{"Feeds", std::string(kPagesPath)}};
}

int64_t FeedEmulator::NextMicros() {
  last_micros_ =
      std::max(last_micros_ + 1, absl::ToUnixMicros(executor_->Now()));
  return last_micros_;
}

void FeedEmulator::Record(std::string_view feed, const FeedActivity& activity,
                          bool is_new) {
  ++received_;
  if (!is_new) ++repeated_;
  const std::string_view id = activity.foreign_id;
  if (id.empty()) return;
  ledger_->Received(name(), id.substr(id.rfind(':') + 1),
                    is_new ? Arrival::kStored : Arrival::kRepeated, feed);
}

}  // namespace sluice::sandbox
