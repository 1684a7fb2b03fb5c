// `sluice feed personalization get|post|delete`.
#include <memory>

#include "absl/strings/str_cat.h"
#include "tools/sluice/feed/feed_parameters.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"

namespace sluice {
namespace {

struct Arguments {
  std::string resource;
  std::vector<std::string> parameters;
  std::string data = "{}";
};

int Run(FeedTool& tool, const Arguments& arguments, const std::string& method) {
  const auto query = ParseParameters(arguments.parameters);
  if (!query.ok()) return tool.Fail(query.status());
  const auto data = tool.ReadJson("--data", arguments.data);
  if (!data.ok()) return tool.Fail(data.status());
  return tool.Call<feed::FeedAnswer>(
      [&](feed::FeedClient& client, feed::FeedDone<feed::FeedAnswer> done) {
        feed::Personalization resources = client.personalization();
        if (method == "get") {
          return resources.Get(arguments.resource, *query, std::move(done));
        }
        if (method == "delete") {
          return resources.Delete(arguments.resource, *query, std::move(done));
        }
        return resources.Post(arguments.resource, *query, *data,
                              std::move(done));
      },
      [](const feed::FeedAnswer& answer) {
        return FormatMembers(answer.json);
      });
}

void AddMethod(CLI::App& parent, const FeedCommand& command,
               const std::string& method, const std::string& what) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* call =
      command.Add(parent, method, what,
                  {absl::StrCat("personalization ", method,
                                " follow_recommendations --param user_id=bob")},
                  [arguments, method](FeedTool& tool) {
                    return Run(tool, *arguments, method);
                  });
  AddNeeded(call, "resource", &arguments->resource,
            "Name of the resource, as Stream told it");
  AddFeedParameters(call, &arguments->parameters);
  if (method != "post") return;
  AddText(call, "--data", &arguments->data,
          "Body of the call, an object: JSON, @FILE, or -", "JSON");
}

}  // namespace

void AddFeedPersonalizationCommands(CLI::App& parent,
                                    const FeedCommand& command) {
  CLI::App* resources = AddGroup(
      parent, "personalization",
      "Resources of personalization that Stream set up for the application");
  AddMethod(*resources, command, "get", "Read a resource");
  AddMethod(*resources, command, "post", "Send something to a resource");
  AddMethod(*resources, command, "delete", "Delete from a resource");
}

}  // namespace sluice
