// The wire of inthing.io: streams are made by JSON-RPC, events posted as forms,
// one per request.
#ifndef PLUGINS_INTHING_INTHING_CLIENT_H_
#define PLUGINS_INTHING_INTHING_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "plugins/inthing/json_rpc.h"
#include "plugins/inthing/post.h"
#include "plugins/inthing/post_answer.h"
#include "plugins/inthing/stream_access.h"

namespace sluice::inthing {

// The protocol is that of the official client, willmcgugan/inthing at 6364ceaa
// (version 0.1.7a0), and of the site's source, willmcgugan/timeline at
// 0ca45ba9.

struct InthingClientOptions {
  // Origin, with or without a path before the service's own.
  std::string base_url = kDefaultBaseUrl;
  std::string ca_file;
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration timeout = absl::Seconds(60);
};

// A stream that the service made. Nobody owns it: whoever knows its id may post
// to it, and whoever opens its page may claim it, which gives it a password.
struct NewStream {
  // UUID.
  std::string id;
  // Empty: none, as always so far.
  std::string password;
  // Its page.
  std::string url;
};

// Makes streams and posts events. InthingStream (inthing_stream.h) is the
// simpler door for those who post to one stream.
//
// Thread-safety: used on the HttpClient's executor only, like it.
class InthingClient {
 public:
  // `http` and `random` (for multipart boundaries) outlive the client, and the
  // client its calls.
  InthingClient(InthingClientOptions options, HttpClient* http,
                absl::BitGenRef* random);

  const std::string& base_url() const { return options_.base_url; }

  // Sends `post` to `stream`; calls `done` once, unless the returned call is
  // destroyed before. `now` is the wall clock.
  // REQUIRES: ValidatePost(post) is OK.
  std::unique_ptr<HttpCall> Send(const Stream& stream, const Post& post,
                                 absl::AnyInvocable<absl::Time()> now,
                                 absl::AnyInvocable<void(PostAnswer)> done);

  // Makes a new stream (`stream.new`); calls `done` once, unless the returned
  // call is destroyed before. inthing_error.h has the errors; that of a lost
  // answer means that there may be a stream whose id nobody knows, which does
  // no harm.
  std::unique_ptr<HttpCall> MakeStream(
      absl::AnyInvocable<void(absl::StatusOr<NewStream>)> done);

  // Any method of /api/public/, and any number of them in one request. `done`
  // as in MakeStream(). json_rpc.h says what a result is.
  std::unique_ptr<HttpCall> Call(const RpcCall& call,
                                 absl::AnyInvocable<void(RpcResult)> done);
  std::unique_ptr<HttpCall> CallBatch(
      std::vector<RpcCall> calls,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<RpcResult>>)> done);

 private:
  HttpRequest MakeRequest(const char* path) const;
  HttpRequest PostRequest(const Stream& stream, const Post& post);
  HttpRequest RpcRequest(std::string body) const;

  const InthingClientOptions options_;
  HttpClient* const http_;
  absl::BitGenRef* const random_;
};

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_INTHING_CLIENT_H_
