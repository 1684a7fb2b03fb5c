#include "plugins/feed/client/activities.h"

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

Claims ActivitiesClaims() {
  return {.action = "*", .resource = "activities", .feed_id = "*"};
}

absl::StatusOr<FeedRequest> GetRequest(FeedQuery query,
                                       const Enrichment& enrichment) {
  SLUICE_RETURN_IF_ERROR(AddEnrichment(enrichment, &query));
  return FeedRequest{
      .method = "GET",
      .path = enrichment.wanted() ? "enrich/activities/" : "activities/",
      .query = std::move(query),
      .claims = ActivitiesClaims()};
}

absl::StatusOr<FeedRequest> ByIdsRequest(const std::vector<std::string>& ids,
                                         const Enrichment& enrichment) {
  SLUICE_ASSIGN_OR_RETURN(std::string list, JoinList("ids", ids));
  return GetRequest({{"ids", std::move(list)}}, enrichment);
}

absl::StatusOr<FeedRequest> ByForeignIdsRequest(
    const std::vector<ActivityName>& names, const Enrichment& enrichment) {
  std::vector<std::string> foreign_ids;
  std::vector<std::string> times;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!names[i].id.empty()) {
      return ArgumentError(absl::StrCat("names[", i, "].id"),
                           "must be empty; this looks up by foreign id");
    }
    SLUICE_RETURN_IF_ERROR(
        CheckTime(absl::StrCat("names[", i, "].time"), names[i].time));
    foreign_ids.push_back(names[i].foreign_id);
    times.push_back(names[i].time);
  }
  SLUICE_ASSIGN_OR_RETURN(std::string id_list,
                          JoinList("foreign_ids", foreign_ids));
  SLUICE_ASSIGN_OR_RETURN(std::string time_list, JoinList("times", times));
  return GetRequest({{"foreign_ids", std::move(id_list)},
                     {"timestamps", std::move(time_list)}},
                    enrichment);
}

// `member` is there and not null.
bool Has(const JsonView& object, std::string_view member) {
  const std::optional<JsonView> value = object.Find(member);
  return value.has_value() && !value->is_null();
}

absl::StatusOr<FeedRequest> UpdateRequest(
    const std::vector<std::string>& activities) {
  SLUICE_RETURN_IF_ERROR(CheckActivities("activities", activities));
  for (size_t i = 0; i < activities.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(const JsonView activity,
                            ParseObject("activities", activities[i]));
    for (const char* member : {"foreign_id", "time"}) {
      if (Has(activity, member)) continue;
      return ArgumentError(
          absl::StrCat("activities[", i, "].", member),
          "is needed; foreign_id and time say which activity is meant");
    }
  }
  return FeedRequest{
      .method = "POST",
      .path = "activities/",
      .body =
          JsonObjectText().Add("activities", JsonArrayOf(activities)).text(),
      .claims = ActivitiesClaims()};
}

// Adds what names an activity to `change`.
absl::Status AddName(std::string_view argument, const ActivityName& name,
                     JsonObjectText* change) {
  const bool by_foreign_id = !name.foreign_id.empty() || !name.time.empty();
  if (name.id.empty() != by_foreign_id) {
    return ArgumentError(
        argument,
        "needs either an id, or a foreign_id and a time, and not both");
  }
  if (!by_foreign_id) {
    SLUICE_RETURN_IF_ERROR(
        CheckText(absl::StrCat(std::string(argument), ".id"), name.id));
    change->AddString("id", name.id);
    return absl::OkStatus();
  }
  SLUICE_RETURN_IF_ERROR(CheckText(
      absl::StrCat(std::string(argument), ".foreign_id"), name.foreign_id));
  SLUICE_RETURN_IF_ERROR(
      CheckTime(absl::StrCat(std::string(argument), ".time"), name.time));
  change->AddString("foreign_id", name.foreign_id).AddString("time", name.time);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ChangeText(std::string_view argument,
                                       const ActivityChange& change) {
  JsonObjectText text;
  SLUICE_RETURN_IF_ERROR(AddName(argument, change.name, &text));
  const std::string at(argument);
  SLUICE_RETURN_IF_ERROR(ParseObject(at + ".set", change.set).status());
  for (size_t i = 0; i < change.unset.size(); ++i) {
    SLUICE_RETURN_IF_ERROR(
        CheckText(absl::StrCat(at, ".unset[", i, "]"), change.unset[i]));
  }
  return text.Add("set", change.set).AddStrings("unset", change.unset).text();
}

absl::StatusOr<FeedRequest> PartialUpdateRequest(
    const std::vector<ActivityChange>& changes) {
  if (changes.empty()) return ArgumentError("changes", "must not be empty");
  std::vector<std::string> texts;
  for (size_t i = 0; i < changes.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(
        std::string text,
        ChangeText(absl::StrCat("changes[", i, "]"), changes[i]));
    texts.push_back(std::move(text));
  }
  return FeedRequest{
      .method = "POST",
      .path = "activity/",
      .body = JsonObjectText().Add("changes", JsonArrayOf(texts)).text(),
      .claims = ActivitiesClaims()};
}

}  // namespace

std::unique_ptr<HttpCall> Activities::GetByIds(
    const std::vector<std::string>& ids, const Enrichment& enrichment,
    FeedDone<ActivityList> done) {
  return connection_->Call<ActivityList>(ByIdsRequest(ids, enrichment),
                                         std::move(done));
}

std::unique_ptr<HttpCall> Activities::GetByForeignIds(
    const std::vector<ActivityName>& names, const Enrichment& enrichment,
    FeedDone<ActivityList> done) {
  return connection_->Call<ActivityList>(ByForeignIdsRequest(names, enrichment),
                                         std::move(done));
}

std::unique_ptr<HttpCall> Activities::Update(
    const std::vector<std::string>& activities, FeedDone<FeedAnswer> done) {
  absl::StatusOr<FeedRequest> request = UpdateRequest(activities);
  if (request.ok() && activities.empty()) {
    return connection_->Finish<FeedAnswer>(FeedAnswer{.json = "{}"},
                                           std::move(done));
  }
  return connection_->Call<FeedAnswer>(std::move(request), std::move(done));
}

std::unique_ptr<HttpCall> Activities::PartialUpdate(
    const std::vector<ActivityChange>& changes, FeedDone<ActivityList> done) {
  return connection_->Call<ActivityList>(PartialUpdateRequest(changes),
                                         std::move(done));
}

}  // namespace sluice::feed
