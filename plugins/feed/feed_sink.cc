#include "plugins/feed/feed_sink.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/feed/client_options.h"
#include "plugins/feed/feed_delivery.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

using Verdict = FeedReply::Verdict;

constexpr absl::Duration kDefaultRequestTimeout = absl::Seconds(10);
constexpr absl::Duration kMaxRequestTimeout = absl::Minutes(10);
// No source names a limit for batch adds; 100 is that of the sibling calls
// (stream-net 7.4.0 StreamFeed.cs, stream-php 8.0.0 Client.php).
constexpr uint32_t kDefaultRequestActivities = 100;
constexpr uint32_t kMaxRequestActivities = 1'000;
// Below the 128 KiB that the service once named
// (https://github.com/GetStream/stream-ruby/issues/26).
constexpr uint64_t kDefaultRequestBytes = 100 << 10;
constexpr uint64_t kMinRequestBytes = 1 << 10;
constexpr uint32_t kDefaultConcurrentRequests = 8;
constexpr uint32_t kMaxConcurrentRequests = 256;

// Events of a delivery: what fills one request.
constexpr size_t kBatchEvents = 100;
constexpr size_t kDeliveriesInFlight = 8;
// Finding one guilty activity of 100 takes about 14 requests. A burst of bad
// input must not eat the rate limit; what is left is split at the next attempt.
constexpr int kMaxSplits = 64;
// After so many attempts a 500 may be due to one of the activities.
constexpr uint32_t kSuspiciousAttempts = 5;

// Waits after a 429 that names no time: 1, 2, 4, ... 60 s.
constexpr absl::Duration kMaxBlindWait = absl::Seconds(60);
constexpr int kMaxDoublings = 6;
// Part of a wait that is added at random, so that many sinks do not come back
// at once.
constexpr double kWaitJitter = 0.1;

// The windows in which the service counts requests
// (https://getstream.io/activity-feeds/docs/python/rate_limit/).
std::vector<absl::Duration> RateSpans() {
  return {absl::Minutes(1), absl::Minutes(15), absl::Hours(1)};
}

// What the same page says of adding activities, for as long as no answer tells
// what this application may do.
RateLimits KnownLimits() {
  return RateLimits::Within({{1'000, absl::Minutes(1)},
                             {12'000, absl::Minutes(15)},
                             {48'000, absl::Hours(1)}},
                            /*burst=*/200);
}

absl::StatusOr<absl::Duration> ReadTimeout(const v1::FeedSinkConfig& config) {
  if (!config.has_request_timeout()) return kDefaultRequestTimeout;
  const absl::Duration timeout =
      absl::Seconds(config.request_timeout().seconds()) +
      absl::Nanoseconds(config.request_timeout().nanos());
  if (timeout <= absl::ZeroDuration() || timeout > kMaxRequestTimeout) {
    return ConfigError("request_timeout",
                       absl::StrCat(absl::FormatDuration(timeout),
                                    " is not allowed; give "
                                    "more than 0 and at most ",
                                    absl::FormatDuration(kMaxRequestTimeout)));
  }
  return timeout;
}

// `value`, or `other` when it is not given (0).
absl::StatusOr<uint64_t> ReadLimit(std::string_view field, uint64_t value,
                                   uint64_t other, uint64_t min, uint64_t max) {
  if (value == 0) return other;
  if (value >= min && value <= max) return value;
  return ConfigError(
      field, absl::StrCat(value, " is not allowed; give ", min, " to ", max));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sink>> FeedSink::Create(
    const v1::FeedSinkConfig& config) {
  SLUICE_ASSIGN_OR_RETURN(FeedClientOptions client_options,
                          ReadClientOptions(config));
  SLUICE_ASSIGN_OR_RETURN(FeedConnection connection,
                          FeedConnection::Create(std::move(client_options)));
  SLUICE_ASSIGN_OR_RETURN(ActivityWriter writer,
                          ActivityWriter::Create(config));
  Options options;
  SLUICE_ASSIGN_OR_RETURN(options.request_timeout, ReadTimeout(config));
  SLUICE_ASSIGN_OR_RETURN(
      options.limits.max_activities,
      ReadLimit("max_request_activities", config.max_request_activities(),
                kDefaultRequestActivities, 1, kMaxRequestActivities));
  SLUICE_ASSIGN_OR_RETURN(
      options.limits.max_bytes,
      ReadLimit("max_request_bytes", config.max_request_bytes(),
                kDefaultRequestBytes, kMinRequestBytes, 1 << 30));
  SLUICE_ASSIGN_OR_RETURN(
      options.max_concurrent_requests,
      ReadLimit("max_concurrent_requests", config.max_concurrent_requests(),
                kDefaultConcurrentRequests, 1, kMaxConcurrentRequests));
  return std::unique_ptr<Sink>(
      new FeedSink(options, std::move(connection), std::move(writer)));
}

SinkTraits FeedSink::traits() const {
  SinkTraits traits;
  traits.max_batch_events = kBatchEvents;
  traits.max_in_flight = kDeliveriesInFlight;
  traits.idempotent = true;
  // Room for the requests that splitting takes.
  traits.timeout = std::max(absl::Seconds(30), 3 * options_.request_timeout);
  return traits;
}

absl::Status FeedSink::Start(const ComponentContext& context) {
  context_ = context;
  connection_.Start(context.http, context.executor);
  rate_ = std::make_unique<RateBudget::Share>(
      context.rate_budgets == nullptr
          ? RateBudget::Create(RateSpans(), KnownLimits())
          : context.rate_budgets->Get(connection_.credential(), RateSpans(),
                                      KnownLimits()));
  const MetricLabels labels = context.metric_labels();
  requests_ =
      context.metrics->counter("feed_requests_total", labels, "Requests sent.");
  activities_ =
      context.metrics->counter("feed_activities_total", labels,
                               "Activities that the service confirmed.");
  retries_ = context.metrics->counter("feed_retries_total", labels,
                                      "Requests that failed or got no answer.");
  throttles_ =
      context.metrics->counter("feed_throttles_total", labels, "Answers 429.");
  splits_ = context.metrics->counter("feed_splits_total", labels,
                                     "Requests sent again in parts.");
  allowed_ = context.metrics->gauge(kAllowedEventsPerHour, labels);
  return absl::OkStatus();
}

void FeedSink::Deliver(Delivery delivery, DeliverCallback done) {
  if (stopped_) {
    done(DeliveryResult::All(Outcome::Retry("the sink is stopped")));
    return;
  }
  auto job = std::make_shared<Job>();
  job->done = std::move(done);
  job->deadline = context_.executor->MonotonicNow() + delivery.timeout;
  job->splits_left = kMaxSplits;
  for (const DeliveryItem& item : delivery.items) {
    job->attempt = std::max(job->attempt, item.attempt);
  }
  job->result.outcomes.assign(delivery.items.size(), Outcome::NotTried());
  for (FeedBatch& batch : sorter_.Sort(delivery, &job->result.outcomes)) {
    const std::vector<ActivityRange> ranges = batch.Cut(options_.limits);
    job->groups.push_back({std::move(batch), {ranges.begin(), ranges.end()}});
  }
  job->open_groups = job->groups.size();
  if (job->groups.empty()) {
    Finish(job);
    return;
  }
  for (size_t i = 0; i < job->groups.size(); ++i) waiting_.push_back({job, i});
  Pump();
}

void FeedSink::Pump() {
  // Answering a delivery may bring the next one, and that comes here again.
  if (pumping_) return;
  pumping_ = true;
  while (!waiting_.empty() &&
         under_way_.size() < options_.max_concurrent_requests) {
    Turn turn = std::move(waiting_.front());
    waiting_.pop_front();
    Send(std::move(turn));
  }
  pumping_ = false;
}

void FeedSink::Send(Turn turn) {
  Job& job = *turn.job;
  if (job.halted) {
    Close(std::move(turn), Outcome::NotTried());
    return;
  }
  const absl::Duration now = context_.executor->MonotonicNow();
  const absl::Duration left = job.deadline - now;
  if (left <= absl::ZeroDuration()) {
    Close(std::move(turn), Outcome::Retry("no time was left to send it"));
    return;
  }
  if (const absl::Duration wait = rate_->Take(now);
      wait > absl::ZeroDuration()) {
    job.halted = true;
    job.result.retry_after =
        std::max(job.result.retry_after.value_or(wait), wait);
    Close(std::move(turn), Outcome::NotTried());
    return;
  }
  Group& group = job.groups[turn.group];
  const ActivityRange range = group.todo.front();
  group.todo.pop_front();
  const uint64_t id = next_id_++;
  requests_->Add();
  // Only valid names come this far.
  const FeedName feed = *ParseFeedName(group.batch.feed());
  auto call = DeliverActivities(
      connection_, feed, group.batch.Body(range), range.size(),
      std::min(left, options_.request_timeout),
      [this, id](FeedReply reply) { OnReply(id, std::move(reply)); });
  under_way_.emplace(id, Request{std::move(turn), range, std::move(call)});
}

void FeedSink::OnReply(uint64_t id, FeedReply reply) {
  auto node = under_way_.extract(id);
  Request request = std::move(node.mapped());
  Job& job = *request.turn.job;
  Group& group = job.groups[request.turn.group];
  const std::string message(reply.status.message());
  rate_->Done();
  if (reply.window.has_value()) {
    rate_->Observe(context_.executor->MonotonicNow(), *reply.window);
  }
  TellAllowance();

  switch (reply.verdict) {
    case Verdict::kStored:
      OnStored(request);
      break;
    case Verdict::kRefusedData:
    case Verdict::kTooLarge:
      OnRefused(group, job, request.range, reply);
      break;
    case Verdict::kThrottled:
      Throttle(job, reply);
      SetOutcome(job, group, request.range, Outcome::NotTried());
      break;
    case Verdict::kMisconfigured:
      job.result.misconfigured = reply.status;
      job.halted = true;
      SetOutcome(job, group, request.range, Outcome::NotTried());
      break;
    case Verdict::kServerError:
      if (job.attempt > kSuspiciousAttempts &&
          Split(group, job, request.range, {})) {
        break;
      }
      [[fallthrough]];
    case Verdict::kUnknown:
    case Verdict::kNotTaken: {
      retries_->Add();
      Report(HealthState::kDegraded, message);
      SetOutcome(job, group, request.range,
                 reply.verdict == Verdict::kNotTaken
                     ? Outcome::Retry(message)
                     : Outcome::Unknown(message));
      if (reply.wait.has_value()) PauseFor(*reply.wait, job);
      // Later events of a device must not overtake these.
      Close(std::move(request.turn), Outcome::NotTried());
      Pump();
      return;
    }
  }
  Continue(std::move(request.turn));
  Pump();
}

void FeedSink::OnStored(const Request& request) {
  throttled_in_a_row_ = 0;
  activities_->Add(request.range.size());
  Report(HealthState::kHealthy, "");
  SetOutcome(*request.turn.job, request.turn.job->groups[request.turn.group],
             request.range, Outcome::Delivered());
}

void FeedSink::OnRefused(Group& group, Job& job, ActivityRange range,
                         const FeedReply& reply) {
  if (Split(group, job, range, reply.culprits)) return;
  const std::string message(reply.status.message());
  if (range.size() > 1) {
    SetOutcome(job, group, range,
               Outcome::Retry(absl::StrCat(
                   message, "; which activity is to blame is not found yet")));
    return;
  }
  const char* reason =
      reply.verdict == Verdict::kTooLarge ? "too_large" : "refused";
  SetOutcome(job, group, range, Outcome::Rejected(reason, message));
}

bool FeedSink::Split(Group& group, Job& job, ActivityRange range,
                     const std::vector<size_t>& culprits) {
  if (range.size() == 1 || job.splits_left == 0) return false;
  --job.splits_left;
  splits_->Add();
  // Each suspect alone and what lies between in one piece; else two halves.
  std::vector<ActivityRange> parts;
  size_t begin = range.begin;
  for (size_t culprit : culprits) {
    const size_t at = range.begin + culprit;
    if (at > begin) parts.push_back({begin, at});
    parts.push_back({at, at + 1});
    begin = at + 1;
  }
  if (begin < range.end) parts.push_back({begin, range.end});
  if (parts.size() == 1) {
    const size_t middle = range.begin + range.size() / 2;
    parts = {{range.begin, middle}, {middle, range.end}};
  }
  group.todo.insert(group.todo.begin(), parts.begin(), parts.end());
  return true;
}

void FeedSink::Throttle(Job& job, const FeedReply& reply) {
  throttles_->Add();
  const absl::Duration blind =
      std::min(absl::Seconds(1 << std::min(throttled_in_a_row_, kMaxDoublings)),
               kMaxBlindWait);
  ++throttled_in_a_row_;
  const absl::Duration wait =
      reply.wait.value_or(blind) *
      (1.0 + absl::Uniform(*context_.random, 0.0, kWaitJitter));
  PauseFor(wait, job);
  job.halted = true;
  Report(HealthState::kDegraded,
         absl::StrCat("throttled by the service: ",
                      std::string(reply.status.message())));
}

void FeedSink::Continue(Turn turn) {
  if (turn.job->groups[turn.group].todo.empty()) {
    Close(std::move(turn), Outcome::NotTried());
    return;
  }
  // Before other feeds: whoever is split blocks its lane until it is done.
  waiting_.push_front(std::move(turn));
}

void FeedSink::Close(Turn turn, const Outcome& outcome) {
  Job& job = *turn.job;
  Group& group = job.groups[turn.group];
  for (const ActivityRange range : group.todo) {
    SetOutcome(job, group, range, outcome);
  }
  group.todo.clear();
  if (--job.open_groups == 0) Finish(turn.job);
}

void FeedSink::Finish(const JobPtr& job) {
  DeliverCallback done = std::move(job->done);
  done(std::move(job->result));
}

void FeedSink::SetOutcome(Job& job, const Group& group, ActivityRange range,
                          const Outcome& outcome) {
  for (size_t i = range.begin; i < range.end; ++i) {
    job.result.outcomes[group.batch.item(i)] = outcome;
  }
}

void FeedSink::PauseFor(absl::Duration wait, Job& job) {
  job.result.retry_after =
      std::max(job.result.retry_after.value_or(wait), wait);
  rate_->Block(context_.executor->MonotonicNow() + wait);
}

void FeedSink::TellAllowance() {
  // Requests are as large as the events' feeds make them.
  const double per_request = static_cast<double>(activities_->value()) /
                             static_cast<double>(requests_->value());
  allowed_->Set(rate_->AllowedPerHour(context_.executor->MonotonicNow(),
                                      std::max(1.0, per_request)));
}

void FeedSink::Report(HealthState state, std::string message) {
  context_.health->Report({state, std::move(message)});
}

void FeedSink::Stop(absl::AnyInvocable<void()> done) {
  stopped_ = true;
  if (context_.executor == nullptr) return done();  // Never started.
  absl::flat_hash_map<uint64_t, Request> under_way;
  under_way.swap(under_way_);
  std::deque<Turn> waiting;
  waiting.swap(waiting_);
  for (auto& [id, request] : under_way) {
    request.call.reset();
    rate_->Done();
    Job& job = *request.turn.job;
    SetOutcome(job, job.groups[request.turn.group], request.range,
               Outcome::Unknown("the sink was stopped before the answer came"));
    Close(std::move(request.turn), Outcome::NotTried());
  }
  for (Turn& turn : waiting) {
    Close(std::move(turn), Outcome::Retry("the sink was stopped before it was "
                                          "sent"));
  }
  context_.executor->Post(std::move(done));
}

}  // namespace sluice::feed
