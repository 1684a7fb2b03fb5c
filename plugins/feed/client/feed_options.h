// What a client of Stream activity feeds is made with.
#ifndef PLUGINS_FEED_CLIENT_FEED_OPTIONS_H_
#define PLUGINS_FEED_CLIENT_FEED_OPTIONS_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace sluice::feed {

struct FeedClientOptions {
  // Key and secret of the application, from its dashboard. The secret signs
  // and is never sent.
  std::string api_key = {};
  std::string api_secret = {};
  // Number of the application. No call of this client sends it; it names the
  // channels of realtime notifications (stream-js 8.14.0 src/feed.ts).
  std::string app_id = {};
  // Data centre, e.g. "us-east"; empty: the service picks.
  std::string location = {};
  // Instead of a location: another address.
  std::string base_url = {};
  // Of the API; part of every address.
  std::string version = "v1.0";
  // Authorities to trust; empty: the system's.
  std::string ca_file = {};
  // How long one call may take.
  absl::Duration timeout = absl::Seconds(10);
  // Longer answers are refused.
  size_t max_answer_bytes = size_t{16} << 20;
  // Where links that count clicks lead through; the same for every location
  // (stream-python 5.3.1 stream/client/base.py).
  std::string redirect_url =
      "https://analytics.stream-io-api.com/analytics/redirect/";
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_OPTIONS_H_
