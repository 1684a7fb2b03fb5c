#include "tools/sluice/feed/feed_parameters.h"

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "tools/sluice/feed/feed_tool.h"

namespace sluice {

void AddFeedParameters(CLI::App* command, std::vector<std::string>* texts) {
  command
      ->add_option("--param", *texts,
                   "Further parameters of the call; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
}

absl::StatusOr<feed::FeedQuery> ParseParameters(
    const std::vector<std::string>& texts) {
  feed::FeedQuery query;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--param: \"", text, "\" must be NAME=VALUE"));
    }
    query.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return query;
}

void AddFeedEnrichment(CLI::App* command, feed::Enrichment* enrichment) {
  AddFlag(command, "--enrich", &enrichment->references,
          "Users and objects in place of references");
  AddFlag(command, "--own-reactions", &enrichment->own_reactions,
          "With one's own reactions");
  AddFlag(command, "--recent-reactions", &enrichment->recent_reactions,
          "With the latest reactions");
  AddFlag(command, "--reaction-counts", &enrichment->reaction_counts,
          "With numbers of reactions");
  AddTexts(command, "--reaction-kinds", &enrichment->reaction_kinds,
           "Only reactions of these kinds", "KIND");
}

}  // namespace sluice
