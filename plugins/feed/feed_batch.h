// Sorting the events of a delivery by feed, as activities ready to send.
#ifndef PLUGINS_FEED_FEED_BATCH_H_
#define PLUGINS_FEED_FEED_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pipeline/api/sink.h"
#include "pipeline/template/template.h"
#include "plugins/feed/activity.h"

namespace sluice::feed {

// Activities from `begin` up to, not including, `end` of a FeedBatch.
struct ActivityRange {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
};

struct RequestLimits {
  size_t max_activities = 100;
  // Of the body. One activity is always allowed.
  size_t max_bytes = 100 << 10;
};

// The activities of one delivery that go to one feed, in order, rendered once:
// whatever way they are split into requests, bodies are cut from one buffer.
class FeedBatch {
 public:
  explicit FeedBatch(std::string feed) : feed_(std::move(feed)) {}

  // `group:id`, valid.
  const std::string& feed() const { return feed_; }
  size_t size() const { return activities_.size(); }
  // The place in the delivery of the activity at `index`.
  size_t item(size_t index) const { return activities_[index].item; }

  // The body of a request with the activities of `range`, which is not empty.
  std::string Body(ActivityRange range) const;

  // Requests for all activities, in order. Two activities with the same key
  // never share one: of those the service keeps only the last, so they have to
  // come one after the other.
  std::vector<ActivityRange> Cut(const RequestLimits& limits) const;

 private:
  friend class DeliverySorter;
  struct Activity {
    size_t begin;
    size_t end;
    uint64_t key;
    size_t item;
  };

  std::string feed_;
  // One activity behind the other, with commas between them.
  std::string json_;
  std::vector<Activity> activities_;
};

// Renders deliveries.
//
// Thread-safety: none; reuses memory from delivery to delivery.
class DeliverySorter {
 public:
  explicit DeliverySorter(ActivityWriter writer) : writer_(std::move(writer)) {}

  // The activities of `delivery` by feed, feeds in order of their first event.
  // The outcome of an event that cannot become an activity is put into
  // `outcomes`, which has a place for each.
  std::vector<FeedBatch> Sort(const Delivery& delivery,
                              std::vector<Outcome>* outcomes);

 private:
  // The batch for `feed`, made if there is none.
  FeedBatch& BatchFor(std::string_view feed, std::vector<FeedBatch>& batches);

  ActivityWriter writer_;
  TemplateInput input_;
  // Places of feeds in the batches at hand, of the first `indexed_` of them.
  std::unordered_map<std::string, size_t> index_;
  size_t indexed_ = 0;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_FEED_BATCH_H_
