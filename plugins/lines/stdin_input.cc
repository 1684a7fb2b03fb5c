#include "plugins/lines/stdin_input.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice::lines {
namespace {

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kPadding = 64;
constexpr int kMostWaiting = 2;
constexpr size_t kEmissionBytes = 1 << 20;

// A process has one standard input.
std::atomic<bool> stdin_is_read{false};

}  // namespace

StdinInput::StdinInput(StdinSettings settings, InputParts parts)
    : settings_(settings),
      parts_(std::move(parts)),
      relay_(EmissionRelay::Create(
          parts_.context.executor, parts_.emitter,
          parts_.context.metrics->counter(
              "lines_held_back_total", parts_.context.metric_labels(),
              "Times that the queue was full and reading had to wait."))),
      decoder_(MakeLineDecoder(parts_.format, parts_.run)),
      splitter_(parts_.format.max_line_bytes),
      batch_(decoder_.get(), parts_.counters) {}

StdinInput::~StdinInput() {
  CHECK(!thread_.joinable()) << "destroyed without Stop()";
  if (interrupt_ >= 0) close(interrupt_);
  if (claimed_) stdin_is_read = false;
}

void StdinInput::Start() {
  if (settings_.descriptor == STDIN_FILENO) {
    claimed_ = !stdin_is_read.exchange(true);
    if (!claimed_) {
      return parts_.context.health->Report(
          {HealthState::kPaused,
           "stdin: another source reads the standard input"});
    }
  }
  interrupt_ = eventfd(0, EFD_CLOEXEC);
  if (interrupt_ < 0) {
    return parts_.context.health->Report(
        {HealthState::kPaused, absl::StrCat("stdin: cannot make an eventfd: ",
                                            std::strerror(errno))});
  }
  parts_.context.health->Report(
      {HealthState::kHealthy, "reading the standard input"});
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "lines-stdin");
    Run();
  });
}

void StdinInput::Stop(absl::AnyInvocable<void()> done) {
  relay_->Stop();
  if (thread_.joinable()) {
    {
      absl::MutexLock lock(&mu_);
      stopped_ = true;
    }
    const uint64_t one = 1;
    // Cannot fail: the counter is far from full.
    [[maybe_unused]] const ssize_t written =
        write(interrupt_, &one, sizeof(one));
    thread_.join();
  }
  parts_.context.executor->Post(std::move(done));
}

void StdinInput::Run() {
  std::vector<char> buffer(kReadBytes + kPadding);
  std::string trouble;
  while (AwaitTurn() && AwaitBytes()) {
    const ssize_t size = read(settings_.descriptor, buffer.data(), kReadBytes);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) trouble = std::strerror(errno);
    if (size <= 0) break;
    const auto bytes = static_cast<size_t>(size);
    parts_.counters.bytes->Add(bytes);
    batch_.Expect(bytes);
    splitter_.Feed(std::string_view(buffer.data(), bytes),
                   buffer.size() - bytes, this);
    HandOver();
  }
  {
    absl::MutexLock lock(&mu_);
    if (stopped_) return;
  }
  splitter_.End(this);
  HandOver();
  // Behind the last emission.
  parts_.context.executor->Post(
      [this, relay = std::weak_ptr<EmissionRelay>(relay_), trouble] {
        if (!relay.expired()) Finish(trouble);
      });
}

bool StdinInput::AwaitTurn() {
  absl::MutexLock lock(&mu_);
  const auto may_go_on = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopped_ || waiting_ < kMostWaiting;
  };
  mu_.Await(absl::Condition(&may_go_on));
  return !stopped_;
}

bool StdinInput::AwaitBytes() {
  pollfd polled[] = {{settings_.descriptor, POLLIN, 0},
                     {interrupt_, POLLIN, 0}};
  while (poll(polled, 2, /*timeout=*/-1) < 0 && errno == EINTR) {
  }
  // With both, the end of the source comes first.
  return polled[1].revents == 0;
}

void StdinInput::OnLine(std::string_view line, size_t readable_behind) {
  batch_.OnLine(line, readable_behind);
  if (batch_.bytes() >= kEmissionBytes) HandOver();
}

void StdinInput::OnLongLine(std::string_view beginning, uint64_t bytes) {
  batch_.OnLongLine(beginning, bytes);
  if (batch_.bytes() >= kEmissionBytes) HandOver();
}

void StdinInput::HandOver() {
  if (batch_.empty()) return;
  {
    absl::MutexLock lock(&mu_);
    ++waiting_;
  }
  // The relay calls nobody once the input has stopped.
  relay_->Hand(batch_.Take(), [this] { OnTaken(); });
}

void StdinInput::OnTaken() {
  absl::MutexLock lock(&mu_);
  --waiting_;
}

void StdinInput::Finish(const std::string& trouble) {
  if (!trouble.empty()) {
    return parts_.context.health->Report(
        {HealthState::kPaused, absl::StrCat("stdin: cannot read: ", trouble)});
  }
  at_end_ = true;
}

}  // namespace sluice::lines
