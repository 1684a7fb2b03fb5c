#include "plugins/disruptive/fake_disruptive.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "plugins/disruptive/text.h"
#include "storage/base/rfc3339.h"

namespace sluice::disruptive {
namespace {

constexpr char kDevices[] = "/projects/p/devices";

std::string Decoded(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string Envelope(const std::string& id, const std::string& device,
                     absl::Time time, size_t number) {
  const std::string stamp = Rfc3339Micros(time);
  return absl::StrFormat(
      R"({"eventId":"%s","targetName":"projects/p/devices/%s",)"
      R"("eventType":"temperature","data":{"temperature":{"value":%d,)"
      R"("updateTime":"%s"}},"timestamp":"%s"})",
      id, device, number, stamp, stamp);
}

}  // namespace

FakeDisruptive::FakeDisruptive(ManualExecutor* executor)
    : executor_(executor), http_(executor) {}

std::unique_ptr<HttpCall> FakeDisruptive::Stream(HttpRequest request,
                                                 HttpStreamHandler* handler) {
  std::unique_ptr<HttpCall> call = http_.Stream(std::move(request), handler);
  executor_->PostAfter(
      absl::Milliseconds(5),
      [this, exchange = http_.requests().back()] { Handle(exchange); });
  return call;
}

void FakeDisruptive::Handle(const std::shared_ptr<Exchange>& exchange) {
  if (exchange->cancelled() || exchange->finished()) return;
  if (intercept && intercept(*exchange)) return;
  const std::string url = exchange->request().url;
  if (absl::StrContains(url, "/oauth2/token")) return GiveToken(*exchange);
  if (!Authorized(*exchange)) {
    return exchange->Respond(401, R"({"error":"unauthorized","code":401})");
  }
  const std::vector<std::string> parts =
      absl::StrSplit(url, absl::MaxSplits('?', 1));
  Query query;
  if (parts.size() == 2) {
    for (absl::string_view item : absl::StrSplit(parts[1], '&')) {
      const std::vector<std::string> pair =
          absl::StrSplit(item, absl::MaxSplits('=', 1));
      query.emplace(pair[0], Decoded(pair[1]));
    }
  }
  const std::string path = parts[0].substr(parts[0].find(kDevices));
  if (path == absl::StrCat(kDevices, ":stream")) return OpenStream(exchange);
  if (path == kDevices) return ListDevices(*exchange, query);
  const std::vector<std::string> steps = absl::StrSplit(path, '/');
  if (steps.size() == 6 && steps[5] == "events") {
    return GiveHistory(*exchange, steps[4], query);
  }
  if (steps.size() == 5 && devices_.contains(steps[4])) {
    return exchange->Respond(200, DeviceJson(steps[4]));
  }
  exchange->Respond(404, R"({"error":"not found","code":404})");
}

void FakeDisruptive::GiveToken(Exchange& exchange) {
  const std::string token = absl::StrCat("tok", ++token_requests_);
  tokens_[absl::StrCat("Bearer ", token)] = executor_->Now() + token_lifetime;
  exchange.Respond(
      200, absl::StrFormat(
               R"({"access_token":"%s","token_type":"Bearer","expires_in":%d})",
               token, absl::ToInt64Seconds(token_lifetime)));
}

bool FakeDisruptive::Authorized(const Exchange& exchange) const {
  const auto header = FindHeader(exchange.request().headers, "Authorization");
  if (!header.has_value()) return false;
  if (header->starts_with("Basic ")) return true;
  const auto token = tokens_.find(std::string(*header));
  return token != tokens_.end() && executor_->Now() < token->second;
}

void FakeDisruptive::OpenStream(const std::shared_ptr<Exchange>& exchange) {
  stream_requests_.push_back(exchange->request().url);
  exchange->Begin(200, {{"Content-Type", "application/json"}});
  streams_.push_back(exchange);
  executor_->PostAfter(first_ping(), [this, exchange] { Ping(exchange); });
}

void FakeDisruptive::Ping(const std::shared_ptr<Exchange>& exchange) {
  if (exchange->cancelled() || exchange->finished() ||
      std::find(streams_.begin(), streams_.end(), exchange) == streams_.end()) {
    return;
  }
  exchange->Send(Frame(absl::StrCat(
      R"({"eventId":")", NewId(),
      R"(","targetName":"projects/p","eventType":"ping","data":null,)",
      R"("timestamp":")", Rfc3339Micros(Now()), R"("})")));
  executor_->PostAfter(ping_interval, [this, exchange] { Ping(exchange); });
}

std::string FakeDisruptive::DeviceJson(const std::string& device) const {
  // Reported once, long ago.
  std::string report = "2001-01-01T00:00:00Z";
  absl::Time latest = absl::InfinitePast();
  for (const Event& event : events_) {
    if (event.device != device || event.time <= latest) continue;
    latest = event.time;
    report = Rfc3339Micros(latest);
  }
  std::vector<std::string> labels;
  if (const auto it = labels_.find(device); it != labels_.end()) {
    for (const auto& [key, value] : it->second) {
      labels.push_back(absl::StrFormat(R"("%s":"%s")", key, value));
    }
  }
  return absl::StrFormat(
      R"({"name":"projects/p/devices/%s","type":"temperature","labels":{%s},)"
      R"("reported":{"temperature":{"updateTime":"%s"}}})",
      device, absl::StrJoin(labels, ","), report);
}

void FakeDisruptive::ListDevices(Exchange& exchange, const Query& query) {
  ++device_requests_;
  const auto token = query.find("pageToken");
  const size_t begin = token == query.end()
                           ? 0
                           : std::strtoull(token->second.c_str(), nullptr, 10);
  std::vector<std::string> items;
  size_t at = 0;
  for (const std::string& device : devices_) {
    if (at++ < begin || items.size() == device_page) continue;
    items.push_back(DeviceJson(device));
  }
  const size_t end = begin + items.size();
  exchange.Respond(
      200,
      absl::StrCat(R"({"devices":[)", absl::StrJoin(items, ","),
                   R"(],"nextPageToken":")",
                   end < devices_.size() ? absl::StrCat(end) : "", R"("})"));
}

void FakeDisruptive::GiveHistory(Exchange& exchange, const std::string& device,
                                 const Query& query) {
  ++history_requests_;
  if (!devices_.contains(device)) {
    return exchange.Respond(404, R"({"error":"no such device","code":404})");
  }
  const auto time_of = [&](const char* name) {
    return absl::FromUnixNanos(ParseRfc3339(query.find(name)->second).value());
  };
  const absl::Time start = time_of("startTime");
  const absl::Time end = time_of("endTime");
  std::vector<const Event*> found;
  for (const Event& event : events_) {
    if (event.device == device && event.time >= start && event.time <= end &&
        event.indexed <= executor_->Now()) {
      found.push_back(&event);
    }
  }
  std::stable_sort(
      found.begin(), found.end(),
      [](const Event* a, const Event* b) { return a->time > b->time; });
  const auto token = query.find("pageToken");
  const size_t begin = token == query.end()
                           ? 0
                           : std::strtoull(token->second.c_str(), nullptr, 10);
  std::vector<std::string> items;
  for (size_t i = begin; i < found.size() && items.size() < history_page; ++i) {
    items.push_back(found[i]->json);
  }
  const size_t next = begin + items.size();
  exchange.Respond(
      200,
      absl::StrCat(R"({"events":[)", absl::StrJoin(items, ","),
                   R"(],"nextPageToken":")",
                   next < found.size() ? absl::StrCat(next) : "", R"("})"));
}

std::string FakeDisruptive::Frame(const std::string& envelope) const {
  const std::string json =
      absl::StrCat(R"({"result":{"event":)", envelope, "}}");
  return sse ? absl::StrCat("data: ", json, "\n\n") : absl::StrCat(json, "\n");
}

std::string FakeDisruptive::NewId() {
  return absl::StrFormat("e%019d", ++next_id_);
}

std::string FakeDisruptive::Publish(const std::string& device) {
  // No two events of a device have the same time, so that their order is known.
  absl::Time time = absl::FromUnixMicros(absl::ToUnixMicros(Now()));
  absl::Time& last = last_time_[device];
  if (time <= last) time = last + absl::Microseconds(1);
  last = time;
  return PublishLate(device, time);
}

std::string FakeDisruptive::PublishLate(const std::string& device,
                                        absl::Time time) {
  devices_.insert(device);
  const std::string id = NewId();
  events_.push_back({id, device, time, executor_->Now() + index_delay(),
                     Envelope(id, device, time, events_.size())});
  Send(Frame(events_.back().json));
  return id;
}

void FakeDisruptive::SetLabel(const std::string& device, const std::string& key,
                              const std::string& value, bool quietly) {
  devices_.insert(device);
  labels_[device][key] = value;
  if (quietly) return;
  Send(Frame(absl::StrFormat(
      R"({"eventId":"%s","targetName":"projects/p/devices/%s",)"
      R"("eventType":"labelsChanged","data":{"added":{},)"
      R"("modified":{"%s":"%s"},"removed":[]},"timestamp":"%s"})",
      NewId(), device, key, value, Rfc3339Micros(Now()))));
}

void FakeDisruptive::Send(const std::string& bytes) {
  for (const auto& stream : streams_) {
    if (!stream->cancelled() && !stream->finished()) stream->Send(bytes);
  }
}

void FakeDisruptive::EndStreams() {
  for (const auto& stream : streams_) stream->End();
  streams_.clear();
}

void FakeDisruptive::BreakStreams() {
  for (const auto& stream : streams_) {
    stream->Fail(absl::UnavailableError("connection reset"));
  }
  streams_.clear();
}

void FakeDisruptive::StallStreams() { streams_.clear(); }

int FakeDisruptive::streams() const {
  return static_cast<int>(
      std::count_if(streams_.begin(), streams_.end(), [](const auto& stream) {
        return !stream->cancelled() && !stream->finished();
      }));
}

}  // namespace sluice::disruptive
