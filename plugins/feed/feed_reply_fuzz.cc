// Answers of the feed service: a status, a Retry-After header and a body.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "glog/logging.h"
#include "plugins/feed/feed_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  using namespace sluice::feed;
  if (size < 3) return 0;
  constexpr int kStatuses[] = {200, 201, 204, 301, 400, 401, 403, 404,
                               409, 413, 422, 429, 500, 502, 503, 504};
  const size_t sent = data[1] % 8 + 1;
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t end = text.find('\n');
  HttpResponse response;
  response.status = kStatuses[data[0] % 16];
  response.headers = {{"Retry-After", std::string(text.substr(0, end))},
                      {"X-RateLimit-Reset", std::string(text.substr(0, end))}};
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  response.body = std::string(text);
  const FeedReply reply =
      ReadReply(response, {}, sent, absl::FromUnixSeconds(1'700'000'000));
  CHECK_EQ(reply.verdict == FeedReply::Verdict::kStored, reply.status.ok());
  if (reply.wait.has_value()) {
    CHECK(*reply.wait >= absl::Seconds(1) && *reply.wait <= absl::Hours(1));
  }
  for (const size_t culprit : reply.culprits) CHECK_LT(culprit, sent);
  return 0;
}
