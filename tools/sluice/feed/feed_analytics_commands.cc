// `sluice feed redirect-url|engagements|impressions|og`.
#include <memory>

#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"

namespace sluice {
namespace {

struct RedirectArguments {
  std::string target_url;
  std::string user_id;
  std::string events;
};

int RunRedirectUrl(FeedTool& tool, const RedirectArguments& arguments) {
  const auto events = tool.ReadJson("events", arguments.events);
  if (!events.ok()) return tool.Fail(events.status());
  return tool.Show("redirect_url", [&](feed::FeedClient& client) {
    return client.analytics().RedirectUrl(arguments.target_url,
                                          arguments.user_id, *events);
  });
}

void AddRedirectUrl(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<RedirectArguments>();
  CLI::App* redirect = command.Add(
      parent, "redirect-url",
      "Print a link that counts its clicks; sends nothing",
      {R"(redirect-url https://example.com/page --user bob '[{"content":"tweet:2","label":"click","position":1}]')",
       "redirect-url https://example.com/page --user bob @events.json"},
      [arguments](FeedTool& tool) { return RunRedirectUrl(tool, *arguments); });
  AddNeeded(redirect, "target_url", &arguments->target_url,
            "Where the link leads to");
  AddNeeded(redirect, "events", &arguments->events,
            "Array of impressions and engagements: JSON, @FILE, or - for the "
            "standard input");
  AddNeeded(redirect, "--user", &arguments->user_id, "Who is meant to click");
}

void AddEngagements(CLI::App& parent, const FeedCommand& command) {
  auto json = std::make_shared<std::string>();
  CLI::App* engagements = command.Add(
      parent, "engagements", "Count clicks and the like",
      {R"(engagements '[{"content":"tweet:2","label":"click","user_data":"bob"}]')"},
      [json](FeedTool& tool) {
        const auto events = tool.ReadJson("engagements", *json);
        if (!events.ok()) return tool.Fail(events.status());
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.analytics().TrackEngagements(*events,
                                                         std::move(done));
            },
            [](const feed::FeedAnswer&) { return "counted\n"; });
      });
  AddNeeded(engagements, "engagements", json.get(),
            "Array of engagements: JSON, @FILE, or - for the standard input");
}

void AddImpressions(CLI::App& parent, const FeedCommand& command) {
  auto json = std::make_shared<std::string>();
  CLI::App* impressions = command.Add(
      parent, "impressions", "Count what was shown to people",
      {R"(impressions '[{"content_list":["tweet:1","tweet:2"],"user_data":"bob"}]')"},
      [json](FeedTool& tool) {
        const auto events = tool.ReadJson("impressions", *json);
        if (!events.ok()) return tool.Fail(events.status());
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.analytics().TrackImpressions(*events,
                                                         std::move(done));
            },
            [](const feed::FeedAnswer&) { return "counted\n"; });
      });
  AddNeeded(impressions, "impressions", json.get(),
            "Array of impressions: JSON, @FILE, or - for the standard input");
}

void AddPreview(CLI::App& parent, const FeedCommand& command) {
  auto url = std::make_shared<std::string>();
  CLI::App* preview = command.Add(
      parent, "og", "Show what a page says about itself (Open Graph)",
      {"og https://example.com/page"}, [url](FeedTool& tool) {
        return tool.Call<feed::PagePreview>(
            [&](feed::FeedClient& client, auto done) {
              return client.analytics().Preview(*url, std::move(done));
            },
            [](const feed::PagePreview& page) {
              return FormatMembers(page.json);
            });
      });
  AddNeeded(preview, "url", url.get(), "Address of the page");
}

}  // namespace

void AddFeedAnalyticsCommands(CLI::App& parent, const FeedCommand& command) {
  AddRedirectUrl(parent, command);
  AddEngagements(parent, command);
  AddImpressions(parent, command);
  AddPreview(parent, command);
}

}  // namespace sluice
