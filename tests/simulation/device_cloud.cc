#include <algorithm>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "tests/simulation/services.h"

namespace sluice::simulation {
namespace {

constexpr char kDevices[] = "/projects/p/devices";

std::string Stamp(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

absl::Time ParseStamp(const std::string& text) {
  absl::Time time;
  std::string error;
  CHECK(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

std::string DeviceJson(const std::string& device, absl::Time reported) {
  return absl::StrFormat(
      R"({"name":"projects/p/devices/%s","type":"temperature","labels":{},)"
      R"("reported":{"temperature":{"updateTime":"%s"}}})",
      device, Stamp(reported));
}

// Where a page begins: its token is the number of items before it.
size_t PageBegin(const std::multimap<std::string, std::string>& query) {
  const auto token = query.find("pageToken");
  return token == query.end()
             ? 0
             : std::strtoull(token->second.c_str(), nullptr, 10);
}

}  // namespace

std::multimap<std::string, std::string> ParseForm(const std::string& text) {
  std::multimap<std::string, std::string> form;
  for (absl::string_view item : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    std::string value;
    for (size_t i = 0; i < pair.second.size(); ++i) {
      if (pair.second[i] == '%') {
        value += absl::HexStringToBytes(pair.second.substr(i + 1, 2));
        i += 2;
      } else {
        value += pair.second[i] == '+' ? ' ' : pair.second[i];
      }
    }
    form.emplace(pair.first, std::move(value));
  }
  return form;
}

void DeviceCloud::Handle(std::shared_ptr<ServerExchange> exchange) {
  const std::string& url = exchange->request().url;
  if (absl::StrContains(url, "/oauth2/token")) return GiveToken(*exchange);
  if (!Authorized(*exchange)) {
    return exchange->Respond(401, R"({"error":"unauthorized","code":401})");
  }
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(url, absl::MaxSplits('?', 1));
  const Query query = ParseForm(parts.second);
  const std::string path = parts.first.substr(parts.first.find(kDevices));
  if (path == absl::StrCat(kDevices, ":stream")) {
    return OpenStream(std::move(exchange));
  }
  if (path == kDevices) return ListDevices(*exchange, query);
  const std::vector<std::string> steps = absl::StrSplit(path, '/');
  if (steps.size() == 5) return GiveDevice(*exchange, steps[4]);
  CHECK_EQ(steps.size(), 6u) << url;
  GiveHistory(*exchange, steps[4], query);
}

bool DeviceCloud::Authorized(const ServerExchange& exchange) const {
  const auto header = FindHeader(exchange.request().headers, "Authorization");
  if (!header.has_value()) return false;
  const auto token = tokens_.find(std::string(*header));
  return token != tokens_.end() && scheduler_->Now() < token->second;
}

void DeviceCloud::GiveToken(ServerExchange& exchange) {
  const std::string token = absl::StrCat("tok", tokens_.size() + 1);
  tokens_[absl::StrCat("Bearer ", token)] =
      scheduler_->Now() + options_.token_lifetime;
  exchange.Respond(
      200, absl::StrFormat(
               R"({"access_token":"%s","token_type":"Bearer","expires_in":%d})",
               token, absl::ToInt64Seconds(options_.token_lifetime)));
}

void DeviceCloud::OpenStream(std::shared_ptr<ServerExchange> exchange) {
  auto stream = std::make_shared<Stream>();
  const auto header = FindHeader(exchange->request().headers, "Authorization");
  stream->ends = std::min(tokens_[std::string(*header)],
                          scheduler_->Now() + options_.longest_stream);
  stream->exchange = std::move(exchange);
  stream->exchange->Begin(200, {{"Content-Type", "application/json"}});
  streams_.push_back(stream);
  world_->PostAfter(
      scheduler_->Between(absl::ZeroDuration(), options_.ping_interval),
      [this, stream] { Ping(stream); });
}

void DeviceCloud::Ping(std::shared_ptr<Stream> stream) {
  const auto mine = std::find(streams_.begin(), streams_.end(), stream);
  if (mine == streams_.end()) return;
  if (stream->exchange->gone() || scheduler_->Now() >= stream->ends) {
    // The hourly cut, with or without a word.
    if (scheduler_->Chance(0.5)) {
      stream->exchange->Send("{\"error\":{\"code\":14,\"message\":\"bye\"}}\n");
    }
    stream->exchange->End();
    streams_.erase(mine);
    return;
  }
  stream->exchange->Send(Frame(absl::StrFormat(
      R"({"eventId":"ping%d","targetName":"projects/p","eventType":"ping",)"
      R"("data":null,"timestamp":"%s"})",
      ++next_id_, Stamp(scheduler_->Now()))));
  world_->PostAfter(options_.ping_interval, [this, stream] { Ping(stream); });
}

void DeviceCloud::ListDevices(ServerExchange& exchange, const Query& query) {
  const size_t begin = PageBegin(query);
  std::vector<std::string> items;
  size_t at = 0;
  for (const auto& [device, reported] : last_time_) {
    if (at++ < begin || items.size() == options_.device_page) continue;
    items.push_back(DeviceJson(device, reported));
  }
  const size_t end = begin + items.size();
  exchange.Respond(
      200,
      absl::StrCat(R"({"devices":[)", absl::StrJoin(items, ","),
                   R"(],"nextPageToken":")",
                   end < last_time_.size() ? absl::StrCat(end) : "", R"("})"));
}

void DeviceCloud::GiveDevice(ServerExchange& exchange,
                             const std::string& device) {
  const auto found = last_time_.find(device);
  if (found == last_time_.end()) {
    return exchange.Respond(404, R"({"error":"no such device","code":404})");
  }
  exchange.Respond(200, DeviceJson(device, found->second));
}

void DeviceCloud::GiveHistory(ServerExchange& exchange,
                              const std::string& device, const Query& query) {
  const absl::Time start = ParseStamp(query.find("startTime")->second);
  const absl::Time end = ParseStamp(query.find("endTime")->second);
  std::vector<const Event*> found;
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (event->device == device && event->time >= start && event->time <= end &&
        event->indexed <= scheduler_->Now()) {
      found.push_back(&*event);
    }
  }
  // Newest first.
  std::vector<std::string> items;
  const size_t begin = PageBegin(query);
  for (size_t i = begin; i < found.size(); ++i) {
    if (items.size() == options_.history_page) break;
    items.push_back(found[i]->json);
  }
  const size_t next = begin + items.size();
  exchange.Respond(
      200,
      absl::StrCat(R"({"events":[)", absl::StrJoin(items, ","),
                   R"(],"nextPageToken":")",
                   next < found.size() ? absl::StrCat(next) : "", R"("})"));
}

std::string DeviceCloud::Frame(const std::string& envelope) const {
  const std::string json =
      absl::StrCat(R"({"result":{"event":)", envelope, "}}");
  return options_.sse ? absl::StrCat("data: ", json, "\n\n")
                      : absl::StrCat(json, "\n");
}

std::string DeviceCloud::Publish(const std::string& device) {
  // No two events of a device have the same time, so their order is known.
  absl::Time time = absl::FromUnixMicros(absl::ToUnixMicros(scheduler_->Now()));
  absl::Time& last = last_time_[device];
  if (time <= last) time = last + absl::Microseconds(1);
  last = time;
  const std::string stamp = Stamp(time);
  const std::string id = absl::StrFormat(
      "e%07d%s", ++next_id_, scheduler_->Chance(0.01) ? kPoison : "");
  events_.push_back(
      {id, device, time,
       scheduler_->Now() + scheduler_->Between(absl::ZeroDuration(),
                                               options_.longest_index_delay),
       absl::StrFormat(
           R"({"eventId":"%s","targetName":"projects/p/devices/%s",)"
           R"("eventType":"temperature","data":{"temperature":{"value":%d,)"
           R"("updateTime":"%s"}},"timestamp":"%s"})",
           id, device, events_.size(), stamp, stamp)});
  trace_->Add("published ", id, " by ", device);
  const std::string frame = Frame(events_.back().json);
  for (const auto& stream : streams_) stream->exchange->Send(frame);
  return id;
}

void DeviceCloud::CutStreams() {
  for (const auto& stream : streams_) {
    if (scheduler_->Chance(0.5)) {
      stream->exchange->End();
    } else {
      stream->exchange->Reset();
    }
  }
  streams_.clear();
}

}  // namespace sluice::simulation
