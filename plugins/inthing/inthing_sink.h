// A sink that posts events to a stream of inthing.io.
#ifndef PLUGINS_INTHING_INTHING_SINK_H_
#define PLUGINS_INTHING_INTHING_SINK_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/sink.h"
#include "pipeline/rate/rate_budget.h"
#include "plugins/inthing/digest.h"
#include "plugins/inthing/inthing_client.h"
#include "plugins/inthing/post_maker.h"

namespace sluice::inthing {

// The service counts posts per stream in windows of 60 s and 900 s that begin
// at multiples of their length: 20 and 100, of an unclaimed stream 10 and 30
// (willmcgugan/timeline at 0ca45ba9, logic/views/upload.xml). It tells of them
// only by refusing, so these limits keep below both however they lie: 10 posts
// at once, then one per 10 s; unclaimed 6 and 37.5 s.
RateLimits ClaimedLimits();
RateLimits UnclaimedLimits();

struct InthingSinkOptions {
  InthingClientOptions client;
  Stream stream;
  PostRules rules;
  // All sinks of the process with the same key share their limits.
  std::string rate_key;
  RateLimits rate = ClaimedLimits();
  // What the rate is tightened to when the service says that the stream is
  // unclaimed; nullopt: it stays as it is.
  std::optional<RateLimits> unclaimed_rate;
  size_t digest_after = 3;
  size_t max_digest_events = 500;
};

// Makes at most one post per delivery and leaves the rest (kNotTried) for the
// next, so that each post sees all that waits by then:
//
//   no post may go out yet         all left; retry_after says when
//   up to digest_after events      the first one
//   more                           a digest of all up to the first urgent one
//   an urgent event at the head    that one, unless more than digest_after
//                                  urgent ones wait in a row
//
// The service has no key to tell a repeat by, so a lost answer is kUnknown.
//
//   rate limited                   kRetry, and retry_after until the window of
//                                  the service ends; longer and longer when
//                                  that was not enough
//   wrong password, no such stream misconfigured, naming `password` or `stream`
//   HTTP 401, 403, 404, 3xx, bad   misconfigured, naming `url`
//   certificate
//   another field refused          kRejected "validation"; a digest is halved
//                                  until the event to blame stands alone
//   status "error"                 kUnknown three times, then kRejected
//                                  "server_error"; digests are halved
class InthingSink final : public Sink {
 public:
  explicit InthingSink(InthingSinkOptions options);

  SinkTraits traits() const override;
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  // A delivery with a post under way that tells of its first events.
  struct UnderWay {
    Delivery delivery;
    DeliverCallback done;
    // One per event; those in the post are at `in_post`.
    std::vector<Outcome> outcomes;
    std::vector<size_t> in_post;
    std::unique_ptr<HttpCall> call;
  };

  // Renders event `index` of `delivery`. False: it cannot be posted, and its
  // outcome says why.
  bool Render(const Delivery& delivery, size_t index,
              std::vector<DigestMember>* members,
              std::vector<Outcome>* outcomes);
  // Adds to `members` what else goes into the same post.
  void Gather(std::vector<DigestMember>* members);
  void Send(const std::vector<DigestMember>& members);
  void HandleAnswer(const PostAnswer& answer);
  void HandleRateLimit(const PostAnswer& answer, DeliveryResult* result);
  void HandleRefused(const PostAnswer& answer, DeliveryResult* result);
  void HandleServerError(const PostAnswer& answer);
  void HandleFail(const PostAnswer& answer, DeliveryResult* result);
  // The service does not take the post: rejected if it is one event, else
  // smaller digests from now on.
  void RejectOrHalve(const std::string& reason, const std::string& message);
  void SetPosted(const Outcome& outcome);
  // Answers under_way_.
  void Finish(DeliveryResult result);
  void Report(HealthState state, std::string message);

  const InthingSinkOptions options_;
  PostMaker posts_;
  ComponentContext context_;
  std::unique_ptr<InthingClient> client_;
  // Of what the stream may take; from Start() on.
  std::unique_ptr<RateBudget::Share> rate_;
  std::optional<UnderWay> under_way_;
  // Most events of the next digest; smaller while a refused one is searched.
  size_t digest_limit_;
  // Rate limit answers in a row.
  int rate_limits_ = 0;

  Counter* posts_total_ = nullptr;
  Counter* digests_total_ = nullptr;
  Counter* digested_events_total_ = nullptr;
  Counter* rate_limits_total_ = nullptr;
  Gauge* allowed_ = nullptr;
};

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_INTHING_SINK_H_
