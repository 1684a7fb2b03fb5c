// What may be said to the webhook: the checks before a push is decoded.
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_REQUEST_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_REQUEST_H_

#include <optional>

#include "absl/time/time.h"
#include "pipeline/http/http_server.h"
#include "plugins/disruptive/webhook/webhook_settings.h"

namespace sluice::disruptive {

// The answer to a request that is no push, or not one of a Data Connector of
// ours; nullopt: its body may be looked into.
//   404  another path                 405  another method than POST
//   415  encoded, or of another type than JSON
//   401  no signature, or a wrong one; see push_signature.h
std::optional<HttpResponse> RefuseRequest(const WebhookSettings& settings,
                                          const HttpServerRequest& request,
                                          absl::Time now);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_REQUEST_H_
