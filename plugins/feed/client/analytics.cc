#include "plugins/feed/client/analytics.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "pipeline/http/url.h"
#include "pipeline/json/json_object_text.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

Claims AllClaims() { return {.action = "*", .resource = "*", .feed_id = "*"}; }

// As application/x-www-form-urlencoded has it.
std::string FormEncode(std::string_view text) {
  return absl::StrReplaceAll(PercentEncode(text), {{"%20", "+"}});
}

// "https" of "https://host/"; empty: there is none.
std::string_view SchemeOf(std::string_view url) {
  const size_t colon = url.find(':');
  if (colon == std::string_view::npos) return "";
  const std::string_view scheme = url.substr(0, colon);
  const bool is_scheme =
      !scheme.empty() && absl::ascii_isalpha(scheme.front()) &&
      std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
      });
  return is_scheme ? scheme : "";
}

absl::Status CheckUrl(std::string_view argument, std::string_view url) {
  SLUICE_RETURN_IF_ERROR(CheckText(argument, url));
  const std::string_view scheme = SchemeOf(url);
  const std::string_view rest = url.substr(scheme.size());
  const bool is_web = scheme == "http" || scheme == "https";
  const bool has_host = rest.starts_with("://") && rest.size() > 3 &&
                        rest[3] != '/' && rest[3] != '?' && rest[3] != '#';
  if (scheme.empty() || (is_web && !has_host)) {
    return ArgumentError(argument,
                         absl::StrCat("\"", std::string(url),
                                      "\" needs a scheme and a host, e.g. "
                                      "https://example.com/page"));
  }
  return absl::OkStatus();
}

absl::StatusOr<FeedRequest> EngagementsRequest(std::string_view engagements) {
  SLUICE_RETURN_IF_ERROR(ParseArray("engagements", engagements).status());
  return FeedRequest{
      .method = "POST",
      .service = FeedService::kAnalytics,
      .path = "engagement/",
      .body = JsonObjectText().Add("content_list", engagements).text(),
      .claims = AllClaims()};
}

absl::StatusOr<FeedRequest> ImpressionsRequest(std::string_view impressions) {
  SLUICE_RETURN_IF_ERROR(ParseArray("impressions", impressions).status());
  return FeedRequest{.method = "POST",
                     .service = FeedService::kAnalytics,
                     .path = "impression/",
                     .body = std::string(impressions),
                     .claims = AllClaims()};
}

absl::StatusOr<FeedRequest> PreviewRequest(std::string_view url) {
  SLUICE_RETURN_IF_ERROR(CheckUrl("url", url));
  return FeedRequest{.method = "GET",
                     .path = "og/",
                     .query = {{"url", std::string(url)}},
                     .claims = AllClaims()};
}

}  // namespace

absl::StatusOr<std::string> Analytics::RedirectUrl(
    std::string_view target_url, std::string_view user_id,
    std::string_view events) const {
  SLUICE_RETURN_IF_ERROR(CheckUrl("target_url", target_url));
  SLUICE_RETURN_IF_ERROR(CheckText("user_id", user_id));
  SLUICE_RETURN_IF_ERROR(ParseArray("events", events).status());
  const FeedClientOptions& options = connection_->options();
  const std::string token =
      SignToken(options.api_secret, {.action = "*",
                                     .resource = "redirect_and_track",
                                     .feed_id = "*",
                                     .user_id = std::string(user_id)});
  return absl::StrCat(
      options.redirect_url, "?auth_type=jwt&authorization=", token,
      "&url=", FormEncode(target_url), "&api_key=", FormEncode(options.api_key),
      "&events=", FormEncode(events));
}

std::unique_ptr<HttpCall> Analytics::TrackEngagements(
    std::string_view engagements, FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(EngagementsRequest(engagements),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Analytics::TrackImpressions(
    std::string_view impressions, FeedDone<FeedAnswer> done) {
  return connection_->Call<FeedAnswer>(ImpressionsRequest(impressions),
                                       std::move(done));
}

std::unique_ptr<HttpCall> Analytics::Preview(std::string_view url,
                                             FeedDone<PagePreview> done) {
  return connection_->Call<PagePreview>(PreviewRequest(url), std::move(done));
}

}  // namespace sluice::feed
