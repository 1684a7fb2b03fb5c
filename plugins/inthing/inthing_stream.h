// One stream of inthing.io, for those who post to it: the front door of the
// client.
#ifndef PLUGINS_INTHING_INTHING_STREAM_H_
#define PLUGINS_INTHING_INTHING_STREAM_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "plugins/inthing/inthing_client.h"
#include "plugins/inthing/post.h"
#include "plugins/inthing/post_answer.h"
#include "plugins/inthing/stream_access.h"

namespace sluice::inthing {

struct InthingStreamOptions {
  // Who posts, unless the post says.
  std::string generator = DefaultGenerator();
  // How long a post may wait, in all, for the windows of the service's rate
  // limits to end. Zero: a limit is an error at once.
  absl::Duration max_rate_limit_wait = absl::ZeroDuration();
};

// Posts to one stream:
//
//   auto stream = ChooseStream("/will/test/", password, client.base_url());
//   InthingStream my_stream(&client, executor, *stream, {});
//   call = my_stream.Add(TextPost("Hello"), [](absl::StatusOr<PostedEvent> e) {
//     ...
//   });
//
// Posts are independent of each other; those that wait for a rate limit do not
// hold up others.
//
// Thread-safety: used on `executor` only.
class InthingStream {
 public:
  // A post under way. Destroying it cancels it: `done` does not come, and the
  // event may be stored or not.
  class Call {
   public:
    virtual ~Call() = default;
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<PostedEvent>)>;

  // `client` and `executor` (that of its HttpClient) outlive the stream and its
  // calls.
  InthingStream(InthingClient* client, Executor* executor, Stream stream,
                InthingStreamOptions options);

  // A UUID, or "/user/name/".
  const std::string& id() const { return stream_.id; }
  // Its page.
  std::string url() const { return StreamUrl(client_->base_url(), stream_.id); }

  const std::string& generator() const { return generator_; }
  void set_generator(std::string generator) {
    generator_ = std::move(generator);
  }

  // Posts; calls `done` once, never inside this call. inthing_error.h has the
  // errors. What ValidatePost() refuses is not sent and ends with CONFIG.
  std::unique_ptr<Call> Add(Post post, Done done);

 private:
  class Posting;

  InthingClient* const client_;
  Executor* const executor_;
  const Stream stream_;
  const absl::Duration max_rate_limit_wait_;
  std::string generator_;
};

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_INTHING_STREAM_H_
