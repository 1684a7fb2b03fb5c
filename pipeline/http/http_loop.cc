#include "pipeline/http/http_loop.h"

#include <curl/curl.h>
#include <pthread.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/clock.h"
#include "glog/logging.h"
#include "pipeline/executor/task_queue.h"
#include "pipeline/http/curl_multi.h"
#include "pipeline/http/direct_client.h"
#include "pipeline/http/http_transfer.h"

namespace sluice {
namespace {

// Handles kept for the next requests; making one costs some allocations.
constexpr size_t kSpareHandles = 64;

// The caller's hold on a transfer.
class Call final : public HttpCall {
 public:
  explicit Call(std::shared_ptr<HttpTransfer> transfer)
      : transfer_(std::move(transfer)) {}
  ~Call() override { transfer_->Cancel(); }
  void Pause() override { transfer_->Pause(); }
  void Resume() override { transfer_->Resume(); }

 private:
  const std::shared_ptr<HttpTransfer> transfer_;
};

class Loop final : public HttpLoop, public HttpTransferHost {
 public:
  explicit Loop(HttpLoopOptions options);
  ~Loop() override { Stop(); }

  void Post(Task task) override;
  TimerId PostAfter(absl::Duration delay, Task task) override;
  bool Cancel(TimerId id) override { return queue_.Cancel(id); }
  absl::Time Now() const override { return absl::Now(); }
  absl::Duration MonotonicNow() const override {
    return absl::Nanoseconds(TaskQueue::MonotonicNanos());
  }

  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler) override;

  void Stop() override;
  bool InThread() const override {
    return std::this_thread::get_id() == thread_.get_id();
  }

 private:
  using TransferPtr = std::shared_ptr<HttpTransfer>;

  // HttpTransferHost.
  Executor& executor() override { return *this; }
  void Abandon(HttpTransfer* transfer) override;
  void Unpause(HttpTransfer* transfer) override;

  void Run();
  void CancelEverything();

  void Begin(const TransferPtr& transfer);
  void Finish(const std::vector<CurlMulti::Finished>& finished);
  // Takes the handle of a transfer back.
  void Release(HttpTransfer* transfer);
  // Does what had to wait until libcurl was not busy.
  void CatchUp();
  CURL* TakeHandle();
  void Recycle(CURL* easy);

  const HttpLoopOptions options_;
  TaskQueue queue_;
  // The rest is the thread's own.
  CurlMulti multi_;
  DirectClient direct_;
  absl::flat_hash_map<CURL*, TransferPtr> transfers_;
  std::vector<CURL*> spare_;
  // Started and abandoned while libcurl was busy.
  std::vector<TransferPtr> starting_;
  std::vector<TransferPtr> abandoned_;
  std::thread thread_;
};

Loop::Loop(HttpLoopOptions options)
    : options_(std::move(options)),
      multi_({.max_connections_per_host = options_.max_connections_per_host}),
      direct_({.max_connections_per_host = options_.max_connections_per_host,
               .max_idle = options_.max_idle,
               .user_agent = options_.user_agent},
              &multi_, this) {
  thread_ = std::thread([this] { Run(); });
}

void Loop::Post(Task task) {
  if (queue_.Post(std::move(task))) multi_.Wake();
}

Executor::TimerId Loop::PostAfter(absl::Duration delay, Task task) {
  bool wake = false;
  const TimerId id = queue_.PostAfter(delay, std::move(task), &wake);
  if (wake) multi_.Wake();
  return id;
}

void Loop::Stop() {
  if (!thread_.joinable()) return;
  CHECK(!InThread()) << "a loop cannot be stopped by its own task";
  if (queue_.Close()) multi_.Wake();
  thread_.join();
}

void Loop::Run() {
  pthread_setname_np(pthread_self(), options_.name.substr(0, 15).c_str());
  while (!queue_.closed()) {
    queue_.RunReady();
    Finish(multi_.Poll(queue_.PrepareSleep()));
  }
  queue_.Clear();
  direct_.Close();
  CancelEverything();
}

void Loop::CancelEverything() {
  for (const auto& [easy, transfer] : transfers_) {
    multi_.Remove(easy);
    transfer->ReleaseEasy();
    transfer->Detach();
    curl_easy_cleanup(easy);
  }
  transfers_.clear();
  for (CURL* easy : spare_) curl_easy_cleanup(easy);
  spare_.clear();
}

std::unique_ptr<HttpCall> Loop::Stream(HttpRequest request,
                                       HttpStreamHandler* handler) {
  if (DirectClient::Takes(request)) {
    return direct_.Stream(std::move(request), handler);
  }
  auto transfer =
      std::make_shared<HttpTransfer>(this, std::move(request), handler);
  if (multi_.busy()) {
    starting_.push_back(transfer);
  } else {
    Begin(transfer);
  }
  return std::make_unique<Call>(std::move(transfer));
}

void Loop::Begin(const TransferPtr& transfer) {
  CURL* easy = TakeHandle();
  absl::Status status = transfer->Configure(easy, options_.user_agent);
  if (status.ok()) {
    transfers_.emplace(easy, transfer);
    multi_.Add(easy);
    return;
  }
  transfer->ReleaseEasy();
  Recycle(easy);
  Post([transfer, status = std::move(status)] {
    transfer->ReportEnd({status, /*maybe_sent=*/false});
  });
}

void Loop::Finish(const std::vector<CurlMulti::Finished>& finished) {
  CatchUp();
  if (finished.empty()) return;
  // First everything is taken from libcurl, then handlers are told: those may
  // start and cancel as they like.
  std::vector<TransferPtr> ended;
  ended.reserve(finished.size());
  std::vector<CurlMulti::Finished> connected;
  for (const auto& [easy, code] : finished) {
    const auto found = transfers_.find(easy);
    if (found == transfers_.end()) {
      connected.emplace_back(easy, code);
      continue;
    }
    TransferPtr transfer = found->second;
    transfer->SetResult(code);
    Release(transfer.get());
    ended.push_back(std::move(transfer));
  }
  for (const auto& [easy, code] : connected) direct_.OnConnected(easy, code);
  for (const TransferPtr& transfer : ended) transfer->ReportEnd();
}

void Loop::Abandon(HttpTransfer* transfer) {
  if (multi_.busy()) {
    abandoned_.push_back(transfer->shared_from_this());
  } else {
    Release(transfer);
  }
}

void Loop::Unpause(HttpTransfer* transfer) {
  multi_.Unpause(transfer->easy());
  CatchUp();
}

void Loop::CatchUp() {
  for (const TransferPtr& transfer : std::exchange(abandoned_, {})) {
    Release(transfer.get());
  }
  for (const TransferPtr& transfer : std::exchange(starting_, {})) {
    if (!transfer->cancelled()) Begin(transfer);
  }
}

void Loop::Release(HttpTransfer* transfer) {
  CURL* easy = transfer->easy();
  if (easy == nullptr) return;
  multi_.Remove(easy);
  transfer->ReleaseEasy();
  Recycle(easy);
  transfers_.erase(easy);  // May be the last hold on `transfer`.
}

void Loop::Recycle(CURL* easy) {
  if (spare_.size() < kSpareHandles) {
    curl_easy_reset(easy);
    spare_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

CURL* Loop::TakeHandle() {
  if (spare_.empty()) {
    CURL* easy = curl_easy_init();
    CHECK(easy != nullptr) << "out of memory";
    return easy;
  }
  CURL* easy = spare_.back();
  spare_.pop_back();
  return easy;
}

}  // namespace

std::unique_ptr<HttpLoop> HttpLoop::Create(HttpLoopOptions options) {
  return std::make_unique<Loop>(std::move(options));
}

}  // namespace sluice
