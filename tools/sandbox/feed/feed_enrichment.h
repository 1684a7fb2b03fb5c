// Activities and reactions with what they refer to in place of the references.
//
// Facts: stream-python 5.3.1 stream/tests/test_client.py
// (test_feed_enrichment_*), stream-js 8.14.0 test/integration/cloud/.
#ifndef TOOLS_SANDBOX_FEED_FEED_ENRICHMENT_H_
#define TOOLS_SANDBOX_FEED_FEED_ENRICHMENT_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/json/json_object_text.h"
#include "pipeline/json/json_view.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_reactions.h"
#include "tools/sandbox/feed/feed_store.h"

namespace sluice::sandbox {

// Writes what one call answers; the flags of the call say how much of it.
// References: SU:id a user, SO:collection:id an object, SA:id an activity,
// SR:id a reaction. What replaces a reference is not enriched again.
class FeedEnrichment {
 public:
  // Both outlive it.
  FeedEnrichment(const FeedService& service, const FeedCall& call);

  // An activity as the call wants it: plain or enriched.
  void Append(const FeedItem& item, std::string& out) const;
  // Enriched, with its reactions as far as the call's flags ask for them.
  std::string Activity(const FeedItem& item) const;
  // With its user and its latest children.
  JsonObjectText Reaction(const FeedReaction& reaction) const;

 private:
  std::string User(std::string_view id, std::string_view reference) const;
  // The JSON of what a text stands for. Nullopt: it is no reference.
  std::optional<std::string> Resolve(std::string_view text) const;
  void AppendResolved(const JsonView& value, std::string& out) const;
  // Members that the flags ask for of the activity with this id: names and
  // JSON.
  std::vector<std::pair<const char*, std::string>> Reactions(
      std::string_view activity_id) const;
  std::string LatestReactions(std::string_view activity_id,
                              JsonObjectText& extra) const;
  // Up to five of each kind, of `user` or, if it is empty, of anybody.
  std::string OwnReactions(ReactionsOf of, std::string_view owner,
                           std::string_view user) const;
  // Counts by kind, of those that the call asks for.
  std::string Counts(ReactionsOf of, std::string_view owner) const;
  bool Wants(std::string_view kind) const;
  JsonObjectText ReactionWith(const FeedReaction& reaction,
                              std::string_view latest_children,
                              std::string_view children_counts) const;

  const FeedService& service_;
  const FeedCall& call_;
  const std::vector<std::string> kinds_;  // empty: all
  const bool own_children_;
  const size_t recent_limit_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ENRICHMENT_H_
