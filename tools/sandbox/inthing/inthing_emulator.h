// A local inthing.io: streams, events, their pages, passwords and rate limits.
//
// Facts: the client https://github.com/willmcgugan/inthing at 6364ceaa and the
// site's source https://github.com/willmcgugan/timeline at 0ca45ba9.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_EMULATOR_H_
#define TOOLS_SANDBOX_INTHING_INTHING_EMULATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/inthing/inthing_form.h"
#include "tools/sandbox/inthing/inthing_live.h"
#include "tools/sandbox/inthing/inthing_rules.h"
#include "tools/sandbox/inthing/inthing_store.h"
#include "tools/sandbox/inthing/json_rpc_server.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

struct InthingOptions {
  uint64_t seed = 1;  // decides ids and passwords
  InthingMode mode = InthingMode::kLenient;
  // A stream that is there from the start, claimed by this user.
  std::string user = "sluice";
  std::string slug = "sandbox";
  std::string password;  // empty: "sandbox1"
  InthingLimits limits;
  InthingCapacity capacity;
  size_t streams_per_user = 10;  // that can be claimed
};

// docs/sandbox.md lists the paths on its port.
class InthingEmulator final : public Emulator {
 public:
  // `ledger` outlives it. An accepted post counts there for every event whose
  // id stands in its title, description or text; the place is the stream's id.
  InthingEmulator(InthingOptions options, Ledger* ledger);

  std::string_view name() const override { return "inthing"; }
  size_t max_body_bytes() const override { return size_t{32} << 20; }
  void Start(std::string base_url, Executor* executor) override;
  void Stop() override { live_.Stop(); }
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override;
  HttpResponse FaultAnswer(const Fault& fault) override;
  // {"status": "error", "msg": ...}
  HttpResponse ErrorAnswer(int status, std::string_view message) override;
  // {"base_url", "stream", "password", "url"} of the ready stream.
  std::string ReadyJson() override;
  // {"posts", "digests", "rate_limited", "refused", "streams"}; digests are
  // posts whose text names more than one event, or whose title says "... events
  // from ...".
  std::string StatusJson() override;
  std::vector<Page> Pages() override;
  // Posts, new and claimed streams, and a page that shows a password for the
  // only time.
  bool Changes(const HttpServerRequest& request) const override;
  bool ControlChanges(const HttpServerRequest& request) const override;
  bool Refuses(const HttpResponse& answer) const override;
  void set_replaying(bool on) override { replaying_ = on; }
  // POST /inthing/streams, GET /inthing/streams/{id}/events, POST
  // /inthing/settings, POST /inthing/reset: see docs/sandbox.md.
  bool Control(const HttpServerRequest& request,
               const std::shared_ptr<HttpResponder>& responder) override;

 private:
  using Parts = std::vector<std::string>;

  HttpResponse Answer(const HttpServerRequest& request);
  HttpResponse AnswerPage(const HttpServerRequest& request, const Parts& parts);
  // Pages below a stream's own; nullopt: there is no such page.
  std::optional<HttpResponse> AnswerStreamPage(const HttpServerRequest& request,
                                               const Parts& parts);
  // `seen`: by somebody, so that a new password is not shown again.
  HttpResponse ShowStream(InthingStream& stream, bool seen);
  // The stream that a path begins with, "/s/{id}/" or "/{user}/{slug}/".
  InthingStream* StreamAt(const Parts& parts) const;

  // inthing_methods.cc: JSON-RPC.
  HttpResponse AnswerRpc(const HttpServerRequest& request,
                         const std::vector<RpcMethod>& methods) const;
  std::vector<RpcMethod> PublicMethods(std::string base);
  std::vector<RpcMethod> PrivateMethods();
  RpcMethod::Outcome GetUpdates(const boost::json::object& params);

  // `preset`: the stream that the path names; null: the form names it.
  HttpResponse AddEvent(const HttpServerRequest& request,
                        InthingStream* preset);
  struct PostResult {
    std::string json;
    bool is_rate_limited = false;
  };
  // Nullopt: the site broke.
  std::optional<PostResult> Post(const HttpServerRequest& request,
                                 const InthingForm& form,
                                 InthingStream* preset);
  std::string Store(const HttpServerRequest& request, const InthingForm& form,
                    InthingStream& stream);
  void AddMeta(InthingStream& stream, std::string title, std::string text);
  HttpResponse Claim(const HttpServerRequest& request, InthingStream& stream);
  void Record(const InthingStream& stream, const InthingEvent& event);

  // inthing_control.cc.
  absl::StatusOr<std::string> ControlAnswer(const HttpServerRequest& request);
  absl::StatusOr<std::string> CreateStream(const std::string& body);
  absl::StatusOr<std::string> ListEvents(std::string_view id);
  absl::StatusOr<std::string> ChangeSettings(const std::string& body);

  // The address that the request came to: "http://127.0.0.1:8083".
  std::string BaseOf(const HttpServerRequest& request) const;
  void SetMode(InthingMode mode);
  bool strict() const { return mode_ == InthingMode::kStrict; }

  const InthingOptions options_;
  InthingMode mode_ = InthingMode::kLenient;
  Ledger* const ledger_;
  InthingStore store_;
  InthingLive live_;
  std::string base_url_;
  Executor* executor_ = nullptr;
  InthingStream* ready_ = nullptr;
  bool replaying_ = false;

  int64_t posts_ = 0;
  int64_t digests_ = 0;
  int64_t rate_limited_ = 0;
  int64_t refused_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_EMULATOR_H_
