// `sluice feed get`.
#include <memory>

#include "tools/sluice/feed/feed_parameters.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"

namespace sluice {
namespace {

struct GetArguments {
  std::string feed;
  feed::ReadOptions options;
  std::vector<std::string> mark_read;
  std::vector<std::string> mark_seen;
  std::vector<std::string> parameters;
};

// "all" stands for every group.
feed::FeedMark ReadMark(const std::vector<std::string>& ids) {
  if (ids.size() == 1 && ids.front() == "all") return {.all = true};
  return {.ids = ids};
}

int RunGet(FeedTool& tool, const GetArguments& arguments) {
  feed::ReadOptions options = arguments.options;
  options.mark_read = ReadMark(arguments.mark_read);
  options.mark_seen = ReadMark(arguments.mark_seen);
  const absl::StatusOr<feed::FeedQuery> more =
      ParseParameters(arguments.parameters);
  if (!more.ok()) return tool.Fail(more.status());
  options.more = *more;
  return tool.Call<feed::FeedPage>(
      [&](feed::FeedClient& client, auto done) {
        return client.feeds().Get(arguments.feed, options, std::move(done));
      },
      &FormatFeedPage);
}

}  // namespace

void AddFeedReadingCommands(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<GetArguments>();
  CLI::App* get = command.Add(
      parent, "get", "Read a feed, newest first",
      {"get user:1 --limit 5", "get user:1 --limit 5 --id-lt ID",
       "get notification:1 --mark-seen all --mark-read GROUP,GROUP",
       "get user:1 --reaction-counts --reaction-kinds like,comment",
       "get user:1 --ranking popular --output json"},
      [arguments](FeedTool& tool) { return RunGet(tool, *arguments); });
  feed::ReadOptions* options = &arguments->options;
  AddNeeded(get, "feed", &arguments->feed, "The feed, group:id");
  AddNumber(get, "--limit", &options->limit,
            "At most so many entries (25; at most 100)");
  AddNumber(get, "--offset", &options->offset,
            "Leave so many out; --id-lt is faster");
  AddText(get, "--id-lt", &options->id_lt, "Entries before this one", "ID");
  AddText(get, "--id-lte", &options->id_lte, "This entry and those before it",
          "ID");
  AddText(get, "--id-gt", &options->id_gt, "Entries after this one", "ID");
  AddText(get, "--id-gte", &options->id_gte, "This entry and those after it",
          "ID");
  AddText(get, "--ranking", &options->ranking,
          "Ranking that the dashboard defines", "NAME");
  AddText(get, "--ranking-vars", &options->ranking_vars,
          "Values for it, a JSON object", "JSON");
  AddTexts(get, "--mark-read", &arguments->mark_read,
           "Groups of a notification feed that are read now, or \"all\"", "ID");
  AddTexts(get, "--mark-seen", &arguments->mark_seen,
           "Groups that are seen now, or \"all\"", "ID");
  AddFeedEnrichment(get, &options->enrichment);
  AddText(get, "--user", &options->user_id, "Whose reactions are one's own",
          "ID");
  AddFeedParameters(get, &arguments->parameters);
}

}  // namespace sluice
