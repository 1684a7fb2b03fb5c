// Activities and reactions with what they refer to in place of the references.
//
// Facts: stream-python 5.3.1 stream/tests/test_client.py
// (test_feed_enrichment_*), stream-js 8.14.0 test/integration/cloud/.
#ifndef TOOLS_SANDBOX_FEED_FEED_ENRICHMENT_H_
#define TOOLS_SANDBOX_FEED_FEED_ENRICHMENT_H_

#include <string>
#include <string_view>

#include "boost/json/fwd.hpp"
#include "boost/json/object.hpp"
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
  boost::json::object Activity(const FeedItem& item) const;
  // With its user and its latest children.
  boost::json::object Reaction(const FeedReaction& reaction) const;

 private:
  boost::json::object User(std::string_view id,
                           std::string_view reference) const;
  // What a text stands for; the text itself if it is no reference.
  boost::json::value Resolve(std::string_view text) const;
  void ResolveAll(boost::json::value& value) const;
  void AddReactions(boost::json::object& activity) const;
  boost::json::object LatestReactions(std::string_view activity_id,
                                      boost::json::object& extra) const;
  // Up to five of each kind, of `user` or, if it is empty, of anybody.
  boost::json::object OwnReactions(ReactionsOf of, std::string_view owner,
                                   std::string_view user) const;
  // Counts by kind, of those that the call asks for.
  boost::json::object Counts(ReactionsOf of, std::string_view owner) const;
  bool Wants(std::string_view kind) const;
  // Without children of its children.
  boost::json::object PlainReaction(const FeedReaction& reaction) const;

  const FeedService& service_;
  const FeedCall& call_;
  const std::vector<std::string> kinds_;  // empty: all
  const bool own_children_;
  const size_t recent_limit_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_ENRICHMENT_H_
