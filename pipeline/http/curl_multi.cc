#include "pipeline/http/curl_multi.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "glog/logging.h"
#include "pipeline/executor/task_queue.h"

namespace sluice {
namespace {

constexpr int64_t kNanosPerMilli = 1'000'000;

// libcurl wants one initialization per process, before anything else.
void InitializeCurlOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_ALL);
  CHECK_EQ(result, CURLE_OK) << "libcurl does not start";
}

}  // namespace

CurlMulti::CurlMulti(const Options& options)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      curl_due_(TaskQueue::kNever) {
  PCHECK(epoll_ >= 0 && wake_ >= 0) << "no file descriptors left";
  InitializeCurlOnce();
  multi_ = curl_multi_init();
  CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                    long{options.max_connections_per_host});
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                    long{options.max_idle_connections});
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  PCHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);
  close(wake_);
  close(epoll_);
}

void CurlMulti::Add(CURL* easy) {
  CHECK(!busy_);
  CHECK_EQ(curl_multi_add_handle(multi_, easy), CURLM_OK);
}

void CurlMulti::Remove(CURL* easy) {
  CHECK(!busy_);
  CHECK_EQ(curl_multi_remove_handle(multi_, easy), CURLM_OK);
}

void CurlMulti::Unpause(CURL* easy) {
  CHECK(!busy_);
  busy_ = true;
  // A failure is one of the transfer, which then ends with it.
  curl_easy_pause(easy, CURLPAUSE_CONT);
  busy_ = false;
}

int CurlMulti::TakeSocket(CURL* easy) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
  if (socket == CURL_SOCKET_BAD) return -1;
  // libcurl closes its own; what is watched of it would live on in the other.
  epoll_event none = {};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, &none);
  return fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void CurlMulti::Watch(int socket, uint32_t events, SocketHandler* handler) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = socket;
  const bool is_new = handlers_.insert_or_assign(socket, handler).second;
  PCHECK(epoll_ctl(epoll_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket,
                   &event) == 0);
}

void CurlMulti::Unwatch(int socket) {
  if (handlers_.erase(socket) == 0) return;
  epoll_event none = {};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, &none);
}

int CurlMulti::WaitMillis(int64_t due) const {
  due = std::min(due, curl_due_);
  if (due == TaskQueue::kNever) return -1;
  const int64_t wait = due - TaskQueue::MonotonicNanos();
  if (wait <= 0) return 0;
  // Upwards: to wake before the time would mean to wait in circles.
  const int64_t millis = (wait + kNanosPerMilli - 1) / kNanosPerMilli;
  return static_cast<int>(
      std::min<int64_t>(millis, std::numeric_limits<int>::max()));
}

const std::vector<CurlMulti::Finished>& CurlMulti::Poll(int64_t due) {
  std::array<epoll_event, 64> events;
  int ready = epoll_wait(epoll_, events.data(), events.size(), WaitMillis(due));
  PCHECK(ready >= 0 || errno == EINTR);
  ready = std::max(ready, 0);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.fd == wake_) {
      eventfd_t count = 0;
      eventfd_read(wake_, &count);
      continue;
    }
    if (const auto found = handlers_.find(event.data.fd);
        found != handlers_.end()) {
      found->second->OnReady(event.events);
      continue;
    }
    int what = 0;
    if (event.events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (event.events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (event.events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    Act(event.data.fd, what);
  }
  if (curl_due_ != TaskQueue::kNever &&
      curl_due_ <= TaskQueue::MonotonicNanos()) {
    curl_due_ = TaskQueue::kNever;
    Act(CURL_SOCKET_TIMEOUT, 0);
  }
  finished_.clear();
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) {
      finished_.emplace_back(message->easy_handle, message->data.result);
    }
  }
  return finished_;
}

void CurlMulti::Act(int socket, int events) {
  int running = 0;
  busy_ = true;
  curl_multi_socket_action(multi_, socket, events, &running);
  busy_ = false;
}

void CurlMulti::Wake() { eventfd_write(wake_, 1); }

int CurlMulti::OnSocket(CURL*, int socket, int what, void* data,
                        void* registered) {
  auto* self = static_cast<CurlMulti*>(data);
  epoll_event event = {};
  event.data.fd = socket;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(self->epoll_, EPOLL_CTL_DEL, socket, &event);
    curl_multi_assign(self->multi_, socket, nullptr);
    return 0;
  }
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  const int operation = registered == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(self->epoll_, operation, socket, &event) != 0) {
    PLOG(ERROR) << "cannot watch a socket";
    return -1;
  }
  curl_multi_assign(self->multi_, socket, self);
  return 0;
}

int CurlMulti::OnTimer(CURLM*, long timeout_ms, void* data) {
  auto* self = static_cast<CurlMulti*>(data);
  self->curl_due_ = timeout_ms < 0 ? TaskQueue::kNever
                                   : TaskQueue::MonotonicNanos() +
                                         timeout_ms * kNanosPerMilli;
  return 0;
}

}  // namespace sluice
