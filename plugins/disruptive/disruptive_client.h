// A client of the REST and emulator API, for authors of plugins and commands.
//
//   client.Send(GetDevice("c14u9p094l47ccv1o3p9"),
//               [](absl::StatusOr<v1::Device> device) { ... });
//   client.List(ListEvents({.project = "p", .device = "d"}),
//               [](v1::Event event) { ...; return true; },
//               [](absl::Status status) { ... });
//
// The calls are in device_calls.h, connector_calls.h and account_calls.h; the
// stream is EventStream (event_stream.h).
#ifndef PLUGINS_DISRUPTIVE_DISRUPTIVE_CLIENT_H_
#define PLUGINS_DISRUPTIVE_DISRUPTIVE_CLIENT_H_

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "plugins/disruptive/api_call.h"
#include "plugins/disruptive/api_client.h"
#include "plugins/disruptive/authorizer.h"
#include "plugins/disruptive/server_clock.h"
#include "plugins/disruptive/settings.h"
#include "proto/disruptive/v1/event.pb.h"

namespace sluice::disruptive {

// Sends calls, at most Settings::parallel at once and within the rate the
// service allows. What may pass by itself is tried again, four times in all
// (python-client 1.7.3 does the same), but a call that must not be done twice
// only while it surely was not done.
//
// Errors:
//   kInvalidArgument without ApiError   an argument is wrong; nothing was sent
//   those of StatusOfAnswer()           the service's answer; has an ApiError
//   kUnavailable, kDeadlineExceeded     not reached; ApiError.maybe_done says
//                                       whether the call may have been done
//   kUnauthenticated                    the key is refused (by the token
//                                       endpoint: without ApiError)
//   kFailedPrecondition                 the certificate is refused
//   kResourceExhausted, http_status 0   the answer is over 64 MiB
//   kDataLoss                           the answer is not what it should be
//
// Used on the executor only; callbacks come there, never inside of a call.
class DisruptiveClient {
 public:
  // A call under way; destroying it takes it back and no callback comes. May be
  // destroyed inside of its callbacks; the client outlives it.
  class Pending {
   public:
    virtual ~Pending() = default;
  };
  using Handle = std::unique_ptr<Pending>;

  template <typename Answer>
  using OnAnswer = absl::AnyInvocable<void(absl::StatusOr<Answer>)>;
  // False: enough; OnDone comes with OK.
  template <typename Item>
  using OnItem = absl::AnyInvocable<bool(Item)>;
  using OnDone = absl::AnyInvocable<void(absl::Status)>;

  static constexpr int kAttempts = 4;

  // Everything given outlives the client. Of `settings` the key, the addresses
  // and the limits on requests count.
  DisruptiveClient(const Settings* settings, Executor* executor,
                   HttpClient* http, absl::BitGenRef* random);

  template <typename Answer>
  Handle Send(absl::StatusOr<ApiCall<Answer>> call,
              std::type_identity_t<OnAnswer<Answer>> done) {
    if (!call.ok()) {
      return Later([done = std::move(done), status = call.status()]() mutable {
        done(status);
      });
    }
    return SendOne(
        Request(call->host, call->method, call->path, call->body,
                call->repeatable),
        call->member,
        [done = std::move(done)](absl::StatusOr<std::string> json) mutable {
          if (!json.ok()) return done(json.status());
          Answer answer;
          if (absl::Status status = Read(*json, &answer); !status.ok()) {
            return done(std::move(status));
          }
          done(std::move(answer));
        });
  }

  // Asks for page after page; one page is in memory at a time.
  template <typename Item>
  Handle List(absl::StatusOr<ApiList<Item>> list,
              std::type_identity_t<OnItem<Item>> on_item, OnDone done) {
    if (!list.ok()) {
      return Later([done = std::move(done), status = list.status()]() mutable {
        done(status);
      });
    }
    return ListPages(
        Request(list->host, "GET", list->path, "", /*repeatable=*/true),
        list->key,
        [on_item = std::move(on_item)](
            std::string_view json) mutable -> absl::StatusOr<bool> {
          Item item;
          if (absl::Status status = Read(json, &item); !status.ok()) {
            return status;
          }
          return on_item(std::move(item));
        },
        std::move(done));
  }

 private:
  class One;
  class Pages;
  using OnJson = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  using OnJsonItem = absl::AnyInvocable<absl::StatusOr<bool>(std::string_view)>;

  ApiRequest Request(ApiHost host, std::string_view method,
                     std::string_view path, std::string_view body,
                     bool repeatable) const;
  Handle SendOne(ApiRequest request, std::string member, OnJson done);
  Handle ListPages(ApiRequest request, std::string key, OnJsonItem on_item,
                   OnDone done);
  Handle Later(absl::AnyInvocable<void()> task);

  // kDataLoss: `json` is not what it should be.
  static absl::Status Read(std::string_view json, std::string* text);
  static absl::Status Read(std::string_view json, v1::Event* event);
  static absl::Status Read(std::string_view json,
                           google::protobuf::Message* message);

  const Settings* settings_;
  Executor* executor_;
  ServerClock clock_;
  Authorizer authorizer_;
  ApiClient api_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_DISRUPTIVE_CLIENT_H_
