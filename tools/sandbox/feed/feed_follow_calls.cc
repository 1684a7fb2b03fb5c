// Who follows whom.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxRelations = 500;
constexpr size_t kMaxCopies = 1000;
constexpr size_t kStandardCopies = 100;
constexpr size_t kMaxFollowMany = 2500;
constexpr int64_t kMaxCounted = 10'000;

struct Relation {
  std::string source;
  std::string target;
  size_t copies = 0;
};

// Nullopt: out of range.
std::optional<size_t> CopyLimit(const json::value* value) {
  if (value == nullptr || value->is_null()) return kStandardCopies;
  boost::system::error_code error;
  const auto limit =
      value->is_number() ? value->to_number<int64_t>(error) : int64_t{-1};
  if (error || limit < 0 || limit > static_cast<int64_t>(kMaxCopies)) {
    return std::nullopt;
  }
  return static_cast<size_t>(limit);
}

HttpResponse BadCopyLimit() {
  return InputError(
      "activity_copy_limit must be a non-negative number not greater than "
      "1000");
}

HttpResponse BadPayload() { return InputError("invalid request payload"); }

// Whether `target` can be followed: only flat feeds can.
std::optional<HttpResponse> CheckRelation(const FeedService& service,
                                          const std::string& source,
                                          const std::string& target) {
  if (auto refusal = service.CheckGroups({source, target})) return refusal;
  if (service.groups.KindOf(target) != FeedKind::kFlat) {
    return InputError({{"target", "only flat feeds can be followed"}});
  }
  return std::nullopt;
}

std::optional<HttpResponse> ReadRelation(const FeedService& service,
                                         const json::value& input,
                                         const json::value& standard_copies,
                                         Relation& relation) {
  const json::object* object = input.if_object();
  if (object == nullptr) return BadPayload();
  const json::value* own = object->if_contains("activity_copy_limit");
  const auto copies = CopyLimit(own == nullptr ? &standard_copies : own);
  if (!copies.has_value()) return BadCopyLimit();
  relation = {TextMember(*object, "source"), TextMember(*object, "target"),
              *copies};
  if (!IsFeedId(relation.source) || !IsFeedId(relation.target) ||
      relation.source == relation.target) {
    return BadPayload();
  }
  return CheckRelation(service, relation.source, relation.target);
}

bool IsOneOf(std::string_view name, const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

HttpResponse Relations(const FeedCall& call,
                       const std::vector<FeedRelation>& relations,
                       bool by_target) {
  const std::vector<std::string> filter = call.List("filter");
  size_t limit = call.Count("limit", 25, kMaxRelations);
  size_t skip = call.Count("offset", 0, std::numeric_limits<size_t>::max());
  std::string answer = "{\"results\":[";
  for (const FeedRelation& relation : relations) {
    const std::string_view other = by_target ? relation.target : relation.feed;
    if (!filter.empty() && !IsOneOf(other, filter)) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    if (limit-- == 0) break;
    const std::string time = FormatObjectTime(relation.created_micros);
    absl::StrAppend(&answer, answer.back() == '[' ? "" : ",", "{\"feed_id\":\"",
                    ToAbsl(relation.feed), "\",\"target_id\":\"",
                    ToAbsl(relation.target), "\",\"created_at\":\"", time,
                    "\",\"updated_at\":\"", time, "\"}");
  }
  return FeedAnswer(200, answer + "]}");
}

// One side of follow stats; empty: not asked for.
std::string StatsOf(const FeedService& service, const FeedCall& call,
                    bool following) {
  const char* name = following ? "following" : "followers";
  const std::string feed(call.Parameter(name));
  if (feed.empty()) return "";
  const std::vector<std::string> slugs =
      call.List(absl::StrCat(name, "_slugs"));
  const std::vector<FeedRelation> relations =
      following ? service.feeds.Following(feed) : service.feeds.Followers(feed);
  const int64_t count = std::count_if(
      relations.begin(), relations.end(), [&](const FeedRelation& relation) {
        const std::string_view other =
            following ? relation.target : relation.feed;
        return slugs.empty() ||
               IsOneOf(other.substr(0, other.find(':')), slugs);
      });
  std::string part = absl::StrCat("\"", name, "\":{\"feed\":");
  AppendJsonString(feed, &part);
  absl::StrAppend(&part, ",\"count\":", std::min(count, kMaxCounted), "}");
  return part;
}

}  // namespace

HttpResponse Follow(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::object& object = body.get_object();
  const std::string target = TextMember(object, "target");
  const std::optional<size_t> copies =
      CopyLimit(object.if_contains("activity_copy_limit"));
  if (!copies.has_value()) return BadCopyLimit();
  if (!IsFeedId(target) || target == call.feed) {
    return InputError({{"target", "must be another feed such as flat:42"}});
  }
  if (auto refusal = CheckRelation(service, call.feed, target)) {
    return *std::move(refusal);
  }
  service.feeds.Follow(call.feed, target, *copies, service.NextMicros());
  return FeedAnswer(201, "{}");
}

HttpResponse FollowMany(FeedService& service, const FeedCall& call) {
  json::value standard_copies;
  const std::string_view limit = call.Parameter("activity_copy_limit");
  if (!limit.empty()) {
    standard_copies = ParseBody(limit);
    if (standard_copies.is_null() || !CopyLimit(&standard_copies)) {
      return BadCopyLimit();
    }
  }
  const json::value body = ParseBody(call.request.body);
  const json::array* list = body.if_array();
  if (list == nullptr || list->size() > kMaxFollowMany) return BadPayload();
  std::vector<Relation> relations(list->size());
  for (size_t i = 0; i < relations.size(); ++i) {
    if (auto refusal =
            ReadRelation(service, (*list)[i], standard_copies, relations[i])) {
      return *std::move(refusal);
    }
  }
  for (const Relation& relation : relations) {
    service.feeds.Follow(relation.source, relation.target, relation.copies,
                         service.NextMicros());
  }
  return FeedAnswer(201, "{}");
}

HttpResponse Unfollow(FeedService& service, const FeedCall& call) {
  service.feeds.Unfollow(call.feed, call.values[0], call.Flag("keep_history"));
  return FeedAnswer(200, "{}");
}

HttpResponse UnfollowMany(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  const json::array* list = body.if_array();
  const auto is_text = [](const json::object& object, const char* name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string();
  };
  if (list == nullptr || list->size() > kMaxFollowMany ||
      !std::all_of(list->begin(), list->end(), [&](const json::value& each) {
        return each.is_object() && is_text(each.get_object(), "source") &&
               is_text(each.get_object(), "target");
      })) {
    return BadPayload();
  }
  for (const json::value& each : *list) {
    const json::object& object = each.get_object();
    const json::value* keep = object.if_contains("keep_history");
    service.feeds.Unfollow(
        TextMember(object, "source"), TextMember(object, "target"),
        keep != nullptr && keep->is_bool() && keep->get_bool());
  }
  return FeedAnswer(201, "{}");
}

HttpResponse ReadFollowing(FeedService& service, const FeedCall& call) {
  return Relations(call, service.feeds.Following(call.feed),
                   /*by_target=*/true);
}

HttpResponse ReadFollowers(FeedService& service, const FeedCall& call) {
  return Relations(call, service.feeds.Followers(call.feed),
                   /*by_target=*/false);
}

HttpResponse FollowStats(FeedService& service, const FeedCall& call) {
  const std::string followers = StatsOf(service, call, /*following=*/false);
  const std::string following = StatsOf(service, call, /*following=*/true);
  return FeedAnswer(
      200, absl::StrCat("{\"results\":{", followers,
                        followers.empty() || following.empty() ? "" : ",",
                        following, "}}"));
}

}  // namespace sluice::sandbox
