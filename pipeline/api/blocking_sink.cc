#include "pipeline/api/blocking_sink.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

SteadyTime DeadlineIn(absl::Duration timeout) {
  // A day is for ever here, and keeps the arithmetic of the clock safe.
  return std::chrono::steady_clock::now() +
         absl::ToChronoNanoseconds(
             std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24)));
}

}  // namespace

CallLimit::CallLimit(absl::Duration timeout) : deadline_(DeadlineIn(timeout)) {}

absl::Duration CallLimit::left() const {
  if (cancelled()) return absl::ZeroDuration();
  return std::max(
      absl::ZeroDuration(),
      absl::FromChrono(deadline_ - std::chrono::steady_clock::now()));
}

namespace {

// One delivery on its way through a thread.
struct Call {
  Call(uint64_t id, Delivery delivery)
      : id(id), delivery(std::move(delivery)), limit(this->delivery.timeout) {}

  const uint64_t id;
  const Delivery delivery;
  CallLimit limit;
};

DeliveryResult DeliverSafely(BlockingDestination& destination,
                             const Call& call) {
  try {
    return destination.Deliver(call.delivery.items, call.limit);
  } catch (const std::exception& error) {
    return DeliveryResult::All(Outcome::Unknown(
        absl::StrCat("the sink failed with an exception: ", error.what())));
  } catch (...) {
    return DeliveryResult::All(
        Outcome::Unknown("the sink failed with an exception"));
  }
}

// What the sink and its threads share; whoever is last takes it down, so a
// thread that was left behind has all it touches.
class CallQueue {
 public:
  // Both run on the executor.
  struct Listener {
    std::function<void(uint64_t call, DeliveryResult result)> on_answer;
    std::function<void()> on_last_thread;
  };

  CallQueue(std::unique_ptr<BlockingDestination> destination,
            Executor* executor, size_t threads, Listener listener)
      : destination_(std::move(destination)),
        listener_(std::make_shared<const Listener>(std::move(listener))),
        executor_(executor),
        threads_(threads) {}

  BlockingDestination& destination() { return *destination_; }

  void Add(std::shared_ptr<Call> call) {
    {
      std::lock_guard<std::mutex> lock(mu_);
      waiting_.push_back(std::move(call));
    }
    wake_.notify_one();
  }

  // True: the call was still waiting, and is taken back. False: a thread has
  // it; it is told that nobody waits any more.
  bool Withdraw(uint64_t id) {
    std::lock_guard<std::mutex> lock(mu_);
    const auto waits =
        std::find_if(waiting_.begin(), waiting_.end(),
                     [id](const auto& call) { return call->id == id; });
    if (waits != waiting_.end()) {
      waiting_.erase(waits);
      return true;
    }
    for (const std::shared_ptr<Call>& call : running_) {
      if (call->id == id) call->limit.Cancel();
    }
    return false;
  }

  // Lets every thread end once its call has returned.
  void Close() {
    {
      std::lock_guard<std::mutex> lock(mu_);
      closed_ = true;
      waiting_.clear();
      for (const std::shared_ptr<Call>& call : running_) call->limit.Cancel();
    }
    wake_.notify_all();
  }

  // Nothing is told to the listener any more, nor posted. What was posted
  // before finds the listener gone.
  void Forget() {
    std::lock_guard<std::mutex> lock(mu_);
    executor_ = nullptr;
    listener_ = nullptr;
  }

  // A thread's life.
  void Work() {
    while (std::shared_ptr<Call> call = Next()) {
      Answer(*call, DeliverSafely(*destination_, *call));
    }
    Leave();
  }

 private:
  // Null: closed.
  std::shared_ptr<Call> Next() {
    std::unique_lock<std::mutex> lock(mu_);
    wake_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return nullptr;
    std::shared_ptr<Call> call = std::move(waiting_.front());
    waiting_.pop_front();
    running_.push_back(call);
    return call;
  }

  void Answer(const Call& call, DeliveryResult result) {
    std::lock_guard<std::mutex> lock(mu_);
    running_.erase(std::find_if(
        running_.begin(), running_.end(),
        [&call](const auto& running) { return running.get() == &call; }));
    if (executor_ == nullptr) return;
    executor_->Post([listener = std::weak_ptr<const Listener>(listener_),
                     id = call.id, result = std::move(result)]() mutable {
      if (const auto to = listener.lock()) to->on_answer(id, std::move(result));
    });
  }

  void Leave() {
    std::lock_guard<std::mutex> lock(mu_);
    if (--threads_ > 0 || executor_ == nullptr) return;
    executor_->Post([listener = std::weak_ptr<const Listener>(listener_)] {
      if (const auto to = listener.lock()) to->on_last_thread();
    });
  }

  const std::unique_ptr<BlockingDestination> destination_;
  std::mutex mu_;
  std::condition_variable wake_;
  // All guarded by mu_.
  std::shared_ptr<const Listener> listener_;
  Executor* executor_;
  size_t threads_;
  bool closed_ = false;
  std::deque<std::shared_ptr<Call>> waiting_;
  std::vector<std::shared_ptr<Call>> running_;
};

class BlockingSink final : public Sink {
 public:
  BlockingSink(std::unique_ptr<BlockingDestination> destination,
               absl::Duration stop_grace)
      : traits_(Bounded(destination->traits())),
        stop_grace_(stop_grace),
        destination_(std::move(destination)) {}

  ~BlockingSink() override {
    if (queue_ != nullptr) queue_->Close();
    LeaveThreads();
  }

  SinkTraits traits() const override { return traits_; }
  absl::Status Start(const ComponentContext& context) override;
  void Deliver(Delivery delivery, DeliverCallback done) override;
  void Stop(absl::AnyInvocable<void()> done) override;

 private:
  // A delivery that is not answered yet.
  struct Open {
    DeliverCallback done;
    absl::Duration timeout;
    Executor::TimerId timer = 0;
  };

  static SinkTraits Bounded(SinkTraits traits) {
    traits.max_in_flight =
        std::clamp<size_t>(traits.max_in_flight, 1, kMaxBlockingThreads);
    return traits;
  }

  //   kResourceExhausted: the system has no thread left.
  absl::Status StartThreads(const std::string& name);
  // Answers one delivery, unless it is answered already.
  void Answer(uint64_t id, DeliveryResult result);
  void OnTimeout(uint64_t id);
  void AnswerAll();
  void Report(const DeliveryResult& result);
  // Threads that have ended are joined; those that have not go on alone.
  void JoinThreads();
  void LeaveThreads();
  void FinishStop();

  const SinkTraits traits_;
  const absl::Duration stop_grace_;
  // Until Start(), which hands it to queue_.
  std::unique_ptr<BlockingDestination> destination_;
  ComponentContext context_;
  std::shared_ptr<CallQueue> queue_;
  std::vector<std::thread> threads_;
  absl::flat_hash_map<uint64_t, Open> open_;
  uint64_t next_id_ = 1;
  Executor::TimerId stop_timer_ = 0;
  bool stopping_ = false;
  absl::AnyInvocable<void()> stopped_;
};

absl::Status BlockingSink::Start(const ComponentContext& context) {
  if (absl::Status status = destination_->Start(context); !status.ok()) {
    return status;
  }
  context_ = context;
  CallQueue::Listener listener;
  listener.on_answer = [this](uint64_t id, DeliveryResult result) {
    Answer(id, std::move(result));
  };
  listener.on_last_thread = [this] {
    JoinThreads();
    FinishStop();
  };
  queue_ =
      std::make_shared<CallQueue>(std::move(destination_), context.executor,
                                  traits_.max_in_flight, std::move(listener));
  return StartThreads(context.name);
}

absl::Status BlockingSink::StartThreads(const std::string& name) {
  try {
    for (size_t i = 0; i < traits_.max_in_flight; ++i) {
      // The kernel takes names of up to 15 bytes.
      threads_.emplace_back([queue = queue_, name = name.substr(0, 15)] {
        pthread_setname_np(pthread_self(), name.c_str());
        queue->Work();
      });
    }
  } catch (const std::system_error& error) {
    queue_->Close();
    JoinThreads();
    queue_ = nullptr;
    return absl::ResourceExhaustedError(absl::StrCat(
        "starting ", traits_.max_in_flight, " threads: ", error.what()));
  }
  return absl::OkStatus();
}

void BlockingSink::Deliver(Delivery delivery, DeliverCallback done) {
  if (queue_ == nullptr || stopping_) {
    return done(DeliveryResult::All(
        Outcome::Retry("the sink was stopped before it was sent")));
  }
  const uint64_t id = next_id_++;
  auto call = std::make_shared<Call>(id, std::move(delivery));
  Open& open = open_[id];
  open.done = std::move(done);
  open.timeout = call->delivery.timeout;
  open.timer =
      context_.executor->PostAfter(open.timeout, [this, id] { OnTimeout(id); });
  queue_->Add(std::move(call));
}

void BlockingSink::Answer(uint64_t id, DeliveryResult result) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;  // Too late.
  Open open = std::move(found->second);
  open_.erase(found);
  context_.executor->Cancel(open.timer);
  Report(result);
  open.done(std::move(result));
}

void BlockingSink::OnTimeout(uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const bool waited = queue_->Withdraw(id);
  Open open = std::move(found->second);
  open_.erase(found);
  const std::string message =
      absl::StrCat("the destination did not answer within ",
                   absl::FormatDuration(open.timeout));
  context_.health->Report({HealthState::kDegraded, message});
  open.done(DeliveryResult::All(waited ? Outcome::NotTried()
                                       : Outcome::Unknown(message)));
}

void BlockingSink::Report(const DeliveryResult& result) {
  if (stopping_) return;
  if (!result.misconfigured.ok()) {
    context_.health->Report(
        {HealthState::kPaused, std::string(result.misconfigured.message())});
    return;
  }
  for (const Outcome& outcome : result.outcomes) {
    if (outcome.kind == Outcome::Kind::kRetry ||
        outcome.kind == Outcome::Kind::kUnknown) {
      context_.health->Report({HealthState::kDegraded, outcome.message});
      return;
    }
  }
  context_.health->Report({HealthState::kHealthy, ""});
}

void BlockingSink::Stop(absl::AnyInvocable<void()> done) {
  stopping_ = true;
  if (queue_ == nullptr) return done();
  stopped_ = std::move(done);
  AnswerAll();
  queue_->Close();
  queue_->destination().Interrupt();
  stop_timer_ = context_.executor->PostAfter(stop_grace_, [this] {
    LeaveThreads();
    FinishStop();
  });
}

void BlockingSink::AnswerAll() {
  absl::flat_hash_map<uint64_t, Open> open;
  open.swap(open_);
  for (auto& [id, delivery] : open) {
    context_.executor->Cancel(delivery.timer);
    const bool waited = queue_->Withdraw(id);
    delivery.done(DeliveryResult::All(
        waited ? Outcome::Retry("the sink was stopped before it was sent")
               : Outcome::Unknown(
                     "the sink was stopped before the destination answered")));
  }
}

void BlockingSink::JoinThreads() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void BlockingSink::LeaveThreads() {
  if (queue_ != nullptr) queue_->Forget();
  for (std::thread& thread : threads_) thread.detach();
  threads_.clear();
}

void BlockingSink::FinishStop() {
  context_.executor->Cancel(stop_timer_);
  if (queue_ != nullptr) queue_->Forget();
  std::exchange(stopped_, nullptr)();
}

}  // namespace

std::unique_ptr<Sink> MakeBlockingSink(
    std::unique_ptr<BlockingDestination> destination,
    absl::Duration stop_grace) {
  return std::make_unique<BlockingSink>(std::move(destination), stop_grace);
}

}  // namespace sluice
