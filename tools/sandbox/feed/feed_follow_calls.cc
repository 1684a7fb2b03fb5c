// Who follows whom.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

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
std::optional<size_t> CopyLimit(const std::optional<JsonView>& value) {
  if (!value.has_value() || value->is_null()) return kStandardCopies;
  const int64_t limit = value->AsInteger().value_or(-1);
  if (limit < 0 || limit > static_cast<int64_t>(kMaxCopies)) {
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
                                         const JsonView& input,
                                         size_t standard_copies,
                                         Relation& relation) {
  if (!input.is_object()) return BadPayload();
  const std::optional<JsonView> own = input.Find("activity_copy_limit");
  const auto copies = own.has_value() ? CopyLimit(own) : standard_copies;
  if (!copies.has_value()) return BadCopyLimit();
  relation = {TextMember(input, "source"), TextMember(input, "target"),
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
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  const std::string target = TextMember(*body, "target");
  const std::optional<size_t> copies =
      CopyLimit(body->Find("activity_copy_limit"));
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
  size_t standard_copies = kStandardCopies;
  const std::string_view limit = call.Parameter("activity_copy_limit");
  if (!limit.empty() && (!absl::SimpleAtoi(ToAbsl(limit), &standard_copies) ||
                         standard_copies > kMaxCopies)) {
    return BadCopyLimit();
  }
  const std::optional<JsonView> body = ParseBody(call.request.body);
  if (!body.has_value() || !body->is_array()) return BadPayload();
  const std::vector<JsonView> list = body->elements();
  if (list.size() > kMaxFollowMany) return BadPayload();
  std::vector<Relation> relations(list.size());
  for (size_t i = 0; i < relations.size(); ++i) {
    if (auto refusal =
            ReadRelation(service, list[i], standard_copies, relations[i])) {
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
  const std::optional<JsonView> body = ParseBody(call.request.body);
  if (!body.has_value() || !body->is_array()) return BadPayload();
  const std::vector<JsonView> list = body->elements();
  const auto has_text = [](const JsonView& object, const char* name) {
    const std::optional<JsonView> value = object.Find(name);
    return value.has_value() && value->kind() == JsonView::Kind::kString;
  };
  if (list.size() > kMaxFollowMany ||
      !std::all_of(list.begin(), list.end(), [&](const JsonView& each) {
        return has_text(each, "source") && has_text(each, "target");
      })) {
    return BadPayload();
  }
  for (const JsonView& each : list) {
    service.feeds.Unfollow(TextMember(each, "source"),
                           TextMember(each, "target"),
                           FlagMember(each, "keep_history"));
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
