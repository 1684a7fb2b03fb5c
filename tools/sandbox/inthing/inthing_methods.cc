// The methods of JSON-RPC of the emulated inthing.io: TL/logic/rpc/public.xml
// and private.xml.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "boost/json.hpp"
#include "storage/base/to_absl.h"
#include "tools/sandbox/inthing/inthing_emulator.h"
#include "tools/sandbox/inthing/inthing_page.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxGreeted = 10;
constexpr double kMaxResults = 50;

RpcMethod GreetMethod() {
  return {"greet",
          {{"who", "string"}},
          [](const json::object& params) -> RpcMethod::Outcome {
            const json::value* given = params.if_contains("who");
            const std::string who =
                given == nullptr ? "World" : std::string(given->get_string());
            if (CodePoints(who) <= kMaxGreeted) {
              return json::value("Hello, " + who + "!");
            }
            return RpcError{
                1,
                absl::StrCat("'who' should be ten characters or less, not '",
                             who, "'"),
                {{"errortext", "What were you thinking?"}, {"foo", "bar"}}};
          }};
}

// Nobody logs in here.
RpcMethod LoginMethod(std::string_view name) {
  return {name,
          {{"stream", "anything", /*required=*/true}},
          [](const json::object&) -> RpcMethod::Outcome {
            return RpcError{2, "User must be logged in to do that"};
          }};
}

double NumberOr(const json::object& params, std::string_view name,
                double fallback) {
  const json::value* value = params.if_contains(name);
  return value == nullptr ? fallback : value->to_number<double>();
}

// What `source` names: a stream, a user's streams or a tag.
struct Source {
  const InthingStream* stream = nullptr;
  std::string user;
  std::string tag;
};

bool IsOf(const Source& source, const InthingStream& stream,
          const InthingEvent& event) {
  if (!source.user.empty()) return stream.user == source.user;
  if (!source.tag.empty()) {
    return std::find(event.tags.begin(), event.tags.end(), source.tag) !=
           event.tags.end();
  }
  return &stream == source.stream;
}

}  // namespace

HttpResponse InthingEmulator::AnswerRpc(
    const HttpServerRequest& request,
    const std::vector<RpcMethod>& methods) const {
  std::string answer = AnswerJsonRpc(request.body, methods);
  // The official client wants JSON for a notification, which the site did not
  // send.
  if (answer.empty() && !strict()) answer = "{}";
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(answer)};
}

std::vector<RpcMethod> InthingEmulator::PublicMethods(std::string base) {
  return {{"stream.new",
           {},
           [this,
            base = std::move(base)](const json::object&) -> RpcMethod::Outcome {
             const InthingStream* stream = store_.NewStream(executor_->Now());
             if (stream == nullptr) {
               return RpcError{-32603,
                               "internal error -- this error has been logged"};
             }
             return json::object{{"status", "ok"},
                                 {"id", stream->id},
                                 {"slug", stream->id},
                                 {"password", nullptr},
                                 {"url", absl::StrCat(base, stream->Path())}};
           }},
          GreetMethod()};
}

std::vector<RpcMethod> InthingEmulator::PrivateMethods() {
  return {{"events.get_updates",
           {{"source", "string", /*required=*/true},
            {"order", "number"},
            {"new", "bool"},
            {"filter_types", "list"},
            {"filter_streams", "list"},
            {"filter_hashtags", "string"},
            {"request_index", "number"},
            {"max_results", "number"}},
           [this](const json::object& params) { return GetUpdates(params); }},
          {"preview_comment",
           {{"comment", "string", /*required=*/true}, {"markup", "string"}},
           [](const json::object& params) -> RpcMethod::Outcome {
             const std::string comment(params.at("comment").get_string());
             return json::object{{"html", MarkdownToHtml(comment)}};
           }},
          LoginMethod("stream.subscribe"),
          LoginMethod("stream.unsubscribe"),
          GreetMethod()};
}

RpcMethod::Outcome InthingEmulator::GetUpdates(const json::object& params) {
  const std::string name(params.at("source").get_string());
  absl::string_view rest = name;
  Source source;
  int64_t number = 0;
  if (absl::ConsumePrefix(&rest, "stream-") &&
      absl::SimpleAtoi(rest, &number)) {
    source.stream = store_.FindNumber(number);
  } else if (absl::ConsumePrefix(&rest, "user-")) {
    source.user = std::string(rest);
  } else if (absl::ConsumePrefix(&rest, "tag-")) {
    source.tag = std::string(rest);
  }
  const double order = NumberOr(params, "order", 0);
  const json::value* newer = params.if_contains("new");
  const bool wants_newer = newer == nullptr || newer->get_bool();
  const auto max_results = static_cast<size_t>(
      std::clamp(NumberOr(params, "max_results", 10), 0.0, kMaxResults));

  std::vector<std::pair<const InthingStream*, const InthingEvent*>> found;
  const auto add = [&](const InthingStream& stream) {
    size_t taken = 0;
    for (const auto& event : stream.events) {
      const auto at = static_cast<double>(event->order);
      // Newest first: nothing behind it is newer.
      if (wants_newer && at <= order) break;
      if (!wants_newer && at >= order) continue;
      if (!IsOf(source, stream, *event)) continue;
      found.emplace_back(&stream, event.get());
      if (++taken >= max_results) break;
    }
  };
  if (source.stream != nullptr) {
    add(*source.stream);
  } else {
    for (const auto& stream : store_.streams()) add(*stream);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.second->order > b.second->order;
  });
  if (found.size() > max_results) found.resize(max_results);
  json::array events;
  for (const auto& [stream, event] : found) {
    events.push_back(json::object{{"html", InthingEventHtml(*stream, *event)},
                                  {"id", event->id}});
  }
  const json::value* index = params.if_contains("request_index");
  return json::object{
      {"events", std::move(events)},
      {"request_index", index == nullptr ? json::value(0) : *index}};
}

}  // namespace sluice::sandbox
