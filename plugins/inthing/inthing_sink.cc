#include "plugins/inthing/inthing_sink.h"

#include <algorithm>
#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice::inthing {
namespace {

constexpr int kUrgent = 2;
// Tries of a post that breaks the service, before it is given up.
constexpr uint32_t kServerErrorAttempts = 4;
// Waits when a rate limit's window was not long enough.
constexpr absl::Duration kMinLimitBackoff = absl::Minutes(1);
constexpr absl::Duration kMaxLimitBackoff = absl::Minutes(15);
// Beyond the timeout of the request itself.
constexpr absl::Duration kTimeoutMargin = absl::Seconds(15);

const std::vector<RateWindow> kClaimedWindows = {{20, absl::Seconds(60)},
                                                 {100, absl::Seconds(900)}};
const std::vector<RateWindow> kUnclaimedWindows = {{10, absl::Seconds(60)},
                                                   {30, absl::Seconds(900)}};

std::vector<absl::Duration> SpansOf(const std::vector<RateWindow>& windows) {
  std::vector<absl::Duration> spans;
  for (const RateWindow& window : windows) spans.push_back(window.span);
  return spans;
}

}  // namespace

RateLimits ClaimedLimits() {
  return RateLimits::Within(kClaimedWindows, /*burst=*/10, /*reserve=*/2);
}

RateLimits UnclaimedLimits() {
  return RateLimits::Within(kUnclaimedWindows, /*burst=*/6, /*reserve=*/1);
}

InthingSink::InthingSink(InthingSinkOptions options)
    : options_(std::move(options)),
      posts_(options_.rules),
      digest_limit_(options_.max_digest_events) {}

SinkTraits InthingSink::traits() const {
  SinkTraits traits;
  traits.max_batch_events = options_.max_digest_events;
  traits.max_batch_bytes = 4 << 20;
  traits.max_in_flight = 1;
  traits.idempotent = false;
  traits.timeout = options_.client.timeout + kTimeoutMargin;
  return traits;
}

absl::Status InthingSink::Start(const ComponentContext& context) {
  context_ = context;
  const MetricLabels labels = context.metric_labels();
  MetricRegistry* metrics = context.metrics;
  posts_total_ = metrics->counter("inthing_posts_total", labels,
                                  "Posts that the service took.");
  digests_total_ = metrics->counter("inthing_digests_total", labels,
                                    "Posts that stand for several events.");
  digested_events_total_ =
      metrics->counter("inthing_digested_events_total", labels,
                       "Events that were posted in digests.");
  rate_limits_total_ =
      metrics->counter("inthing_rate_limits_total", labels,
                       "Posts that the service refused for their rate.");
  allowed_ = metrics->gauge(kAllowedEventsPerHour, labels);
  client_ = std::make_unique<InthingClient>(options_.client, context.http,
                                            context.random);
  std::vector<absl::Duration> spans = SpansOf(kClaimedWindows);
  rate_ = std::make_unique<RateBudget::Share>(
      context.rate_budgets == nullptr
          ? RateBudget::Create(std::move(spans), options_.rate)
          : context.rate_budgets->Get(options_.rate_key, std::move(spans),
                                      options_.rate));
  Report(HealthState::kHealthy, "");
  return absl::OkStatus();
}

void InthingSink::Deliver(Delivery delivery, DeliverCallback done) {
  std::vector<DigestMember> members;
  std::vector<Outcome> outcomes(delivery.items.size(), Outcome::NotTried());
  DeliveryResult answer;
  if (!Render(delivery, 0, &members, &outcomes)) {
    answer.outcomes = std::move(outcomes);
    return done(std::move(answer));
  }
  const auto claim = members[0].post.priority == kUrgent
                         ? RateBudget::Claim::kUrgent
                         : RateBudget::Claim::kNormal;
  const absl::Duration now = context_.executor->MonotonicNow();
  const absl::Duration wait = rate_->Take(now, claim);
  // A backlog goes out in digests.
  allowed_->Set(rate_->AllowedPerHour(
      now, static_cast<double>(options_.max_digest_events)));
  if (wait > absl::ZeroDuration()) {
    answer.outcomes = std::move(outcomes);
    answer.retry_after = wait;
    return done(std::move(answer));
  }
  under_way_.emplace();
  under_way_->delivery = std::move(delivery);
  under_way_->done = std::move(done);
  under_way_->outcomes = std::move(outcomes);
  under_way_->in_post.push_back(0);
  Gather(&members);
  Send(members);
}

bool InthingSink::Render(const Delivery& delivery, size_t index,
                         std::vector<DigestMember>* members,
                         std::vector<Outcome>* outcomes) {
  const EventView& event = delivery.items[index].event;
  absl::StatusOr<Post> post = posts_.Make(event, context_.executor->Now());
  if (post.ok()) {
    members->push_back({event, *std::move(post)});
    return true;
  }
  const char* reason = absl::IsOutOfRange(post.status()) ? "too_large"
                       : absl::IsDataLoss(post.status()) ? "image"
                                                         : "template";
  (*outcomes)[index] =
      Outcome::Rejected(reason, std::string(post.status().message()));
  return false;
}

void InthingSink::Gather(std::vector<DigestMember>* members) {
  UnderWay& u = *under_way_;
  const size_t waiting = u.delivery.items.size();
  if (waiting <= options_.digest_after) return;
  const bool urgent_head = members->front().post.priority == kUrgent;
  bool all_urgent = urgent_head;
  size_t newest_picture = 0;
  for (size_t i = 1; i < waiting && members->size() < digest_limit_; ++i) {
    if (!Render(u.delivery, i, members, &u.outcomes)) continue;
    const bool urgent = members->back().post.priority == kUrgent;
    all_urgent &= urgent;
    // Urgent events are posted on their own, unless too many wait in a row.
    const bool ends =
        urgent_head ? !all_urgent && i <= options_.digest_after : urgent;
    if (ends) {
      members->pop_back();
      if (urgent_head) members->resize(1);
      break;
    }
    u.in_post.push_back(i);
    if (!members->back().post.image.has_value()) continue;
    // A digest shows the newest picture alone; the first is kept for when its
    // event is posted on its own.
    if (newest_picture > 0) (*members)[newest_picture].post.image.reset();
    newest_picture = members->size() - 1;
  }
  if (urgent_head && members->size() <= options_.digest_after) {
    members->resize(1);
  }
  u.in_post.resize(members->size());
}

void InthingSink::Send(const std::vector<DigestMember>& members) {
  posts_total_->Add();
  const bool is_digest = members.size() > 1;
  if (is_digest) {
    digests_total_->Add();
    digested_events_total_->Add(members.size());
  }
  const Post post =
      is_digest ? MakeDigest(members, context_.name) : members.front().post;
  under_way_->call = client_->Send(
      options_.stream, post, [this] { return context_.executor->Now(); },
      [this](PostAnswer answer) { HandleAnswer(answer); });
}

void InthingSink::HandleAnswer(const PostAnswer& answer) {
  DeliveryResult result;
  if (answer.kind != PostAnswer::Kind::kRateLimited) rate_limits_ = 0;
  switch (answer.kind) {
    case PostAnswer::Kind::kOk:
      VLOG(1) << context_.name << ": posted " << answer.event_url;
      digest_limit_ = options_.max_digest_events;
      SetPosted(Outcome::Delivered());
      Report(HealthState::kHealthy, "");
      break;
    case PostAnswer::Kind::kFail:
      HandleFail(answer, &result);
      break;
    case PostAnswer::Kind::kRateLimited:
      HandleRateLimit(answer, &result);
      break;
    case PostAnswer::Kind::kServerError:
      HandleServerError(answer);
      break;
    case PostAnswer::Kind::kRefused:
      HandleRefused(answer, &result);
      break;
    case PostAnswer::Kind::kUnreachable:
      SetPosted(Outcome::Retry(answer.message));
      Report(HealthState::kDegraded, answer.message);
      break;
    case PostAnswer::Kind::kLost:
      SetPosted(Outcome::Unknown(answer.message));
      Report(HealthState::kDegraded, answer.message);
      break;
    case PostAnswer::Kind::kMisconfigured:
      result.misconfigured =
          absl::FailedPreconditionError("url: " + answer.message);
      break;
  }
  Finish(std::move(result));
}

void InthingSink::HandleRateLimit(const PostAnswer& answer,
                                  DeliveryResult* result) {
  rate_limits_total_->Add();
  ++rate_limits_;
  absl::Duration wait = answer.retry_after.value_or(kMinLimitBackoff);
  if (rate_limits_ > 1) {
    // The first backoff is for the second answer; it stops growing at once it
    // has reached the longest.
    const int doublings = std::min(rate_limits_ - 2, 10);
    wait = std::max(
        wait, std::min(kMinLimitBackoff * (1 << doublings), kMaxLimitBackoff));
  }
  // Not exactly at the edge of the window: clocks differ.
  wait += absl::Seconds(absl::Uniform(*context_.random, 0.5, 2.0));
  if (answer.is_unclaimed_limit && options_.unclaimed_rate.has_value()) {
    rate_->Tighten(*options_.unclaimed_rate);
  }
  rate_->Block(context_.executor->MonotonicNow() + wait);
  SetPosted(Outcome::Retry(answer.message));
  result->retry_after = wait;
  Report(HealthState::kDegraded,
         absl::StrCat("rate limited: ", answer.message));
}

void InthingSink::HandleRefused(const PostAnswer& answer,
                                DeliveryResult* result) {
  const int status = answer.http_status;
  if (status == 401 || status == 403 || status == 404 || status == 405 ||
      (status >= 300 && status < 400)) {
    result->misconfigured =
        absl::FailedPreconditionError("url: " + answer.message);
  } else if (status == 413) {
    RejectOrHalve("too_large", answer.message);
  } else if (status == 408 || status == 425 || status == 429 || status >= 500) {
    SetPosted(Outcome::Retry(answer.message));
    result->retry_after = answer.retry_after;
    Report(HealthState::kDegraded, answer.message);
  } else {
    RejectOrHalve("refused", answer.message);
  }
}

void InthingSink::HandleServerError(const PostAnswer& answer) {
  uint32_t attempt = 0;
  for (const size_t index : under_way_->in_post) {
    attempt = std::max(attempt, under_way_->delivery.items[index].attempt);
  }
  Report(HealthState::kDegraded, answer.message);
  if (attempt >= kServerErrorAttempts) {
    RejectOrHalve("server_error", answer.message);
  } else {
    SetPosted(Outcome::Unknown(answer.message));
  }
}

void InthingSink::HandleFail(const PostAnswer& answer, DeliveryResult* result) {
  for (const char* field : {"stream", "password"}) {
    if (const std::string* error = answer.FieldError(field)) {
      result->misconfigured = absl::FailedPreconditionError(
          absl::StrCat(field, ": ", *error,
                       *error == "this stream requires a password"
                           ? " (it may have been claimed since)"
                           : ""));
      return;
    }
  }
  RejectOrHalve("validation", answer.message);
}

void InthingSink::RejectOrHalve(const std::string& reason,
                                const std::string& message) {
  const size_t posted = under_way_->in_post.size();
  if (posted == 1) return SetPosted(Outcome::Rejected(reason, message));
  digest_limit_ = posted / 2;
  SetPosted(Outcome::Retry(message));
}

void InthingSink::SetPosted(const Outcome& outcome) {
  for (const size_t index : under_way_->in_post) {
    under_way_->outcomes[index] = outcome;
  }
}

void InthingSink::Finish(DeliveryResult result) {
  rate_->Done();
  if (result.misconfigured.ok()) {
    result.outcomes = std::move(under_way_->outcomes);
  } else {
    Report(HealthState::kPaused, std::string(result.misconfigured.message()));
  }
  DeliverCallback done = std::move(under_way_->done);
  // `done` may begin the next delivery.
  under_way_.reset();
  done(std::move(result));
}

void InthingSink::Report(HealthState state, std::string message) {
  context_.health->Report({state, std::move(message)});
}

void InthingSink::Stop(absl::AnyInvocable<void()> done) {
  if (under_way_.has_value()) {
    under_way_->call.reset();
    SetPosted(Outcome::Unknown("stopped before the service answered"));
    Finish({});
  }
  done();
}

}  // namespace sluice::inthing
