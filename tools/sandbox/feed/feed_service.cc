#include "tools/sandbox/feed/feed_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {

FeedService::FeedService(FeedOptions given, std::string_view destination,
                         Ledger* ledger)
    : options(std::move(given)),
      groups(options.groups, options.only_these_groups,
             [this] { return NextMicros(); }),
      feeds(&groups),
      destination_(destination),
      ledger_(ledger) {
  ledger_->AddDestination(destination_);
}

HttpResponse FeedService::Do(absl::FunctionRef<HttpResponse()> call) {
  const int64_t before = last_micros_;
  HttpResponse response = call();
  if (response.status >= 400) last_micros_ = before;
  return response;
}

int64_t FeedService::NextMicros() {
  last_micros_ =
      std::max(last_micros_ + 1, absl::ToUnixMicros(executor->Now()));
  return last_micros_;
}

std::string FeedService::NewId(std::string_view kind) {
  return MakeActivityId(kind, NextMicros()).ToText();
}

std::optional<HttpResponse> FeedService::CheckGroups(
    const std::vector<std::string>& feed_ids) const {
  for (const std::string& feed : feed_ids) {
    if (groups.KindOf(feed).has_value()) continue;
    return FeedError(
        400, 6, "FeedConfigException",
        absl::StrCat("The following feeds are not configured: '",
                     feed.substr(0, feed.find(':')),
                     "'. This could be the cause of a typo, but otherwise you "
                     "should configure them on the dashboard of this app."));
  }
  return std::nullopt;
}

void FeedService::Add(std::string_view feed, FeedActivity activity) {
  const auto [added, is_new] = feeds.Add(feed, std::move(activity));
  ++counts.received;
  if (!is_new) ++counts.repeated;
  const std::string_view foreign_id = added.foreign_id;
  if (foreign_id.empty()) return;
  ledger_->Received(destination_, foreign_id.substr(foreign_id.rfind(':') + 1),
                    is_new ? Arrival::kStored : Arrival::kRepeated, feed);
}

void FeedService::RecordAnalytics(std::string event) {
  analytics.push_back(std::move(event));
  if (analytics.size() > kKeptAnalyticsEvents) analytics.pop_front();
}

}  // namespace sluice::sandbox
