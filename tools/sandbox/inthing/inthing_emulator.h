// A local inthing.io: streams, events, their pages, passwords and rate limits.
//
// Facts: the client https://github.com/willmcgugan/inthing at 6364ceaa and the
// site's source https://github.com/willmcgugan/timeline at 0ca45ba9. Where the
// site answered an exception's page to a mistake, this one names the field.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_EMULATOR_H_
#define TOOLS_SANDBOX_INTHING_INTHING_EMULATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/json/fwd.hpp"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/inthing/inthing_form.h"
#include "tools/sandbox/inthing/inthing_store.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

struct InthingOptions {
  uint64_t seed = 1;  // decides ids and passwords
  // A stream that is there from the start, claimed by this user.
  std::string user = "sluice";
  std::string slug = "sandbox";
  std::string password;  // empty: "sandbox1"
  InthingLimits limits;
  size_t max_events = 10'000;  // kept per stream
};

// Paths on its port: /api/public/, /api/new-event/, /s/{id}/, /e/{id}/, ...
class InthingEmulator final : public Emulator {
 public:
  // `ledger` outlives it. An accepted post counts there for every event whose
  // id stands in its title, description or text; the place is the stream's id.
  InthingEmulator(InthingOptions options, Ledger* ledger);

  std::string_view name() const override { return "inthing"; }
  void Start(std::string base_url, Executor* executor) override;
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override;
  HttpResponse FaultAnswer(const Fault& fault) override;
  // {"base_url", "stream", "password", "url"} of the ready stream.
  std::string ReadyJson() override;
  // {"posts", "digests", "rate_limited", "refused", "streams"}; digests are
  // posts whose text names more than one event, or whose title says "... events
  // from ...".
  std::string StatusJson() override;
  std::vector<Page> Pages() override;

 private:
  HttpResponse Answer(const HttpServerRequest& request);
  HttpResponse AnswerPage(const HttpServerRequest& request,
                          const std::vector<std::string>& parts);

  // JSON-RPC 2.0.
  HttpResponse AnswerRpc(const HttpServerRequest& request);
  // Null: a notification, which gets no answer.
  boost::json::value AnswerCall(const boost::json::value& call,
                                const std::string& base);
  boost::json::object NewStream(const std::string& base);

  // `preset`: the stream that the path names; null: the form names it.
  HttpResponse AddEvent(const HttpServerRequest& request,
                        InthingStream* preset);
  // The result as an object.
  std::string Post(const InthingForm& form, InthingStream* preset,
                   const std::string& base);
  std::string Store(const InthingForm& form, InthingStream& stream,
                    const std::string& base);
  HttpResponse Claim(const HttpServerRequest& request, InthingStream& stream);
  void Record(const InthingStream& stream, const InthingEvent& event);

  // The address that the request came to: "http://127.0.0.1:8083".
  std::string BaseOf(const HttpServerRequest& request) const;

  const InthingOptions options_;
  Ledger* const ledger_;
  InthingStore store_;
  std::string base_url_;
  Executor* executor_ = nullptr;
  InthingStream* ready_ = nullptr;

  int64_t posts_ = 0;
  int64_t digests_ = 0;
  int64_t rate_limited_ = 0;
  int64_t refused_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_EMULATOR_H_
