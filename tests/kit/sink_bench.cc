#include "tests/kit/sink_bench.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"
#include "tests/kit/flight.h"
#include "tests/kit/kit_case.h"

namespace sluice::kit {
namespace {

using Kind = Outcome::Kind;

// Between two tries, unless the sink asks for more. Sinks keep a pace of their
// own and say kNotTried meanwhile.
constexpr absl::Duration kRetryWait = absl::Milliseconds(20);

// Exactly what the pipeline gives: views into a batch that lives as long as the
// delivery, and no longer.
Delivery MakeDelivery(const Events& events, absl::Duration timeout,
                      uint32_t attempt) {
  EventBatchBuilder builder;
  for (const event::v1::Event& event : events) builder.Add(event);
  Delivery delivery;
  delivery.batches.push_back(builder.Build());
  delivery.timeout = timeout;
  for (size_t i = 0; i < events.size(); ++i) {
    DeliveryItem item;
    item.sequence = i + 1;
    item.event = delivery.batches[0]->event(i);
    item.attempt = attempt;
    delivery.items.push_back(item);
  }
  return delivery;
}

bool IsFinal(const Outcome& outcome) {
  return outcome.kind == Kind::kDelivered || outcome.kind == Kind::kRejected;
}

Events Cut(Events& events, size_t count) {
  Events head(
      std::make_move_iterator(events.begin()),
      std::make_move_iterator(events.begin() + static_cast<ptrdiff_t>(count)));
  events.erase(events.begin(), events.begin() + static_cast<ptrdiff_t>(count));
  return head;
}

// What is still to be delivered, as the pipeline's lanes hold it.
struct Backlog {
  std::deque<Events> parts;
  Fates fates;

  // Takes the answer to `events` in. True: something has to be sent again.
  bool Apply(Events events, const std::vector<Outcome>& outcomes) {
    if (outcomes.size() == 1 && events.size() > 1 &&
        outcomes[0].kind == Kind::kRejected) {
      Events first = Cut(events, events.size() / 2);
      parts.push_front(std::move(events));
      parts.push_front(std::move(first));
      return false;
    }
    Events again;
    for (size_t i = 0; i < events.size(); ++i) {
      const Outcome& outcome = outcomes[outcomes.size() == 1 ? 0 : i];
      if (IsFinal(outcome)) {
        fates[events[i].id()] = outcome;
      } else {
        again.push_back(std::move(events[i]));
      }
    }
    if (again.empty()) return false;
    parts.push_front(std::move(again));
    return true;
  }
};

}  // namespace

SinkBench::SinkBench(ComponentFactory<Sink> make, std::string secret,
                     Patience patience)
    : make_(std::move(make)), secret_(std::move(secret)), patience_(patience) {}

SinkBench::~SinkBench() {
  // What is wrong with it, a case has found, or will in its own time.
  Stop().IgnoreError();
}

absl::Status SinkBench::Make() {
  if (sink_ != nullptr) SLUICE_RETURN_IF_ERROR(Stop());
  absl::Status status;
  home_.Run([&] {
    absl::StatusOr<std::unique_ptr<Sink>> made = make_();
    status = made.status();
    if (made.ok()) sink_ = *std::move(made);
  });
  if (!status.ok()) {
    return Broken("the sink is not made: ", std::string(status.message()));
  }
  return absl::OkStatus();
}

absl::Status SinkBench::Start() {
  SLUICE_RETURN_IF_ERROR(Make());
  absl::Status status;
  home_.Run([&] { status = sink_->Start(home_.context()); });
  if (!status.ok()) {
    return Broken("the sink does not start: ", std::string(status.message()));
  }
  return absl::OkStatus();
}

SinkTraits SinkBench::traits() {
  SinkTraits traits;
  home_.Run([&] { traits = sink_->traits(); });
  return traits;
}

FlightPtr SinkBench::Send(const Events& events, absl::Duration timeout,
                          uint32_t attempt) {
  if (timeout == absl::ZeroDuration()) timeout = traits().timeout;
  auto flight = std::make_shared<Flight>(IdsOf(events));
  flights_.push_back(flight);
  // Not waited for: how long the call takes is one of the questions.
  home_.executor().Post([this, flight,
                         delivery =
                             MakeDelivery(events, timeout, attempt)]() mutable {
    sink_->Deliver(std::move(delivery), Flight::Callback(std::move(flight)));
  });
  return flight;
}

absl::StatusOr<DeliveryResult> SinkBench::Answer(const FlightPtr& flight) {
  if (!flight->Wait(patience_.answer)) {
    return Broken("a delivery of ", Listed(flight->ids()),
                  " is not answered: call `done` once for each delivery");
  }
  if (flight->dropped()) {
    return Broken("the callback of a delivery of ", Listed(flight->ids()),
                  " is dropped: call `done` once for each delivery");
  }
  // A second answer would come at once or soon.
  home_.Run([] {});
  if (flight->answers() > 1) {
    return Broken("a delivery of ", Listed(flight->ids()), " is answered ",
                  flight->answers(), " times");
  }
  DeliveryResult result = flight->result();
  SLUICE_RETURN_IF_ERROR(CheckForm(result, flight->ids().size()));
  SLUICE_RETURN_IF_ERROR(CheckMessages(result));
  return result;
}

absl::StatusOr<std::vector<Outcome>> SinkBench::Outcomes(
    const FlightPtr& flight) {
  SLUICE_ASSIGN_OR_RETURN(DeliveryResult result, Answer(flight));
  if (result.outcomes.empty()) result.outcomes = {Outcome::NotTried()};
  if (result.outcomes.size() == 1) {
    result.outcomes.resize(flight->ids().size(), result.outcomes[0]);
  }
  return std::move(result.outcomes);
}

absl::StatusOr<DeliveryResult> SinkBench::Deliver(const Events& events,
                                                  absl::Duration timeout) {
  return Answer(Send(events, timeout));
}

absl::Status SinkBench::CheckForm(const DeliveryResult& result, size_t events) {
  const size_t outcomes = result.outcomes.size();
  const bool none_is_right = outcomes == 0 && !result.misconfigured.ok();
  if (outcomes != events && outcomes != 1 && !none_is_right) {
    return Broken("a delivery of ", events, " events is answered with ",
                  outcomes, " outcomes; give one for each, or one for all");
  }
  if (result.retry_after.has_value() &&
      (*result.retry_after < absl::ZeroDuration() ||
       *result.retry_after == absl::InfiniteDuration())) {
    return Broken("retry_after is ", absl::FormatDuration(*result.retry_after));
  }
  return absl::OkStatus();
}

absl::Status SinkBench::CheckMessages(const DeliveryResult& result) {
  const std::string misconfigured(result.misconfigured.message());
  if (!result.misconfigured.ok() && misconfigured.empty()) {
    return Broken("`misconfigured` does not say what is wrong");
  }
  std::string all = misconfigured;
  for (const Outcome& outcome : result.outcomes) {
    const bool may_be_silent =
        outcome.kind == Kind::kDelivered || outcome.kind == Kind::kNotTried;
    if (!may_be_silent && outcome.message.empty()) {
      return Broken("an outcome that is not kDelivered does not say why");
    }
    if (outcome.kind == Kind::kRejected && outcome.reason.empty()) {
      return Broken("an event is rejected without a reason to group it by");
    }
    absl::StrAppend(&all, "\n", outcome.message, "\n", outcome.reason);
  }
  if (!secret_.empty() && all.find(secret_) != std::string::npos) {
    return Broken("the secret is in a message of an answer");
  }
  return absl::OkStatus();
}

absl::Status SinkBench::CheckReports() {
  if (secret_.empty()) return absl::OkStatus();
  for (const Health& health : home_.reports()) {
    if (health.message.find(secret_) != std::string::npos) {
      return Broken("the secret is in a report of the sink's health");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Fates> SinkBench::Settle(Events events) {
  const SinkTraits limits = traits();
  const absl::Time give_up = absl::Now() + patience_.answer;
  Backlog backlog;
  while (!events.empty()) {
    backlog.parts.push_back(
        Cut(events, std::min(events.size(), limits.max_batch_events)));
  }
  for (uint32_t attempt = 1; !backlog.parts.empty(); ++attempt) {
    Events part = std::move(backlog.parts.front());
    backlog.parts.pop_front();
    const FlightPtr flight =
        Send(part, absl::ZeroDuration(), std::min<uint32_t>(attempt, 1000));
    SLUICE_ASSIGN_OR_RETURN(DeliveryResult result, Answer(flight));
    if (!result.misconfigured.ok()) {
      return Broken("the sink says that it is misconfigured: ",
                    std::string(result.misconfigured.message()));
    }
    const Outcome last = result.outcomes.back();
    if (!backlog.Apply(std::move(part), result.outcomes)) continue;
    if (absl::Now() > give_up) {
      return Broken(Listed(IdsOf(backlog.parts.front())),
                    " are still not delivered after ", attempt,
                    " tries; the last answer: ", last.message);
    }
    absl::SleepFor(std::max(kRetryWait,
                            result.retry_after.value_or(absl::ZeroDuration())));
  }
  return std::move(backlog.fates);
}

absl::Status SinkBench::StopInstance() {
  struct Stopped {
    absl::Notification once;
    std::atomic<int> times{0};
  };
  auto stopped = std::make_shared<Stopped>();
  auto open_at_done = std::make_shared<std::vector<std::string>>();
  home_.executor().Post([this, stopped, open_at_done, flights = flights_] {
    sink_->Stop([stopped, open_at_done, flights] {
      if (++stopped->times > 1) return;
      for (const FlightPtr& flight : flights) {
        if (flight->answers() == 0) *open_at_done = flight->ids();
      }
      stopped->once.Notify();
    });
  });
  if (!stopped->once.WaitForNotificationWithTimeout(patience_.answer)) {
    home_.LeaveBehind(std::move(sink_));
    return Broken("Stop() does not report done");
  }
  home_.Run([this] { sink_ = nullptr; });
  home_.Run([] {});
  if (stopped->times > 1) {
    return Broken("Stop() reports done ", stopped->times.load(), " times");
  }
  if (!open_at_done->empty()) {
    return Broken("Stop() reports done before a delivery of ",
                  Listed(*open_at_done), " is answered");
  }
  return absl::OkStatus();
}

absl::Status SinkBench::Stop() {
  if (sink_ == nullptr) return absl::OkStatus();
  absl::Status status = StopInstance();
  for (const FlightPtr& flight : flights_) {
    if (flight->answers() > 1) {
      status.Update(Broken("a delivery of ", Listed(flight->ids()),
                           " is answered ", flight->answers(), " times"));
    }
  }
  flights_.clear();
  status.Update(CheckReports());
  return status;
}

}  // namespace sluice::kit
