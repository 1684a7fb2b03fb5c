#include "tests/simulation/services.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "simdjson.h"

namespace sluice::simulation {
namespace {

constexpr char kFeedError[] =
    R"({"detail":"%s","status_code":%d,"code":%d,"exception":"E"})";

}  // namespace

void RateWindows::Roll(absl::Time now) {
  for (Window& window : windows_) {
    const int64_t span = absl::ToInt64Seconds(window.span);
    const int64_t start = absl::ToUnixSeconds(now) / span * span;
    if (start == window.start) continue;
    window.start = start;
    window.count = 0;
  }
}

bool RateWindows::Take(absl::Time now) {
  Roll(now);
  for (Window& window : windows_) {
    // Those after one that is over are not counted, as the services do it.
    if (++window.count > window.max) return false;
  }
  return true;
}

void RateWindows::Burn(absl::Time now, int64_t requests) {
  Roll(now);
  for (Window& window : windows_) window.count += requests;
}

const RateWindows::Window& RateWindows::tightest() const {
  return *std::min_element(windows_.begin(), windows_.end(),
                           [](const Window& a, const Window& b) {
                             return a.max - a.count < b.max - b.count;
                           });
}

absl::Time RateWindows::EndOf(const Window& window) const {
  return absl::FromUnixSeconds(window.start) + window.span;
}

void FeedService::Handle(std::shared_ptr<ServerExchange> exchange) {
  const absl::Time now = scheduler_->Now();
  const bool allowed = windows_.Take(now);
  const RateWindows::Window& window = windows_.tightest();
  const HttpHeaders headers = {
      {"Content-Type", "application/json"},
      {"Date",
       absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone())},
      {"X-RateLimit-Limit", absl::StrCat(window.max)},
      {"X-RateLimit-Remaining",
       absl::StrCat(std::max<int64_t>(0, window.max - window.count))},
      {"X-RateLimit-Reset",
       absl::StrCat(absl::ToUnixSeconds(windows_.EndOf(window)))}};
  if (!allowed) {
    ++rate_violations_;
    trace_->Add("feed refuses: too many requests");
    return exchange->Respond(
        429, absl::StrFormat(kFeedError, "too many", 429, 9), headers);
  }
  // /api/v1.0/feed/device/d1/?api_key=key
  const std::vector<std::string> steps =
      absl::StrSplit(exchange->request().url, '/');
  CHECK_EQ(steps.size(), 9u) << exchange->request().url;
  const std::string feed = absl::StrCat(steps[6], ":", steps[7]);
  simdjson::dom::parser parser;
  simdjson::dom::element body;
  CHECK(!parser.parse(exchange->request().body).get(body));
  struct Incoming {
    std::string id;
    std::string json;
    std::string key;
  };
  std::vector<Incoming> incoming;
  for (simdjson::dom::element activity : body["activities"].get_array()) {
    const std::string foreign_id(activity["foreign_id"].get_string().value());
    const std::string time(activity["time"].get_string().value());
    incoming.push_back({foreign_id.substr(foreign_id.rfind(':') + 1),
                        simdjson::minify(activity),
                        absl::StrCat(foreign_id, " ", time)});
    if (absl::EndsWith(foreign_id, kPoison)) {
      trace_->Add("feed refuses ", incoming.size(), "th of a batch");
      return exchange->Respond(
          400, absl::StrFormat(kFeedError, "bad activity", 400, 4), headers);
    }
  }
  std::vector<std::string> answers;
  for (Incoming& activity : incoming) {
    const auto [known, is_new] = id_of_key_.emplace(activity.key, activity.id);
    if (!is_new && known->second != activity.id) {
      violations_.push_back(absl::StrCat(
          activity.id, " replaces another event, ", known->second));
    }
    Store(feed, activity.id, std::move(activity.json));
    answers.push_back(absl::StrFormat(R"({"id":"%s"})", activity.id));
  }
  exchange->Respond(
      201,
      absl::StrCat(R"({"activities":[)", absl::StrJoin(answers, ","),
                   R"(],"duration":"4ms"})"),
      headers);
}

void FeedService::Store(const std::string& feed, const std::string& id,
                        std::string json) {
  Activity& activity = activities_[id];
  trace_->Add("feed ", feed, " has ", id);
  if (++activity.arrivals == 1) {
    activity.feed = feed;
    activity.json = std::move(json);
    feeds_[feed].push_back(id);
    return;
  }
  ++repeats_;
  if (activity.feed != feed || activity.json != json) {
    violations_.push_back(
        absl::StrCat(id, " came again as another activity: ", json));
  }
}

void InthingService::Handle(std::shared_ptr<ServerExchange> exchange) {
  const std::multimap<std::string, std::string> form =
      ParseForm(exchange->request().body);
  const absl::Time now = scheduler_->Now();
  const HttpHeaders headers = {
      {"Content-Type", "application/json"},
      {"Date", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now,
                                absl::UTCTimeZone())}};
  if (!windows_.Take(now)) {
    ++rate_violations_;
    const RateWindows::Window& window = windows_.tightest();
    trace_->Add("inthing refuses: too many posts");
    return exchange->Respond(
        200,
        absl::StrFormat(R"({"status":"ratelimited","msg":"you have exceeded )"
                        R"(the maximum of %d requests in %d seconds"})",
                        window.max, absl::ToInt64Seconds(window.span)),
        headers);
  }
  ++posts_;
  // Titles are "ev ID"; a digest lists those of its members.
  const std::string text = absl::StrCat(form.find("title")->second, "\n",
                                        form.find("description")->second, "\n");
  CHECK(!absl::StrContains(text, "… and ")) << "a digest leaves events out";
  for (size_t at = text.find("ev "); at != std::string::npos;
       at = text.find("ev ", at + 1)) {
    const size_t begin = at + 3;
    const std::string id =
        text.substr(begin, text.find_first_of(" \n", begin) - begin);
    ++told_[id];
    trace_->Add("inthing tells of ", id);
  }
  exchange->Respond(
      200,
      absl::StrFormat(
          R"({"status":"ok","event":{"id":"%d","url":"http://inthing/e/%d"}})",
          posts_, posts_),
      headers);
}

int64_t InthingService::duplicates() const {
  int64_t duplicates = 0;
  for (const auto& [id, count] : told_) duplicates += count - 1;
  return duplicates;
}

}  // namespace sluice::simulation
