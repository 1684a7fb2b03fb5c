#include "plugins/feed/plugin.h"

#include "plugins/feed/config.pb.h"
#include "plugins/feed/feed_sink.h"

namespace sluice::feed {

absl::Status RegisterFeed(PluginRegistry& registry) {
  return registry.AddSink<v1::FeedSinkConfig>(
      "feed", "adds activities to feeds of Stream (getstream.io)",
      &FeedSink::Create);
}

}  // namespace sluice::feed
