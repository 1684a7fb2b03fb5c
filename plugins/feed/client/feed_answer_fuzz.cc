// Answers of the feed service, good and bad: one byte of status, the rest is
// the body. Every kind of result is read from each.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "glog/logging.h"
#include "pipeline/http/http_client.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/feed_error.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {
namespace {

template <typename Result>
void ReadOne(const JsonView& view) {
  Result result;
  const absl::Status status = ReadResult(view, &result);
  CHECK(status.ok() || absl::IsUnknown(status));
}

template <typename... Results>
void ReadAll(const JsonView& view) {
  (ReadOne<Results>(view), ...);
}

void Read(int http_status, std::string_view body) {
  const absl::Status status = AnswerStatus({http_status, {}, std::string(body)},
                                           absl::FromUnixSeconds(0));
  CHECK_EQ(status.ok(), http_status == 200);
  CHECK_EQ(FeedErrorOf(status).has_value(), http_status != 200);
  CHECK_LT(status.message().size(), 64u << 10);
  const absl::StatusOr<JsonView> view = JsonView::Parse(body);
  if (!view.ok()) return;
  ReadAll<FeedPage, AddedActivity, ActivityList, RemovedActivity, TargetsChange,
          FollowPage, FollowStats, UserAnswer, UserList, CollectionAnswer,
          CollectionList, ReactionAnswer, ReactionPage, PagePreview>(*view);
}

}  // namespace
}  // namespace sluice::feed

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr int kStatuses[] = {200, 301, 400, 401, 403, 404, 405, 408,
                               409, 413, 422, 429, 500, 502, 503, 504};
  sluice::feed::Read(
      kStatuses[data[0] % 16],
      std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
