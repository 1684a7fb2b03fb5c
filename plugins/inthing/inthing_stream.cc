#include "plugins/inthing/inthing_stream.h"

#include <utility>

#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

// Not exactly at the edge of the window: clocks differ.
constexpr absl::Duration kEdge = absl::Seconds(1);

}  // namespace

class InthingStream::Posting final : public InthingStream::Call {
 public:
  Posting(const InthingStream& stream, Post post, Done done)
      : client_(stream.client_),
        executor_(stream.executor_),
        stream_(stream.stream_),
        may_wait_(stream.max_rate_limit_wait_),
        post_(std::move(post)),
        done_(std::move(done)) {}
  ~Posting() override {
    if (timer_ != 0) executor_->Cancel(timer_);
  }

  void Send() {
    timer_ = 0;
    call_ = client_->Send(
        stream_, post_, [this] { return executor_->Now(); },
        [this](const PostAnswer& answer) { HandleAnswer(answer); });
  }

  void EndSoon(absl::Status status) {
    timer_ = executor_->PostAfter(absl::ZeroDuration(),
                                  [this, status = std::move(status)]() mutable {
                                    timer_ = 0;
                                    done_(std::move(status));
                                  });
  }

 private:
  void HandleAnswer(const PostAnswer& answer) {
    const absl::Duration wait =
        answer.retry_after.value_or(absl::ZeroDuration()) + kEdge;
    if (answer.kind == PostAnswer::Kind::kRateLimited && wait <= may_wait_) {
      may_wait_ -= wait;
      timer_ = executor_->PostAfter(wait, [this] { Send(); });
      return;
    }
    // May destroy this.
    done_(ToPostedEvent(answer));
  }

  InthingClient* const client_;
  Executor* const executor_;
  const Stream stream_;
  absl::Duration may_wait_;
  const Post post_;
  Done done_;
  Executor::TimerId timer_ = 0;
  std::unique_ptr<HttpCall> call_;
};

InthingStream::InthingStream(InthingClient* client, Executor* executor,
                             Stream stream, InthingStreamOptions options)
    : client_(client),
      executor_(executor),
      stream_(std::move(stream)),
      max_rate_limit_wait_(options.max_rate_limit_wait),
      generator_(std::move(options.generator)) {}

std::unique_ptr<InthingStream::Call> InthingStream::Add(Post post, Done done) {
  if (post.generator.empty()) post.generator = generator_;
  absl::Status valid = AsConfigError(ValidatePost(post));
  auto posting =
      std::make_unique<Posting>(*this, std::move(post), std::move(done));
  if (valid.ok()) {
    posting->Send();
  } else {
    posting->EndSoon(std::move(valid));
  }
  return posting;
}

}  // namespace sluice::inthing
