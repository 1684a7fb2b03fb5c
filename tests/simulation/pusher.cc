#include "tests/simulation/pusher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "tests/simulation/services.h"

namespace sluice::simulation {
namespace {

constexpr size_t kMaxEventsAtOnce = 5;
constexpr int kSubjects = 3;

}  // namespace

// Sends what its pusher has that is not acknowledged, in order.
class PushSource final : public Source {
 public:
  explicit PushSource(Pusher* pusher)
      : pusher_(pusher), incarnation_(++pusher->incarnation_) {
    pusher_->unanswered_ = 0;
  }

  ~PushSource() override { *alive_ = false; }

  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override {
    CHECK(!checkpoint.has_value());
    executor_ = context.executor;
    emitter_ = emitter;
    Schedule();
    return absl::OkStatus();
  }

  void Stop(absl::AnyInvocable<void()> done) override {
    executor_->Cancel(timer_);
    stopped_ = true;
    done();
  }

 private:
  void Schedule() {
    timer_ = executor_->PostAfter(
        pusher_->scheduler_->Between(absl::Milliseconds(10), absl::Seconds(5)),
        [this] { SendNext(); });
  }

  void SendNext() {
    const auto& events = pusher_->events_;
    EventBatchBuilder builder;
    const size_t begin = next_;
    const size_t wanted = 1 + pusher_->scheduler_->Below(kMaxEventsAtOnce);
    for (; next_ < events.size() && builder.size() < wanted; ++next_) {
      const Pusher::Event& event = events[next_];
      if (event.acknowledged) continue;
      builder.Add({.id = event.id,
                   .source = pusher_->name_,
                   .type = "pushed",
                   .subject = event.subject,
                   .data = event.data,
                   .time_unix_nanos =
                       absl::ToUnixNanos(absl::FromUnixSeconds(1'600'000'000)) +
                       static_cast<int64_t>(next_) * 1'000'001'000});
    }
    if (builder.empty()) return Schedule();
    Emission emission;
    emission.events = builder.Build();
    emission.on_acknowledged = [pusher = pusher_, incarnation = incarnation_,
                                begin, end = next_](absl::Status status) {
      Answered(pusher, incarnation, begin, end, status);
    };
    Emit(std::move(emission));
  }

  void Emit(Emission emission) {
    if (emitter_->TryEmit(emission)) {
      ++pusher_->unanswered_;
      return Schedule();
    }
    waiting_ = std::move(emission);
    emitter_->NotifyWhenReady([this, alive = alive_] {
      if (*alive && !stopped_) Emit(std::exchange(waiting_, {}));
    });
  }

  static void Answered(Pusher* pusher, int incarnation, size_t begin,
                       size_t end, const absl::Status& status) {
    if (incarnation != pusher->incarnation_) return;
    --pusher->unanswered_;
    pusher->trace_->Add(pusher->name_, " ", begin, " to ", end, ": ",
                        status.ToString());
    if (!status.ok()) return;
    std::vector<std::string> ids;
    for (size_t i = begin; i < end; ++i) {
      if (std::exchange(pusher->events_[i].acknowledged, true)) continue;
      ids.push_back(pusher->events_[i].id);
    }
    if (pusher->on_acknowledged) pusher->on_acknowledged(ids);
  }

  Pusher* const pusher_;
  const int incarnation_;
  Executor* executor_ = nullptr;
  Emitter* emitter_ = nullptr;
  Executor::TimerId timer_ = 0;
  size_t next_ = 0;
  Emission waiting_;
  bool stopped_ = false;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

void Pusher::Publish(size_t data_bytes) {
  Event event;
  event.id = absl::StrCat(name_, "x", events_.size(),
                          scheduler_->Chance(0.01) ? kPoison : "");
  event.subject = absl::StrCat(name_, "-", scheduler_->Below(kSubjects));
  event.data = absl::StrCat("\"", std::string(data_bytes, 'd'), "\"");
  events_.push_back(std::move(event));
}

std::unique_ptr<Source> Pusher::MakeSource() {
  safe_before_ = 0;
  while (safe_before_ < events_.size() && events_[safe_before_].acknowledged) {
    ++safe_before_;
  }
  return std::make_unique<PushSource>(this);
}

void Pusher::NoteCrash(bool power_loss) {
  // Nobody hears what the dead process still says.
  ++incarnation_;
  const bool forgets = level_ == config::v1::RECEIVED ||
                       (level_ == config::v1::BUFFERED && power_loss);
  if (!forgets) return;
  for (size_t i = safe_before_; i < events_.size(); ++i) {
    if (events_[i].acknowledged) events_[i].excused = true;
  }
}

}  // namespace sluice::simulation
